// Who is signed in, and what one can do about it. Nothing in local mode.

import { Anchor, Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload, IconKey, IconLogout, IconUser } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { EVERYTHING_ADDRESS, signOut } from "../api/accounts";
import { addressOf } from "../app/route";
import styles from "./accounts.module.css";
import { roleWords } from "./accountWords";
import { useMe } from "./me";
import { PasswordDialog } from "./PasswordDialog";

export function PersonMenu() {
  const me = useMe((state) => state.me);
  const [changing, setChanging] = useState(false);
  const leaving = useMutation({
    mutationFn: signOut,
    // A fresh page remembers nothing of the person who left.
    onSuccess: () => window.location.replace("/"),
  });
  if (!me || me.mode === "local") return null;
  if (!me.person) {
    return (
      <Anchor c="dimmed" href={addressOf({ screen: "signIn" })}>
        Sign in
      </Anchor>
    );
  }
  const { name, login, role } = me.person;
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconUser size={16} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            className={styles.person}
            aria-label={`Account of ${name}`}
          >
            <span className={styles.personName}>{name}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={styles.who}>
            <strong>{name}</strong>
            <span>
              {login === name ? "" : `${login} · `}
              {roleWords(role)}
            </span>
          </div>
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={15} />} onClick={() => setChanging(true)}>
            Change password…
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={15} />} component="a" href={EVERYTHING_ADDRESS} download>
            Download everything
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconLogout size={15} />}
            closeMenuOnClick={false}
            disabled={leaving.isPending}
            onClick={() => leaving.mutate()}
          >
            Sign out
          </Menu.Item>
          {leaving.error && (
            <p role="alert" className={styles.failure}>
              {leaving.error.message}
            </p>
          )}
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog opened={changing} onClose={() => setChanging(false)} />
    </>
  );
}
