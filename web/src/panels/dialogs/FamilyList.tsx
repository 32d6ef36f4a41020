// The families of features to choose from: in groups that fold, with a search over all of them.

import { Checkbox, CloseButton, TextInput, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconSearch } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { Schemas } from "../../state/contract";
import { type FamilyGroup, familyGroups } from "./familyGroups";
import styles from "./familyList.module.css";

interface FamilyListProps {
  table: Schemas["FeatureTable"];
  chosen: readonly string[];
  onToggle: (id: string) => void;
}

export function FamilyList({ table, chosen, onToggle }: FamilyListProps) {
  const [search, setSearch] = useState("");
  const groups = familyGroups(table, chosen, search);
  return (
    <fieldset className={styles.families}>
      <legend>Families: what the classifier looks at</legend>
      <TextInput
        size="xs"
        aria-label="Find a family"
        placeholder="Find: edge, stripes, noise…"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={search && <CloseButton size="sm" aria-label="Clear the search" onClick={() => setSearch("")} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {groups.map((group) => (
        <Group key={group.id} group={group} searched={search.trim() !== ""} chosen={chosen} onToggle={onToggle} />
      ))}
      {groups.length === 0 && <p className={styles.none}>No family has to do with “{search.trim()}”.</p>}
    </fieldset>
  );
}

interface GroupProps extends Omit<FamilyListProps, "table"> {
  group: FamilyGroup;
  searched: boolean;
}

function Group({ group, searched, chosen, onToggle }: GroupProps) {
  const id = useId();
  const [unfolded, setUnfolded] = useState(false);
  const open = unfolded || searched;
  return (
    <section className={styles.group} aria-labelledby={id}>
      <UnstyledButton
        id={id}
        className={styles.heading}
        aria-expanded={open}
        disabled={searched}
        onClick={() => setUnfolded(!unfolded)}
      >
        <IconChevronDown size={14} aria-hidden className={styles.chevron} data-open={open} />
        {group.name}
        <span className={styles.count}>
          {group.chosen.length} of {group.size}
        </span>
      </UnstyledButton>
      {!open && group.chosen.length > 0 && <p className={styles.chosen}>{group.chosen.join(" · ")}</p>}
      {open &&
        group.families.map((family) => (
          <Checkbox
            key={family.id}
            className={styles.family}
            label={
              <>
                {family.name} <span className={styles.planes}>{family.planes}</span>
              </>
            }
            description={family.summary}
            checked={chosen.includes(family.id)}
            onChange={() => onToggle(family.id)}
          />
        ))}
    </section>
  );
}
