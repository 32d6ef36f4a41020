// A switch for one of the editor's preferences.

import { Switch, Tooltip } from "@mantine/core";
import { useEditor, useEditorState } from "../app/editorContext";
import type { EditorPreferences } from "../state/contract";

interface PreferenceSwitchProps {
  preference: keyof EditorPreferences & ("overwrite" | "eraseAllClasses" | "postProcess");
  label: string;
  explanation: string;
  disabled?: boolean;
}

export function PreferenceSwitch({ preference, label, explanation, disabled = false }: PreferenceSwitchProps) {
  const editor = useEditor();
  const checked = useEditorState((state) => state[preference]);
  return (
    <Tooltip label={explanation} multiline maw={280}>
      <div>
        <Switch
          label={label}
          checked={checked}
          disabled={disabled}
          onChange={(event) => editor.set({ [preference]: event.currentTarget.checked })}
        />
      </div>
    </Tooltip>
  );
}

export const OverwriteSwitch = () => (
  <PreferenceSwitch
    preference="overwrite"
    label="Overwrite"
    explanation="Off: pixels that have a label keep it. On: the new label wins."
  />
);
