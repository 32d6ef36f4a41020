// Asks before something is done that cannot be undone easily.

import { Button, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import styles from "./admin.module.css";
import { Failure } from "./Failure";

interface QuestionProps {
  title: string;
  words: string;
  action: string;
  act: () => Promise<unknown>;
  onClose: () => void;
}

export function Question({ title, words, action, act, onClose }: QuestionProps) {
  const acting = useMutation({ mutationFn: act, onSuccess: onClose });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <div className={styles.form}>
        <p>{words}</p>
        <Failure error={acting.error} />
        <div className={styles.ways}>
          <Button data-autofocus onClick={onClose}>
            Cancel
          </Button>
          <Button variant="filled" color="red.8" loading={acting.isPending} onClick={() => acting.mutate()}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
