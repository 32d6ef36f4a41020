// A new password for somebody who forgot theirs: drawn by the server, shown once.

import { Button, CopyButton, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { drawPassword, type PersonInfo } from "../api/admin";
import styles from "./admin.module.css";
import { Failure } from "./Failure";

export function NewPassword({ person: { id, name }, onClose }: { person: PersonInfo; onClose: () => void }) {
  const queries = useQueryClient();
  const drawing = useMutation({
    mutationFn: () => drawPassword(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin"] }),
  });
  const title = `New password for ${name}`;
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <div className={styles.form}>
        {drawing.data ? (
          <>
            <p>Tell it to {name} in a safe way; it is shown this once.</p>
            <output className={styles.secret}>{drawing.data}</output>
            <div className={styles.ways}>
              <CopyButton value={drawing.data}>
                {({ copied, copy }) => <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
              </CopyButton>
              <Button variant="filled" onClick={onClose}>
                Done
              </Button>
            </div>
          </>
        ) : (
          <>
            <p>The password so far ends, and all browsers of {name} are signed out.</p>
            <Failure error={drawing.error} />
            <div className={styles.ways}>
              <Button data-autofocus onClick={onClose}>
                Cancel
              </Button>
              <Button variant="filled" loading={drawing.isPending} onClick={() => drawing.mutate()}>
                Make a new password
              </Button>
            </div>
          </>
        )}
      </div>
    </Modal>
  );
}
