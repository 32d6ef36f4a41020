// The slim row over the canvas: the class that is drawn with, and the options of the active tool.

import { ActionIcon, Button, Slider, Tooltip } from "@mantine/core";
import { IconLayoutSidebarRightCollapse, IconLayoutSidebarRightExpand } from "@tabler/icons-react";
import { useEditor, useEditorState } from "../app/editorContext";
import type { ToolId } from "../state/contract";
import { mayChange } from "../state/rights";
import { toolInUse } from "../state/toolInUse";
import { crop } from "./crop";
import { NoticeList } from "./NoticeList";
import styles from "./optionRow.module.css";
import { OverwriteSwitch, PreferenceSwitch } from "./PreferenceSwitch";
import { SmartOptions } from "./SmartOptions";
import { shortcutOf } from "./shortcuts";
import { useUi } from "./uiState";

import { formatCount } from "./wording/numbers";

export function OptionRow() {
  const tool = useEditorState(toolInUse);
  const postProcess = useEditorState((state) => state.postProcess);
  const may = useEditorState(mayChange);
  return (
    <section className={styles.row} aria-label="Tool options" data-post-process={postProcess}>
      <ToolOptions tool={tool} />
      <div className={styles.spring} />
      {may && <PostProcessSwitch />}
      <PanelToggle />
      {(tool === "crop" || tool === "smart") && (
        <div className={styles.notices}>
          <NoticeList places={[tool]} />
        </div>
      )}
    </section>
  );
}

function ToolOptions({ tool }: { tool: ToolId }) {
  switch (tool) {
    case "smart":
      return (
        <>
          <ActiveClass />
          <SmartOptions />
        </>
      );
    case "brush":
      return (
        <>
          <ActiveClass />
          <WidthSlider />
          <OverwriteSwitch />
        </>
      );
    case "polygon":
      return (
        <>
          <ActiveClass />
          <OverwriteSwitch />
          <Hint>Click corners; click the first one or right-click to close</Hint>
        </>
      );
    case "rectangle":
      return (
        <>
          <ActiveClass />
          <OverwriteSwitch />
          <Hint>Drag from corner to corner</Hint>
        </>
      );
    case "fill":
      return (
        <>
          <ActiveClass />
          <ToleranceSlider />
          <OverwriteSwitch />
        </>
      );
    case "eraser":
      return (
        <>
          <ActiveClass />
          <WidthSlider />
          <PreferenceSwitch
            preference="eraseAllClasses"
            label="All classes"
            explanation="Erase labels of every class, not only of the chosen one"
          />
        </>
      );
    case "pan":
      return <Hint>Drag to move the image; turn the wheel to zoom</Hint>;
    case "crop":
      return <CropOptions />;
  }
}

function Hint({ children }: { children: string }) {
  return <span className={styles.hint}>{children}</span>;
}

function ActiveClass() {
  const active = useEditorState((state) => state.project?.classes.find(({ id }) => id === state.activeClassId));
  if (!active) return null;
  return (
    <span className={styles.active}>
      <span className={styles.swatch} style={{ background: active.colour }} />
      <span className={styles.activeName}>{active.name}</span>
    </span>
  );
}

/** Widths grow by equal factors along the slider, so that 1 to 10 px have as much room as 20 to 200 px. */
const MAX_RADIUS = 256;
const toSlider = (radius: number): number => Math.log2(radius * 2);
const fromSlider = (value: number): number => Math.max(1, Math.round(2 ** value)) / 2;

function WidthSlider() {
  const editor = useEditor();
  const radius = useEditorState((state) => state.brushRadiusPx);
  const width = Math.max(1, Math.round(radius * 2));
  return (
    <Tooltip label={`Width in image pixels · ${shortcutOf("narrower")} ${shortcutOf("wider")}`}>
      <div className={styles.slider}>
        <span>Width</span>
        <Slider
          w={120}
          min={0}
          max={Math.log2(MAX_RADIUS * 2)}
          step={0.05}
          value={toSlider(Math.max(0.5, radius))}
          onChange={(value) => editor.set({ brushRadiusPx: fromSlider(value) })}
          thumbLabel="Width"
          thumbValueText={`${width} px`}
        />
        <output className={styles.number}>{width} px</output>
      </div>
    </Tooltip>
  );
}

function ToleranceSlider() {
  const editor = useEditor();
  const tolerance = useEditorState((state) => state.fillTolerance);
  return (
    <Tooltip label="How much the grey may differ from the clicked pixel, in steps of the displayed 256">
      <div className={styles.slider}>
        <span>Tolerance</span>
        <Slider
          w={120}
          min={0}
          max={128}
          value={tolerance}
          onChange={(fillTolerance) => editor.set({ fillTolerance })}
          thumbLabel="Tolerance"
        />
        <output className={styles.number}>{tolerance}</output>
      </div>
    </Tooltip>
  );
}

function PostProcessSwitch() {
  const possible = useEditorState((state) => state.result?.state === "complete" || state.postProcess);
  return (
    <PreferenceSwitch
      preference="postProcess"
      label="Post-process"
      disabled={!possible}
      explanation={
        possible
          ? "Tools edit the segmentation itself; labels stay as they are. What is saved is the edited segmentation."
          : "Edits the segmentation itself, once there is one: train first."
      }
    />
  );
}

function CropOptions() {
  const editor = useEditor();
  const rectangle = useEditorState((state) => state.cropRectangle);
  if (!rectangle) return <Hint>Drag a rectangle to keep only that region, as a new project</Hint>;
  const size = `${formatCount(rectangle.right - rectangle.left)} × ${formatCount(rectangle.bottom - rectangle.top)} px`;
  return (
    <>
      <span role="status">{size}</span>
      <Button variant="filled" onClick={() => void crop(editor)}>
        Crop to a new project
      </Button>
      <Button variant="subtle" color="gray" onClick={editor.cancelCrop}>
        Cancel
      </Button>
      <Hint>Enter or Esc</Hint>
    </>
  );
}

function PanelToggle() {
  const open = useUi((ui) => ui.panelOpen);
  const toggle = useUi((ui) => ui.togglePanel);
  const Icon = open ? IconLayoutSidebarRightCollapse : IconLayoutSidebarRightExpand;
  const label = open ? "Hide panel" : "Show panel";
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} aria-expanded={open} onClick={toggle}>
        <Icon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
