// Who else may look at a project, or change it.

import { ActionIcon, Button, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  findPeople,
  getSharing,
  type PersonFound,
  type SharedAccess,
  type Sharing,
  shareProject,
  unshareProject,
} from "../api/accounts";
import { goTo } from "../app/route";
import { Sheet } from "../panels/dialogs/Sheet";
import styles from "./accounts.module.css";
import { useMe } from "./me";
import { PersonWords } from "./PersonWords";

const ACCESS_CHOICES: { value: SharedAccess; label: string }[] = [
  { value: "viewer", label: "May look" },
  { value: "editor", label: "May change" },
];
const TYPING_MS = 200;

export default function PeopleSheet({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const sharing = useQuery({ queryKey: ["sharing", projectId], queryFn: () => getSharing(projectId) });
  return (
    <Sheet title="People" width={380} onClose={onClose}>
      <div className={styles.form}>
        {sharing.error && (
          <p role="alert" className={styles.failure}>
            {sharing.error.message}
          </p>
        )}
        {sharing.data?.access === "owner" && <OwnSharing projectId={projectId} sharing={sharing.data} />}
        {sharing.data && sharing.data.access !== "owner" && (
          <OthersProject projectId={projectId} sharing={sharing.data} />
        )}
      </div>
    </Sheet>
  );
}

function OwnSharing({ projectId, sharing }: { projectId: string; sharing: Sharing }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: async ({ person, access }: { person: string; access: SharedAccess | null }) => {
      if (access) await shareProject(projectId, person, access);
      else await unshareProject(projectId, person);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["sharing", projectId] }),
  });
  const shared = new Set(sharing.shares.map(({ person }) => person.id));
  return (
    <>
      <PersonSearch leaveOut={shared} onChoose={(person) => change.mutate({ person: person.id, access: "viewer" })} />
      {change.error && (
        <p role="alert" className={styles.failure}>
          {change.error.message}
        </p>
      )}
      {sharing.shares.length === 0 && <p>Only you can open this project.</p>}
      <ul className={styles.people} aria-label="People with access">
        {sharing.shares.map(({ person, access }) => (
          <li key={person.id}>
            <PersonWords person={person} />
            <SegmentedControl
              aria-label={`What ${person.name} may do`}
              data={ACCESS_CHOICES}
              value={access}
              onChange={(chosen) => change.mutate({ person: person.id, access: chosen as SharedAccess })}
            />
            <Tooltip label="Take away">
              <ActionIcon
                aria-label={`Take the project away from ${person.name}`}
                onClick={() => change.mutate({ person: person.id, access: null })}
              >
                <IconX size={15} />
              </ActionIcon>
            </Tooltip>
          </li>
        ))}
      </ul>
    </>
  );
}

interface PersonSearchProps {
  leaveOut: ReadonlySet<string>;
  onChoose: (person: PersonFound) => void;
}

function PersonSearch({ leaveOut, onChoose }: PersonSearchProps) {
  const [text, setText] = useState("");
  const [typed] = useDebouncedValue(text.trim(), TYPING_MS);
  const found = useQuery({
    queryKey: ["people", typed],
    queryFn: () => findPeople(typed),
    enabled: typed !== "",
    placeholderData: keepPreviousData,
  });
  const people = typed && text.trim() ? (found.data ?? []).filter(({ id }) => !leaveOut.has(id)) : [];
  const isNobody = people.length === 0 && found.isSuccess && !found.isPlaceholderData && typed !== "";
  return (
    <div>
      <TextInput
        label="Share with"
        placeholder="Name or login"
        maxLength={64}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p role="status" className={styles.none}>
        {isNobody && typed === text.trim() ? "Nobody else is called so." : ""}
      </p>
      <ul className={styles.people} aria-label="People found">
        {people.map((person) => (
          <li key={person.id}>
            <PersonWords person={person} />
            <Button
              aria-label={`Share with ${person.name}`}
              onClick={() => {
                onChoose(person);
                setText("");
              }}
            >
              Share
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function OthersProject({ projectId, sharing }: { projectId: string; sharing: Sharing }) {
  const me = useMe((state) => state.me?.person?.id ?? null);
  const leaving = useMutation({
    mutationFn: (person: string) => unshareProject(projectId, person),
    onSuccess: () => goTo({ screen: "home" }),
  });
  const whose = sharing.owner ? `This project is ${sharing.owner.name}'s.` : "This project is somebody else's.";
  return (
    <>
      <p>
        {whose} {sharing.access === "viewer" ? "You may look at it." : "You may change it."}
      </p>
      {sharing.shares.length > 0 && (
        <ul className={styles.people} aria-label="People with access">
          {sharing.shares.map(({ person, access }) => (
            <li key={person.id}>
              <PersonWords person={person} />
              {access === "viewer" ? "May look" : "May change"}
            </li>
          ))}
        </ul>
      )}
      {leaving.error && (
        <p role="alert" className={styles.failure}>
          {leaving.error.message}
        </p>
      )}
      {me && (
        <Button loading={leaving.isPending} onClick={() => leaving.mutate(me)}>
          Leave this project
        </Button>
      )}
    </>
  );
}
