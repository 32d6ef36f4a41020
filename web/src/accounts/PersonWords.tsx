// How a person is called: the name, and below it the login.

import type { PersonFound } from "../api/accounts";
import styles from "./accounts.module.css";

export function PersonWords({ person }: { person: Pick<PersonFound, "name" | "login"> }) {
  return (
    <span className={styles.personWords}>
      <strong>{person.name}</strong>
      <small>{person.login}</small>
    </span>
  );
}
