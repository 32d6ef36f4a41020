// The options of smart labelling: scale, points that hold the suggestion, and what gives the suggestions.

import { Button, Loader, SegmentedControl, Tooltip, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useEditor, useEditorState } from "../app/editorContext";
import { SCALES, type ScaleChoice } from "../smart/suggestion";
import { AlikeButton, AlikeOptions } from "./AlikeOptions";
import { useSmartModels } from "./dialogs/smartModelQuery";
import styles from "./optionRow.module.css";
import { OverwriteSwitch } from "./PreferenceSwitch";
import { shortcutOf } from "./shortcuts";
import { useUi } from "./uiState";

export function SmartOptions() {
  const alike = useEditorState((state) => state.alike);
  if (alike) return <AlikeOptions alike={alike} />;
  return (
    <>
      <ScaleControl />
      <Held />
      <SuggesterState />
      <OverwriteSwitch />
    </>
  );
}

const CHOICES = [
  { letter: "Auto", name: "Likeliest", value: "best" },
  ...SCALES.map(({ letter, name }, index) => ({ letter, name, value: String(index) })),
];

function ScaleControl() {
  const editor = useEditor();
  const scale = useEditorState((state) => state.smartScale);
  return (
    <Tooltip
      label={`The likeliest at each place, or always small, medium or large · right click, or ${shortcutOf("nextScale")}, goes round`}
    >
      <SegmentedControl
        className={styles.scales ?? ""}
        size="xs"
        aria-label="Scale of the suggestion"
        value={String(scale)}
        onChange={(value) => editor.set({ smartScale: value === "best" ? value : (Number(value) as ScaleChoice) })}
        data={CHOICES.map(({ letter, name, value }) => ({
          value,
          label: (
            <>
              <span aria-hidden>{letter}</span>
              <span className={styles.unseen}>{name}</span>
            </>
          ),
        }))}
      />
    </Tooltip>
  );
}

/** What holds the suggestion in its place, or what would. */
function Held() {
  const editor = useEditor();
  const points = useEditorState((state) => state.smart.points);
  const hasBox = useEditorState((state) => state.smart.hasBox);
  if (points === 0 && !hasBox) {
    return (
      <>
        <span className={styles.hint}>Shift or Alt+click corrects; drag a box</span>
        <AlikeButton />
      </>
    );
  }
  const words = [hasBox && "box", points > 0 && `${points} ${points === 1 ? "point" : "points"}`].filter(Boolean);
  return (
    <span className={styles.held}>
      <span role="status">{words.join(", ")}</span>
      <Button
        className={styles.clear}
        variant="subtle"
        color="gray"
        size="compact-xs"
        onClick={editor.clearSmartPoints}
      >
        Clear
      </Button>
      <span className={styles.hint}>Enter labels · Backspace takes one back</span>
    </span>
  );
}

function SuggesterState() {
  const openSheet = useUi((ui) => ui.openSheet);
  const model = useEditorState((state) => state.smartModel);
  const preparing = useEditorState((state) => state.smart.preparing.length > 0);
  const progress = useEditorState((state) => state.smart.progress);
  const learned = useEditorState((state) => state.smart.learned && state.smart.model === "builtin");
  const models = useSmartModels(model !== "builtin");
  const title = models.data?.find(({ name }) => name === model)?.title ?? model;
  const name = model === "builtin" ? (learned ? "Built in, learning" : "Built in") : title;
  const share = progress?.fraction == null ? "" : ` ${Math.round(progress.fraction * 100)} %`;
  return (
    <Tooltip label="What gives the suggestions: choose, download">
      <UnstyledButton
        className={styles.suggester}
        aria-label={`Suggestions: ${name}. Choose`}
        onClick={() => openSheet({ kind: "suggestions" })}
      >
        {preparing && <Loader size={12} color="gray" aria-hidden />}
        <span className={styles.suggesterName}>{name}</span>
        <IconChevronDown size={13} aria-hidden className={styles.chevron} />
        <span role="status" className={preparing ? styles.preparing : styles.unseen}>
          {preparing ? `preparing…${share}` : ""}
        </span>
      </UnstyledButton>
    </Tooltip>
  );
}
