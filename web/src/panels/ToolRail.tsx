// The rail on the left: one button for each tool, with name and key as its tooltip.

import { Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconBrush,
  IconBucketDroplet,
  IconCrop,
  IconEraser,
  IconHandStop,
  IconPolygon,
  IconRectangle,
  IconSparkles,
  type TablerIcon,
} from "@tabler/icons-react";
import { useEditor, useEditorState } from "../app/editorContext";
import type { ToolId } from "../state/contract";
import { LOOKING_TOOLS, mayChange } from "../state/rights";
import { toolInUse } from "../state/toolInUse";
import { shortcutOf } from "./shortcuts";
import styles from "./toolRail.module.css";

interface RailTool {
  id: ToolId;
  name: string;
  icon: TablerIcon;
}

/** In the order in which they are used: mark, take away, look, keep a part. */
export const RAIL: readonly (readonly RailTool[])[] = [
  [
    { id: "smart", name: "Smart labelling", icon: IconSparkles },
    { id: "brush", name: "Brush", icon: IconBrush },
    { id: "polygon", name: "Polygon", icon: IconPolygon },
    { id: "rectangle", name: "Rectangle", icon: IconRectangle },
    { id: "fill", name: "Fill", icon: IconBucketDroplet },
    { id: "eraser", name: "Eraser", icon: IconEraser },
  ],
  [
    { id: "pan", name: "Move", icon: IconHandStop },
    { id: "crop", name: "Crop", icon: IconCrop },
  ],
];

export function ToolRail() {
  const editor = useEditor();
  const active = useEditorState(toolInUse);
  const may = useEditorState(mayChange);
  const shown = RAIL.map((group) => group.filter(({ id }) => may || LOOKING_TOOLS.has(id))).filter(
    (group) => group.length > 0,
  );
  return (
    <div className={styles.rail} role="toolbar" aria-label="Tools" aria-orientation="vertical" data-tour="tools">
      {shown.map((group) => (
        <div key={group[0]?.id} className={styles.group}>
          {group.map(({ id, name, icon: Icon }) => (
            <Tooltip key={id} label={`${name} · ${shortcutOf(id)}`} position="right">
              <UnstyledButton
                className={styles.tool}
                aria-label={name}
                aria-pressed={active === id}
                onClick={() => editor.set({ tool: id })}
              >
                <Icon size={20} stroke={1.6} aria-hidden />
              </UnstyledButton>
            </Tooltip>
          ))}
        </div>
      ))}
    </div>
  );
}
