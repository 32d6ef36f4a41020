// Who uses the page, what they use of it, and what they can do about it. Nothing in local mode.

import { Anchor, Button, Menu } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { IconChevronDown, IconUser } from "@tabler/icons-react";
import { useState } from "react";
import { addressOf } from "../app/route";
import { AccountItems, VisitItems } from "./AccountItems";
import styles from "./accounts.module.css";
import { learnMe, useMe } from "./me";
import { PasswordDialog } from "./PasswordDialog";
import { QuotaUse } from "./QuotaUse";
import { shortageWords } from "./quotaWords";

/** What one uses grows while one works. */
const ASK_AGAIN_MS = 300_000;

/** `compact` where there is little room: a picture without the name. */
export function PersonMenu({ compact = false }: { compact?: boolean }) {
  const me = useMe((state) => state.me);
  const [changing, setChanging] = useState(false);
  useInterval(() => useMe.getState().me?.quota && void learnMe(), ASK_AGAIN_MS, { autoInvoke: true });
  if (!me || me.mode === "local") return null;
  if (!me.person && !me.is_visitor) {
    return (
      <Anchor c="dimmed" href={addressOf({ screen: "signIn" })}>
        Sign in
      </Anchor>
    );
  }
  const shortage = shortageWords(me.quota);
  const label = me.person ? `Account of ${me.person.name}` : "Your visit";
  return (
    <>
      <Menu position="bottom-end" width={250} onOpen={() => void learnMe()}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            className={styles.person}
            data-compact={compact || undefined}
            data-short={shortage !== "" || undefined}
            leftSection={<IconUser size={16} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            aria-label={shortage ? `${label}: ${shortage}` : label}
          >
            <span className={styles.personName}>{me.person?.name ?? "Visitor"}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {me.person ? (
            <AccountItems person={me.person} onChangePassword={() => setChanging(true)}>
              {me.quota && <QuotaUse quota={me.quota} />}
            </AccountItems>
          ) : (
            <VisitItems expires={me.expires}>{me.quota && <QuotaUse quota={me.quota} />}</VisitItems>
          )}
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog opened={changing} onClose={() => setChanging(false)} />
    </>
  );
}
