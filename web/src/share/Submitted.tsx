// After submitting: where the entry is, or how to follow it.

import { Button, CopyButton } from "@mantine/core";
import type { Schemas } from "../api/client";
import { addressOf } from "../app/route";
import styles from "./share.module.css";

export function Submitted({ submission: { mine, follow_token } }: { submission: Schemas["Submission"] }) {
  if (mine.state === "accepted") {
    return (
      <div className={styles.beginning} role="status">
        <p>It is in the gallery now.</p>
        <div>
          <Button
            variant="filled"
            component="a"
            href={addressOf({ screen: "entry", entryId: mine.id, version: mine.version })}
          >
            Show the entry
          </Button>
        </div>
      </div>
    );
  }
  const path = addressOf({ screen: "follow", token: follow_token });
  return (
    <div className={styles.beginning} role="status">
      <p>Thank you. A moderator looks at it before it becomes public.</p>
      <p>This link tells how far it is. It is shown this once; whoever has it can follow the submission.</p>
      <div>
        <CopyButton value={new URL(path, window.location.origin).href}>
          {({ copied, copy }) => (
            <Button variant="filled" onClick={copy}>
              {copied ? "Copied" : "Copy the link"}
            </Button>
          )}
        </CopyButton>
        <a href={path}>Follow it</a>
      </div>
    </div>
  );
}
