// The keyboard map as a table.

import { Kbd } from "@mantine/core";
import { Fragment } from "react";
import { KEYS, type KeyGroup } from "../../tools/keys";
import { onMac, readableKeys } from "../shortcuts";
import styles from "./dialogs.module.css";

const GROUPS: readonly KeyGroup[] = ["Tools", "Labelling", "View", "Result", "Checking by points", "Page"];

export function KeyTable() {
  return (
    <div className={styles.keys}>
      {GROUPS.map((group) => (
        <section key={group} aria-label={group}>
          <h3>{group}</h3>
          <dl>
            {KEYS.filter((entry) => entry.group === group).map((entry) => (
              <div key={entry.id}>
                <dt>{entry.words}</dt>
                <dd>
                  {readableKeys(entry, onMac).map((key, index) => (
                    <Fragment key={key}>
                      {index > 0 && " "}
                      <Kbd size="xs">{key}</Kbd>
                    </Fragment>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
