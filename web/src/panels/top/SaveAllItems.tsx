// What is saved of all images at once, and in which form.

import { Button, Menu, SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { exportOfAllUrl, type Part } from "../../api/exports";
import { useEditor, useEditorParts } from "../../app/editorContext";
import {
  chosenParts,
  type ExportChoice,
  haveOneSize,
  missingText,
  PART_NAMES,
  possibleParts,
  STACK_PARTS,
  toggled,
  ZIP_PARTS,
} from "./exportChoice";
import { saveFromAddress } from "./saveFromAddress";
import styles from "./saveMenu.module.css";
import { labelledClassCount } from "./trainState";

interface SaveAllItemsProps {
  choice: ExportChoice;
  onChoice: (choice: ExportChoice) => void;
  values: ReactNode;
  onSaved: () => void;
}

export function SaveAllItems({ choice: wanted, onChoice, values, onSaved }: SaveAllItemsProps) {
  const editor = useEditor();
  const { projectId, images, labels, classifier } = useEditorParts((state) => ({
    projectId: state.project?.id ?? "",
    images: state.images,
    labels: labelledClassCount(state.labelledPixels) > 0,
    classifier: Boolean(state.project?.classifier),
  }));
  const canStack = haveOneSize(images);
  const choice: ExportChoice = canStack ? wanted : { ...wanted, form: "zip" };
  const possible = possibleParts(images, { labels, classifier });
  const parts = chosenParts(choice, possible);
  const missing = missingText(images);
  const save = (): void => {
    onSaved();
    const { form } = choice;
    void saveFromAddress(editor, exportOfAllUrl(projectId, { what: parts, form, values: choice.values }));
  };

  return (
    <>
      <div className={styles.scope}>
        <SegmentedControl
          fullWidth
          aria-label="Form of the file"
          data={[
            { value: "zip", label: "TIFFs in a zip" },
            { value: "stack", label: "One stack", disabled: !canStack },
          ]}
          value={choice.form}
          onChange={(form) => onChoice({ ...wanted, form: form === "stack" ? "stack" : "zip" })}
        />
      </div>
      {choice.form === "zip" ? (
        ZIP_PARTS.map((part) => (
          <Menu.CheckboxItem
            key={part}
            classNames={{ itemIndicator: styles.box }}
            closeMenuOnClick={false}
            disabled={!possible.has(part)}
            checked={choice.parts.includes(part) && possible.has(part)}
            onChange={() => onChoice({ ...wanted, parts: toggled(wanted.parts, part) })}
          >
            {PART_NAMES[part]}
          </Menu.CheckboxItem>
        ))
      ) : (
        <Menu.RadioGroup value={choice.stackPart} onChange={(part) => onChoice({ ...wanted, stackPart: part as Part })}>
          {STACK_PARTS.map((part) => (
            <Menu.RadioItem
              key={part}
              value={part}
              classNames={{ itemIndicator: styles.dot }}
              closeMenuOnClick={false}
              disabled={!possible.has(part)}
            >
              {PART_NAMES[part]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      )}
      {values}
      <div className={styles.saveAll}>
        {missing && <p>{missing}</p>}
        <Button fullWidth variant="filled" disabled={parts.length === 0} onClick={save}>
          {choice.form === "zip" ? "Save the zip" : "Save the stack"}
        </Button>
      </div>
    </>
  );
}
