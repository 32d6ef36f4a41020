// Changing one's own password.

import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { changePassword } from "../api/accounts";
import { AccountForm, type FieldOfForm } from "./AccountForm";
import styles from "./accounts.module.css";

const FIELDS: readonly FieldOfForm[] = [
  { field: "old", label: "Password so far", autoComplete: "current-password" },
  {
    field: "password",
    label: "New password",
    description: "Several words in a row are easy to remember",
    autoComplete: "new-password",
  },
];

export function PasswordDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Change password" closeButtonProps={{ "aria-label": "Close" }}>
      <PasswordChange onClose={onClose} />
    </Modal>
  );
}

function PasswordChange({ onClose }: { onClose: () => void }) {
  const [isChanged, setChanged] = useState(false);
  if (!isChanged) {
    return (
      <AccountForm
        fields={FIELDS}
        action="Change password"
        send={async ({ old, password }) => {
          await changePassword(old, password);
          setChanged(true);
        }}
      />
    );
  }
  return (
    <div className={styles.form} role="status">
      <p>Your password is changed, and your other browsers are signed out.</p>
      <Button variant="filled" autoFocus onClick={onClose}>
        Done
      </Button>
    </div>
  );
}
