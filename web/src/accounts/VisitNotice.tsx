// For visitors of a public site: until when their projects are kept, and how to take them home.

import { EVERYTHING_ADDRESS } from "../api/accounts";
import { addressOf } from "../app/route";
import styles from "./accounts.module.css";
import { dayWords } from "./accountWords";
import { useMe } from "./me";

export function VisitNotice() {
  const me = useMe((state) => state.me);
  if (!me?.is_visitor || !me.expires) return null;
  return (
    <p className={styles.visit} role="status">
      <span>You work here without an account: your projects are removed on {dayWords(me.expires)}.</span>
      <a href={EVERYTHING_ADDRESS} download>
        Download everything
      </a>
      <a href={addressOf({ screen: "signIn" })}>Sign in to keep them</a>
    </p>
  );
}
