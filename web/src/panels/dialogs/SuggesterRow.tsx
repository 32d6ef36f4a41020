// One suggester: what it is and costs, its download, and the button that chooses it.

import { Button, FileButton, Progress } from "@mantine/core";
import { downloadSmartModel, removeSmartModel, type SmartModel } from "../../api/smartModels";
import { useEditor, useEditorState } from "../../app/editorContext";
import { BUILTIN } from "../../smart/smartLabelling";
import { sendModelFiles, sentencesOf, useModelChange } from "./smartModelQuery";
import styles from "./suggesters.module.css";
import { costsOf, stateOf } from "./suggesterWords";

export function SuggesterRow({ model }: { model: SmartModel }) {
  const editor = useEditor();
  const chosen = useEditorState((state) => state.smartModel === model.name);
  const change = useModelChange();
  const remove = (): void => {
    if (chosen) editor.set({ smartModel: BUILTIN });
    change.mutate(() => removeSmartModel(model.name));
  };
  const failure = sentencesOf(change.error) ?? (model.error && `${model.error.message} ${model.error.hint}`);
  return (
    <li className={styles.row} data-chosen={chosen}>
      <div className={styles.head}>
        <h3 className={styles.title}>{model.title}</h3>
        <span className={styles.state} role="status">
          {chosen ? "In use" : stateOf(model)}
        </span>
      </div>
      <p className={styles.costs}>{costsOf(model)}</p>
      {model.note && <p className={styles.note}>{model.note}</p>}
      {(model.state === "downloading" || model.state === "verifying") && (
        <Progress
          value={100 * (model.progress ?? 0)}
          size="sm"
          aria-label={`${stateOf(model)} of ${model.title}`}
          animated={model.progress === null}
        />
      )}
      {failure && (
        <p className={styles.failure} role="alert">
          {failure}
        </p>
      )}
      <div className={styles.actions}>
        <Actions
          model={model}
          chosen={chosen}
          busy={change.isPending}
          onUse={() => editor.set({ smartModel: model.name })}
          onDownload={() => change.mutate(() => downloadSmartModel(model.name))}
          onFiles={(files) => change.mutate(() => sendModelFiles(model, files))}
          onRemove={remove}
        />
      </div>
    </li>
  );
}

interface ActionsProps {
  model: SmartModel;
  chosen: boolean;
  busy: boolean;
  onUse: () => void;
  onDownload: () => void;
  onFiles: (files: File[]) => void;
  onRemove: () => void;
}

function Actions({ model, chosen, busy, onUse, onDownload, onFiles, onRemove }: ActionsProps) {
  const of = model.title;
  switch (model.state) {
    case "downloading":
    case "verifying":
      return (
        <Button size="compact-sm" aria-label={`Cancel the download of ${of}`} onClick={onRemove}>
          Cancel
        </Button>
      );
    case "none":
    case "failed":
      return (
        <>
          <Button size="compact-sm" disabled={busy} aria-label={`Download ${of}`} onClick={onDownload}>
            {model.state === "failed" ? "Try again" : "Download"}
          </Button>
          <FileButton multiple onChange={onFiles}>
            {(props) => (
              <Button
                {...props}
                size="compact-sm"
                variant="subtle"
                color="gray"
                loading={busy}
                aria-label={`Add files of ${of} from disk`}
              >
                From disk…
              </Button>
            )}
          </FileButton>
        </>
      );
    case "ready":
      return (
        <>
          {!chosen && (
            <Button size="compact-sm" variant="filled" aria-label={`Use ${of}`} onClick={onUse}>
              Use
            </Button>
          )}
          {model.name !== BUILTIN && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              disabled={busy}
              aria-label={`Remove the files of ${of}`}
              onClick={onRemove}
            >
              Remove
            </Button>
          )}
        </>
      );
  }
}
