// "8-bit 2048 × 1536": opens what was understood of the file.

import { Popover, UnstyledButton } from "@mantine/core";
import { useEditorState } from "../app/editorContext";
import type { Schemas } from "../state/contract";
import styles from "./statusBar.module.css";
import { formatCount, formatValue } from "./wording/numbers";

type Image = Schemas["ImageDescription"];

function depthText({ dtype, bits, channels, is_rgb }: Image): string {
  const depth = dtype.startsWith("float") ? `${bits}-bit float` : `${bits}-bit`;
  if (is_rgb) return `${depth} colour`;
  return channels > 1 ? `${depth}, ${channels} channels` : depth;
}

function facts(image: Image): [string, string][] {
  const range = image.value_range.map(({ low, high }) => `${formatValue(low)} to ${formatValue(high)}`);
  const rows: [string, string][] = [
    ["File", image.file_name],
    ["Format", image.pages > 1 ? `${image.format}, page ${image.page + 1} of ${image.pages}` : image.format],
    ["Size", `${formatCount(image.width)} × ${formatCount(image.height)} px`],
    ["Kind of values", image.dtype],
    ["Range of values", range.join("; ")],
  ];
  if (image.channels > 1) rows.push(["Channels", image.channel_names.join(", ")]);
  if (image.nan_count > 0) rows.push(["Pixels without value", formatCount(image.nan_count)]);
  if (image.inf_count > 0) rows.push(["Infinite pixels", formatCount(image.inf_count)]);
  return rows;
}

export function ImageDetails() {
  const image = useEditorState((state) => state.project?.image ?? null);
  if (!image) return null;
  return (
    <Popover position="top-end">
      <Popover.Target>
        <UnstyledButton className={styles.item} aria-label="About the image file">
          {depthText(image)} {image.width} × {image.height}
          {image.notes.length > 0 && ` · ${image.notes.length === 1 ? "1 note" : `${image.notes.length} notes`}`}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={12} maw={360}>
        <dl className={styles.details}>
          {facts(image).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {image.notes.map((note) => (
          <p key={note} className={styles.note}>
            {note}
          </p>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
