// How far a submission is, for whoever has its link.

import { useQuery } from "@tanstack/react-query";
import { followEntry } from "../api/sharing";
import { PageHeader } from "../app/PageHeader";
import { addressOf } from "../app/route";
import { stateWords } from "../gallery/entryWords";
import { actionWords } from "../moderation/moderationWords";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./screens.module.css";

export default function FollowScreen({ token }: { token: string }) {
  const followed = useQuery({ queryKey: ["gallery", "follow", token], queryFn: () => followEntry(token) });
  const mine = followed.data?.mine;
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <h1>{mine ? mine.title || "Without a title" : "Your submission"}</h1>
        {followed.error && <p role="alert">{followed.error.message}</p>}
        {mine && (
          <>
            <p className={styles.lead} role="status">
              {stateWords(mine.state)}
            </p>
            {mine.state === "waiting" && (
              <p>
                A moderator looks at it before it becomes public. Keep the address of this page: it tells how far it is.
              </p>
            )}
            {mine.state === "changes_wanted" && (
              <p>
                <a href={addressOf({ screen: "myEntries" })}>Go to my entries</a> to change and submit it again.
              </p>
            )}
            {mine.public_version !== null && (
              <p>
                <a href={addressOf({ screen: "entry", entryId: mine.id, version: mine.public_version })}>
                  Show it in the gallery
                </a>
              </p>
            )}
            <ol className={styles.steps}>
              {followed.data?.steps.map((step) => (
                <li key={`${step.at} ${step.action}`}>
                  <span>{actionWords(step.action)}</span>
                  <small>
                    Version {step.version} · {formatWhen(step.at, new Date())}
                  </small>
                  {step.reason && <p>{step.reason}</p>}
                </li>
              ))}
            </ol>
          </>
        )}
      </main>
    </div>
  );
}
