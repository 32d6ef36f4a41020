// Downloads: segmentation, labels, uncertainty, probabilities, classifier.

import { Button, Menu, SegmentedControl } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";
import { useEditor, useEditorParts } from "../../app/editorContext";
import styles from "./saveMenu.module.css";
import { labelledClassCount } from "./trainState";

type Values = "ids" | "spread";

const VALUES: { value: Values; label: string }[] = [
  { value: "ids", label: "Class ids" },
  { value: "spread", label: "Spread over 0–255" },
];

export function SaveMenu() {
  const editor = useEditor();
  const [values, setValues] = useState<Values>("ids");
  const can = useEditorParts((state) => ({
    result: state.result?.state === "complete",
    labels: labelledClassCount(state.labelledPixels) > 0,
    classifier: Boolean(state.project?.classifier),
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
    <Menu position="bottom-end" width={270}>
      <Menu.Target>
        <Button data-tour="save" rightSection={<IconChevronDown size={14} aria-hidden />}>
          Save
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {item("segmentation", "Segmentation", "TIFF", can.result)}
        {item("labels", "Labels", "TIFF", can.labels)}
        <div className={styles.values}>
          <span>Pixel values</span>
          <SegmentedControl
            fullWidth
            aria-label="Pixel values of segmentation and labels"
            data={VALUES}
            value={values}
            onChange={setValues}
          />
        </div>
        <Menu.Divider />
        {item("uncertainty", "Uncertainty", "TIFF", can.result)}
        {item("probabilities", "Probabilities", "TIFF", can.result)}
        <Menu.Divider />
        {item("classifier", "Classifier", ".sambaseg", can.classifier)}
        {!can.result && <Menu.Label>Train first to save a segmentation.</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
