// A model of the person's own: a name and its files.

import { Button, FileButton, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import styles from "./suggesters.module.css";

const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

interface OwnModelProps {
  busy: boolean;
  onFiles: (name: string, files: File[]) => void;
}

export function OwnModel({ busy, onFiles }: OwnModelProps) {
  const [name, setName] = useState("");
  const heading = useId();
  const fits = NAME.test(name);
  return (
    <section className={styles.row} aria-labelledby={heading}>
      <h3 id={heading} className={styles.title}>
        Your own model
      </h3>
      <p className={styles.note}>
        Two ONNX files, encoder and decoder, or a checkpoint (.pth) of Segment Anything, such as one that was fine-tuned
        for microscopy. A checkpoint needs the extra sambaseg[sam].
      </p>
      <TextInput
        label="Name"
        placeholder="vit_b_em"
        value={name}
        error={name !== "" && !fits ? "Small letters, digits, - and _; at most 40" : null}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div className={styles.actions}>
        <FileButton multiple onChange={(files) => onFiles(name, files)}>
          {(props) => (
            <Button {...props} size="compact-sm" disabled={!fits} loading={busy}>
              Choose files…
            </Button>
          )}
        </FileButton>
      </div>
    </section>
  );
}
