// Looks for a smaller recipe, and shows what matters and what would change; the person takes it or leaves it.

import { Button, Progress } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { type FeatureSuggestion, getFeatureSuggestion, startSuggestingFeatures } from "../api/featureChoice";
import { jobEnd } from "../api/jobEnd";
import { useEditor } from "../app/editorContext";
import { formatDuration } from "../panels/wording/numbers";
import type { ProjectSettings, Schemas } from "../state/contract";
import styles from "./features.module.css";
import { barsOf, changedText, strokesText } from "./suggestionWords";

interface SuggestFeaturesProps {
  projectId: string;
  settings: ProjectSettings;
  /** Why the settings cannot be used, or null. */
  problem: string | null;
  onTake: (recipe: Schemas["RecipeBody"]) => void;
}

type State =
  | { kind: "idle" }
  | { kind: "searching"; share: number }
  | { kind: "failed"; message: string; hint: string }
  | { kind: "found"; found: FeatureSuggestion }
  | { kind: "taken" };

export function SuggestFeatures({ projectId, settings, problem, onTake }: SuggestFeaturesProps) {
  const editor = useEditor();
  const [state, setState] = useState<State>({ kind: "idle" });
  const searching = useRef<AbortController | null>(null);
  useEffect(() => () => searching.current?.abort(), []);

  const search = async (): Promise<void> => {
    const control = new AbortController();
    searching.current = control;
    setState({ kind: "searching", share: 0 });
    try {
      await editor.whenStored();
      const job = await startSuggestingFeatures(projectId, settings);
      await jobEnd(job, {
        signal: control.signal,
        onProgress: (share) => !control.signal.aborted && setState({ kind: "searching", share }),
      });
      setState({ kind: "found", found: await getFeatureSuggestion(projectId, job.id) });
    } catch (failure) {
      if (control.signal.aborted) return;
      const { message, hint = "" } = failure as { message: string; hint?: string };
      setState({ kind: "failed", message, hint });
    }
  };
  const cancel = (): void => {
    searching.current?.abort();
    setState({ kind: "idle" });
  };

  return (
    <section className={styles.section} aria-label="Suggested features">
      <div className={styles.row}>
        {state.kind === "searching" ? (
          <>
            <Button onClick={cancel}>Stop searching</Button>
            <Progress value={100 * state.share} aria-label="Trying smaller recipes" />
          </>
        ) : (
          <>
            <Button disabled={problem !== null} onClick={() => void search()}>
              Suggest fewer features
            </Button>
            <p className={styles.note} role="status">
              {state.kind === "taken"
                ? "Taken over. “Use these” makes it the project’s."
                : "Finds what can go without doing worse on labels held out."}
            </p>
          </>
        )}
      </div>
      {state.kind === "failed" && (
        <p role="alert" className={styles.note}>
          {state.message} {state.hint}
        </p>
      )}
      {state.kind === "found" && (
        <Found
          found={state.found}
          onTake={() => {
            onTake(state.found.after.recipe);
            setState({ kind: "taken" });
          }}
          onLeave={() => setState({ kind: "idle" })}
        />
      )}
    </section>
  );
}

function Found({ found, onTake, onLeave }: { found: FeatureSuggestion; onTake: () => void; onLeave: () => void }) {
  const strokes = strokesText(found);
  return (
    <>
      <h3 className={styles.subtitle}>What is lost on held-out labels without it</h3>
      <Bars found={found} kind="family" />
      <Bars found={found} kind="scale" />
      <Compared found={found} />
      <p className={styles.note}>
        {changedText(found)} {strokes}
      </p>
      <div className={styles.row}>
        {found.is_smaller && (
          <Button variant="filled" onClick={onTake}>
            Take the smaller recipe
          </Button>
        )}
        <Button onClick={onLeave}>{found.is_smaller ? "Leave it as it is" : "Close"}</Button>
        <span />
      </div>
    </>
  );
}

function Bars({ found, kind }: { found: FeatureSuggestion; kind: "family" | "scale" }) {
  return (
    <dl className={styles.bars} aria-label={kind === "family" ? "By family" : "By scale"}>
      {barsOf(found, kind).map(({ id, name, length, goes, importance }) => [
        <dt key={id} title={name}>
          {name}
        </dt>,
        <dd key={`${id} bar`} title={`${importance.toFixed(4)}${goes ? ": can go" : ""}`}>
          <div className={styles.bar} data-goes={goes} style={{ width: `max(1px, ${100 * length}%)` }} />
        </dd>,
      ])}
    </dl>
  );
}

function Compared({ found: { before, after, is_smaller, tolerance } }: { found: FeatureSuggestion }) {
  const rows = [
    { name: "Features", of: (each: typeof before) => String(each.planes) },
    {
      name: "Time for a megapixel, estimated",
      of: (each: typeof before) => formatDuration(each.seconds_per_megapixel),
    },
    {
      name: `Mean IoU on held-out labels (may lose ${tolerance.iou})`,
      of: (each: typeof before) => each.held_out_iou.toFixed(3),
    },
  ];
  return (
    <table className={styles.compared} aria-label="Before and after">
      <thead>
        <tr>
          <th />
          <th>Now</th>
          {is_smaller && <th>Smaller</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, of }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{of(before)}</td>
            {is_smaller && <td>{of(after)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
