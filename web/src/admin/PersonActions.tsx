// What an administrator can do with one person's account.

import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changePerson, endSessions, type PersonInfo } from "../api/admin";
import { NewPassword } from "./NewPassword";
import { PersonQuota } from "./PersonQuota";
import { PersonSessions } from "./PersonSessions";
import { Question } from "./Question";

type Asking = "quota" | "sessions" | "password" | "signOut" | "disable" | "enable";

export function PersonActions({ person, isMe }: { person: PersonInfo; isMe: boolean }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = (): void => setAsking(null);
  return (
    <>
      <Menu position="bottom-end" width={210}>
        <Menu.Target>
          <ActionIcon aria-label={`More about ${person.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAsking("quota")}>Quotas…</Menu.Item>
          <Menu.Item onClick={() => setAsking("sessions")}>Browsers…</Menu.Item>
          <Menu.Item onClick={() => setAsking("signOut")}>Sign out everywhere…</Menu.Item>
          {!isMe && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setAsking("password")}>New password…</Menu.Item>
              <Menu.Item onClick={() => setAsking(person.disabled ? "enable" : "disable")}>
                {person.disabled ? "Enable…" : "Disable…"}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asking && <Asked asking={asking} person={person} isMe={isMe} onClose={close} />}
    </>
  );
}

interface AskedProps {
  asking: Asking;
  person: PersonInfo;
  isMe: boolean;
  onClose: () => void;
}

function Asked({ asking, person, isMe, onClose }: AskedProps) {
  const queries = useQueryClient();
  const { id, name } = person;
  const then = async (act: Promise<unknown>): Promise<void> => {
    await act;
    await queries.invalidateQueries({ queryKey: ["admin"] });
  };
  switch (asking) {
    case "quota":
      return <PersonQuota person={person} onClose={onClose} />;
    case "sessions":
      return <PersonSessions person={person} onClose={onClose} />;
    case "password":
      return <NewPassword person={person} onClose={onClose} />;
    case "signOut":
      return (
        <Question
          title={`Sign ${name} out everywhere?`}
          words={
            isMe
              ? "All your browsers but this one are signed out."
              : "All browsers are signed out at once. The account and its projects stay as they are."
          }
          action="Sign out"
          act={() => then(endSessions(id))}
          onClose={onClose}
        />
      );
    case "disable":
      return (
        <Question
          title={`Disable the account of ${name}?`}
          words="Nobody can sign in with it any more, and all its browsers are signed out. Its projects stay, and it can be enabled again."
          action="Disable"
          act={() => then(changePerson(id, { disabled: true }))}
          onClose={onClose}
        />
      );
    case "enable":
      return (
        <Question
          title={`Enable the account of ${name}?`}
          words="The person can sign in again, and has all projects as before."
          action="Enable"
          act={() => then(changePerson(id, { disabled: false }))}
          onClose={onClose}
        />
      );
  }
}
