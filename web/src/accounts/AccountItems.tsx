// What stands in the menu of a person with an account, and in that of a visitor.

import { Menu } from "@mantine/core";
import { IconDownload, IconGavel, IconKey, IconLogin, IconLogout, IconSettings } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { EVERYTHING_ADDRESS, type Me, signOut } from "../api/accounts";
import { addressOf } from "../app/route";
import styles from "./accounts.module.css";
import { dayWords, roleWords } from "./accountWords";

interface AccountItemsProps {
  person: NonNullable<Me["person"]>;
  onChangePassword: () => void;
  /** What is used of what may be. */
  children: ReactNode;
}

export function AccountItems({ person, onChangePassword, children }: AccountItemsProps) {
  const { name, login, role, has_password: hasPassword } = person;
  const leaving = useMutation({
    mutationFn: signOut,
    // A fresh page remembers nothing of the person who left.
    onSuccess: () => window.location.replace("/"),
  });
  return (
    <>
      <div className={styles.who}>
        <strong>{name}</strong>
        <span>
          {login === name ? "" : `${login} · `}
          {roleWords(role)}
        </span>
      </div>
      {children}
      <Menu.Divider />
      {role === "admin" && (
        <Menu.Item
          leftSection={<IconSettings size={15} />}
          component="a"
          href={addressOf({ screen: "admin", section: "overview" })}
        >
          Administration
        </Menu.Item>
      )}
      {role !== "member" && (
        <Menu.Item leftSection={<IconGavel size={15} />} component="a" href={addressOf({ screen: "moderation" })}>
          Moderation
        </Menu.Item>
      )}
      {hasPassword && (
        <Menu.Item leftSection={<IconKey size={15} />} onClick={onChangePassword}>
          Change password…
        </Menu.Item>
      )}
      <Everything />
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
    </>
  );
}

export function VisitItems({ expires, children }: { expires: string | null; children: ReactNode }) {
  return (
    <>
      <div className={styles.who}>
        <strong>Visitor</strong>
        <span>{expires ? `Without an account; kept until ${dayWords(expires)}` : "Without an account"}</span>
      </div>
      {children}
      <Menu.Divider />
      <Everything />
      <Menu.Item leftSection={<IconLogin size={15} />} component="a" href={addressOf({ screen: "signIn" })}>
        Sign in…
      </Menu.Item>
    </>
  );
}

function Everything() {
  return (
    <Menu.Item leftSection={<IconDownload size={15} />} component="a" href={EVERYTHING_ADDRESS} download>
      Download everything
    </Menu.Item>
  );
}
