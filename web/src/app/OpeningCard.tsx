// What is being opened, over an open project.

import { OpeningState } from "./OpeningState";
import { useOpening } from "./opening";
import styles from "./opening.module.css";

export function OpeningCard() {
  const idle = useOpening(({ busy, failure, note, ready }) => !busy && !failure && !note && !ready);
  return <div className={styles.floating}>{!idle && <OpeningState />}</div>;
}
