// What gives the suggestions: the built-in suggester, or a Segment Anything model, with what each costs.

import { useQuery } from "@tanstack/react-query";
import { getSmartModels, type SmartModel } from "../../api/smartModels";
import { Sheet } from "./Sheet";
import { SuggesterRow } from "./SuggesterRow";
import styles from "./suggesters.module.css";

const ASK_AGAIN_MS = 700;

export const SMART_MODELS = ["smart models"] as const;

export function SuggesterSheet({ onClose }: { onClose: () => void }) {
  const models = useQuery({
    queryKey: SMART_MODELS,
    queryFn: getSmartModels,
    refetchInterval: ({ state }) => (state.data?.some(isAtWork) ? ASK_AGAIN_MS : false),
  });
  return (
    <Sheet title="Smart labelling" width={460} onClose={onClose}>
      <p className={styles.intro}>
        The built-in suggestions work at once, offline, and learn from each training. A Segment Anything model is larger
        and slower, and often better at whole objects. Files stay on the computer that runs sambaseg.
      </p>
      {models.data ? (
        <ul className={styles.list} aria-label="What gives the suggestions">
          {models.data.map((model) => (
            <SuggesterRow key={model.name} model={model} />
          ))}
        </ul>
      ) : (
        <p role={models.error ? "alert" : "status"}>{models.error ? models.error.message : "Loading…"}</p>
      )}
    </Sheet>
  );
}

export function isAtWork({ state }: SmartModel): boolean {
  return state === "downloading" || state === "verifying";
}
