// What was refused, and what to do; nothing where nothing was.

import { refusalWords } from "../accounts/accountWords";
import { ApiError } from "../api/error";
import styles from "./admin.module.css";

export function Failure({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <p role="alert" className={styles.failure}>
      {error instanceof ApiError ? refusalWords(error) : error.message}
    </p>
  );
}
