// Downloads: segmentation, labels, uncertainty, probabilities and classifier, of the image that is shown or of all.

import { Button, Menu, SegmentedControl } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { omeZarrUrl, type Values } from "../../api/exports";
import { useEditor, useEditorParts, useEditorState } from "../../app/editorContext";
import { mayChange } from "../../state/rights";
import { NoticeCard } from "../NoticeList";
import { useUi } from "../uiState";
import { formatCount } from "../wording/numbers";
import { FIRST_CHOICE } from "./exportChoice";
import { SaveAllItems } from "./SaveAllItems";
import { saveFromAddress, useSaving } from "./saveFromAddress";
import styles from "./saveMenu.module.css";
import { labelledClassCount } from "./trainState";

type Scope = "this" | "all";

const VALUES: { value: Values; label: string }[] = [
  { value: "ids", label: "Class ids" },
  { value: "spread", label: "Spread over 0–255" },
];

export function SaveMenu() {
  const count = useEditorState((state) => state.images.length);
  const busy = useSaving((saving) => saving.busy);
  const may = useEditorState(mayChange);
  const [scope, setScope] = useState<Scope>("this");
  const [choice, setChoice] = useState(FIRST_CHOICE);
  const [opened, setOpened] = useState(false);
  const pickValues = (values: Values): void => setChoice({ ...choice, values });
  const values = <ValuesChoice values={choice.values} onChange={pickValues} />;
  return (
    <>
      <Menu position="bottom-end" width={290} opened={opened} onChange={setOpened}>
        <Menu.Target>
          <Button data-tour="save" loading={busy} rightSection={<IconChevronDown size={14} aria-hidden />}>
            Save
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {count > 1 && (
            <div className={styles.scope}>
              <SegmentedControl
                fullWidth
                aria-label="Which images"
                data={[
                  { value: "this", label: "This image" },
                  { value: "all", label: `All ${formatCount(count)} images` },
                ]}
                value={scope}
                onChange={(value) => setScope(value === "all" ? "all" : "this")}
              />
            </div>
          )}
          {count > 1 && scope === "all" ? (
            <SaveAllItems choice={choice} onChoice={setChoice} values={values} onSaved={() => setOpened(false)} />
          ) : (
            <SaveOneItems values={choice.values} valuesChoice={values} />
          )}
          {may && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => useUi.getState().openSheet({ kind: "share" })}>Share in the gallery…</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <SavingFailure />
    </>
  );
}

function ValuesChoice({ values, onChange }: { values: Values; onChange: (values: Values) => void }) {
  return (
    <div className={styles.values}>
      <span>Pixel values</span>
      <SegmentedControl
        fullWidth
        aria-label="Pixel values of segmentation and labels"
        data={VALUES}
        value={values}
        onChange={onChange}
      />
    </div>
  );
}

function SaveOneItems({ values, valuesChoice }: { values: Values; valuesChoice: React.ReactNode }) {
  const editor = useEditor();
  const { projectId, image, ...can } = useEditorParts((state) => ({
    projectId: state.project?.id ?? "",
    image: state.image,
    result: state.result?.state === "complete",
    labels: labelledClassCount(state.labelledPixels) > 0,
    classifier: Boolean(state.project?.classifier),
    train: mayChange(state),
  }));
  const item = (what: Parameters<typeof editor.download>[0], label: string, file: string, possible: boolean) => (
    <Menu.Item
      disabled={!possible}
      rightSection={<span className={styles.file}>{file}</span>}
      onClick={() => void editor.download(what, values)}
    >
      {label}
    </Menu.Item>
  );
  return (
    <>
      {item("segmentation", "Segmentation", "TIFF", can.result)}
      {item("labels", "Labels", "TIFF", can.labels)}
      {valuesChoice}
      <Menu.Divider />
      {item("uncertainty", "Uncertainty", "TIFF", can.result)}
      {item("probabilities", "Probabilities", "TIFF", can.result)}
      <Menu.Item
        rightSection={<span className={styles.file}>OME-Zarr</span>}
        onClick={() => void saveFromAddress(editor, omeZarrUrl(projectId, image))}
      >
        Image with all its layers
      </Menu.Item>
      <Menu.Divider />
      {item("classifier", "Classifier", ".sambaseg", can.classifier)}
      {!can.result && can.train && <Menu.Label>Train first to save a segmentation.</Menu.Label>}
    </>
  );
}

/** Hangs under the button, as other notices do. */
function SavingFailure() {
  const { failure, dismiss } = useSaving();
  if (!failure) return null;
  return (
    <div className={styles.failure} role="alert">
      <NoticeCard notice={{ kind: "error", ...failure }} onDismiss={dismiss} />
    </div>
  );
}
