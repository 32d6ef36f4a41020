// Over a page whose session has ended: what is beneath stays as it is, until the same person goes on with it.

import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Me } from "../api/accounts";
import { addressNow } from "../app/route";
import styles from "./accounts.module.css";
import { becomes, learnMe, useMe } from "./me";
import { SignInForm } from "./SignInForm";
import { isSamePerson } from "./visits";

/** A fresh page remembers nothing of the one before. */
const beginAnew = (): void => window.location.replace("/");

export function SessionEnded({ ended }: { ended: Me }) {
  const queries = useQueryClient();
  useEffect(() => {
    // Somebody may have signed in beside, in another tab.
    const ask = (): void => void learnMe();
    window.addEventListener("focus", ask);
    const unsubscribe = useMe.subscribe(({ me }) => {
      if (!me || me.role === null) return;
      if (isSamePerson(ended, me)) void queries.invalidateQueries();
      else beginAnew();
    });
    return () => {
      window.removeEventListener("focus", ask);
      unsubscribe();
    };
  }, [ended, queries]);
  return (
    <Modal
      opened
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={ended.person ? "You are signed out" : "Your visit has ended"}
      classNames={{ content: styles.sessionEnded ?? "" }}
    >
      {ended.person ? (
        <div className={styles.form}>
          <p>Sign in as {ended.person.name} to go on where you are. What you drew last is kept in this browser.</p>
          <SignInForm returnTo={addressNow()} onSignedIn={becomes} />
        </div>
      ) : (
        <div className={styles.form}>
          <p>The server does not know this visit any more: its time is over, or this browser forgot it.</p>
          <Button variant="filled" data-autofocus onClick={beginAnew}>
            Go to the start page
          </Button>
        </div>
      )}
    </Modal>
  );
}
