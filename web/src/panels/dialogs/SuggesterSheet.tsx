// What gives the suggestions: the built-in suggester, or a Segment Anything model, with what each costs.

import { OwnModel } from "./OwnModel";
import { Sheet } from "./Sheet";
import { SuggesterRow } from "./SuggesterRow";
import { sendModelFiles, sentencesOf, useModelChange, useSmartModels } from "./smartModelQuery";
import styles from "./suggesters.module.css";

export function SuggesterSheet({ onClose }: { onClose: () => void }) {
  const models = useSmartModels();
  const added = useModelChange();
  return (
    <Sheet title="Smart labelling" width={460} onClose={onClose}>
      <p className={styles.intro}>
        The built-in suggestions work at once, offline, and learn from each training. A Segment Anything model is larger
        and slower, and often better at whole objects. Files stay on the computer that runs sambaseg.
      </p>
      {models.data ? (
        <>
          <ul className={styles.list} aria-label="What gives the suggestions">
            {models.data.map((model) => (
              <SuggesterRow key={model.name} model={model} />
            ))}
          </ul>
          <OwnModel
            busy={added.isPending}
            onFiles={(name, files) => added.mutate(() => sendModelFiles({ name, files: [] }, files))}
          />
          {added.error && (
            <p className={styles.failure} role="alert">
              {sentencesOf(added.error)}
            </p>
          )}
        </>
      ) : (
        <p role={models.error ? "alert" : "status"}>{models.error ? models.error.message : "Loading…"}</p>
      )}
    </Sheet>
  );
}
