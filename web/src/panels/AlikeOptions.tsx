// "Label all like this": the button that looks for regions like the class's, and what is chosen among them.

import { Button, Loader, Slider, Tooltip } from "@mantine/core";
import { useEditor, useEditorState } from "../app/editorContext";
import type { AlikeStatus } from "../state/contract";
import styles from "./optionRow.module.css";
import { shortcutOf } from "./shortcuts";
import { formatCount } from "./wording/numbers";

export function AlikeButton() {
  const editor = useEditor();
  const possible = useEditorState((state) => (state.labelledPixels[state.activeClassId] ?? 0) > 0);
  const words = possible
    ? `Label all in view that is like what this class holds · ${shortcutOf("alike")}`
    : "Label one or two regions of this class first, as examples";
  return (
    <Tooltip label={words}>
      <Button
        className={styles.clear}
        size="compact-sm"
        aria-label="Label all like this"
        aria-disabled={!possible}
        data-disabled={!possible}
        onClick={() => possible && void editor.findAlike()}
      >
        All like this
      </Button>
    </Tooltip>
  );
}

export function AlikeOptions({ alike }: { alike: AlikeStatus }) {
  const editor = useEditor();
  switch (alike.kind) {
    case "searching":
      return (
        <span className={styles.held} role="status">
          <Loader size={12} color="gray" aria-hidden /> Looking for what is alike…
        </span>
      );
    case "proposed":
      return (
        <>
          <span className={styles.slider}>
            <span>Alike</span>
            <Slider
              w={110}
              min={Math.floor(100 * alike.lowest)}
              max={100}
              value={Math.round(100 * alike.threshold)}
              onChange={(value) => editor.setAlikeThreshold(value / 100)}
              thumbLabel="How alike at least"
              thumbValueText={`${Math.round(100 * alike.threshold)} %`}
            />
          </span>
          <span role="status">
            {formatCount(alike.count)} {alike.count === 1 ? "region" : "regions"}
          </span>
          <Button className={styles.clear} size="compact-sm" variant="filled" onClick={editor.acceptAlike}>
            Label all
          </Button>
          <Button className={styles.clear} size="compact-sm" variant="subtle" color="gray" onClick={editor.dropAlike}>
            Cancel
          </Button>
          <span className={styles.hint}>A click leaves a region out</span>
        </>
      );
  }
}
