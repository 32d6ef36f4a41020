// The browsers in which a person is signed in.

import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { listSessions, type PersonInfo } from "../api/admin";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { browserWords } from "./adminWords";
import { Failure } from "./Failure";

export function PersonSessions({ person: { id, name }, onClose }: { person: PersonInfo; onClose: () => void }) {
  const sessions = useQuery({ queryKey: ["admin", "sessions", id], queryFn: () => listSessions(id) });
  return (
    <Modal opened onClose={onClose} title={`Browsers of ${name}`} closeButtonProps={{ "aria-label": "Close" }}>
      <div className={styles.form}>
        <Failure error={sessions.error} />
        {sessions.data?.length === 0 && <p>Signed in nowhere.</p>}
        <ul className={styles.list}>
          {sessions.data?.map((session) => (
            <li key={session.id}>
              <span>
                <strong>{browserWords(session.user_agent)}</strong>
                {session.is_this && " (this one)"}
              </span>
              <small>
                since {formatWhen(session.created, new Date())}, last used {formatWhen(session.last_seen, new Date())}
              </small>
            </li>
          ))}
        </ul>
      </div>
    </Modal>
  );
}
