// The sheet that measures the segmentation of the image that is shown: settings, progress, plots, numbers, CSV.

import { Button, Menu, SegmentedControl } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../api/error";
import { type MeasureBody, type TableName, tableUrl } from "../api/measurements";
import { useEditor, useEditorParts } from "../app/editorContext";
import { Sheet } from "../panels/dialogs/Sheet";
import { saveFromAddress } from "../panels/top/saveFromAddress";
import { MeasurePlots } from "./MeasurePlots";
import { MeasureTable } from "./MeasureTable";
import styles from "./measure.module.css";
import { type Measured, measure } from "./measuring";

type Settings = Pick<MeasureBody, "connectivity" | "border_regions">;

const TABLES: { table: TableName; words: string }[] = [
  { table: "classes", words: "Numbers of each class" },
  { table: "regions", words: "Every region" },
  { table: "chords", words: "Chord lengths" },
  { table: "correlation", words: "Two-point correlation" },
];

/** What the segmentation is now, in short: other words mean that it has to be measured anew. */
function useSegmentation() {
  return useEditorParts(({ image, result, project, images }) => ({
    image,
    name: images.length > 1 ? (images.find(({ id }) => id === image)?.name ?? "") : "",
    isThere: result?.state === "complete",
    now: JSON.stringify([result?.id, result?.state, result?.fractions.map(({ edited }) => edited)]),
    size: JSON.stringify(project?.image.pixel_size ?? null),
  }));
}

export default function MeasureSheet({ projectId, onClose }: { projectId: string; onClose: () => void }) {
  const editor = useEditor();
  const { image, name, isThere, now, size } = useSegmentation();
  const [settings, setSettings] = useState<Settings>({ connectivity: 8, border_regions: "leave_out" });
  const [progress, setProgress] = useState(0);
  const found = useQuery<Measured>({
    queryKey: ["measurements", projectId, image, now, size, settings],
    queryFn: async ({ signal }) => {
      await editor.whenStored();
      return measure(projectId, { ...settings, image, longest_px: 256 }, { signal, onProgress: setProgress });
    },
    enabled: isThere,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const footer = found.data && <SaveTables projectId={projectId} jobId={found.data.jobId} />;
  return (
    <Sheet title={name ? `Measure ${name}` : "Measure"} width={760} onClose={onClose} footer={footer}>
      <MeasureSettings settings={settings} onChange={setSettings} />
      {!isThere && <p role="status">The image has no complete segmentation. Train first.</p>}
      {found.isFetching && <MeasureProgress share={progress} />}
      {found.error && !found.isFetching && (
        <div role="alert" className={styles.failure}>
          <p>{found.error instanceof ApiError ? `${found.error.message} ${found.error.hint}` : found.error.message}</p>
          <Button onClick={() => void found.refetch()}>Measure again</Button>
        </div>
      )}
      {found.data && isThere && <Found measured={found.data} />}
    </Sheet>
  );
}

function Found({ measured: { measurements } }: { measured: Measured }) {
  return (
    <>
      {measurements.unit === "px" && (
        <p className={styles.hint}>
          The size of a pixel is not known, so that lengths are in pixels. It can be set in the panel beside the image.
        </p>
      )}
      <MeasurePlots measurements={measurements} />
      <MeasureTable measurements={measurements} />
    </>
  );
}

function MeasureSettings({ settings, onChange }: { settings: Settings; onChange: (settings: Settings) => void }) {
  return (
    <div className={styles.settings}>
      <div className={styles.setting}>
        <span>Pixels that touch at a corner</span>
        <SegmentedControl
          aria-label="Pixels that touch at a corner"
          data={[
            { value: "8", label: "one region" },
            { value: "4", label: "two regions" },
          ]}
          value={String(settings.connectivity)}
          onChange={(value) => onChange({ ...settings, connectivity: value === "8" ? 8 : 4 })}
        />
      </div>
      <div className={styles.setting}>
        <span>Sizes of regions at the border</span>
        <SegmentedControl
          aria-label="Sizes of regions at the border"
          data={[
            { value: "leave_out", label: "left out" },
            { value: "keep", label: "counted" },
          ]}
          value={settings.border_regions}
          onChange={(value) => onChange({ ...settings, border_regions: value === "keep" ? "keep" : "leave_out" })}
        />
      </div>
    </div>
  );
}

function MeasureProgress({ share }: { share: number }) {
  return (
    <div className={styles.progressFrame}>
      <span role="status">Measuring…</span>
      <div
        className={styles.progress}
        role="progressbar"
        aria-label="Progress of measuring"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <div style={{ transform: `scaleX(${share})` }} />
      </div>
    </div>
  );
}

function SaveTables({ projectId, jobId }: { projectId: string; jobId: string }) {
  const editor = useEditor();
  return (
    <Menu position="top-start" width={230}>
      <Menu.Target>
        <Button rightSection={<IconChevronDown size={14} aria-hidden />}>Save CSV</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {TABLES.map(({ table, words }) => (
          <Menu.Item key={table} onClick={() => void saveFromAddress(editor, tableUrl(projectId, jobId, table))}>
            {words}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
