// A histogram over a slider with two handles.

import { RangeSlider } from "@mantine/core";
import { useEffect, useState } from "react";
import { useEditor } from "../../app/editorContext";
import { formatValue } from "../wording/numbers";
import { type GreyWindow, histogramPath, rebinned } from "./contrastWindow";
import styles from "./side.module.css";

const WIDTH = 240;
const HEIGHT = 56;
/** Tiles arrive in bursts; the histogram follows after each. */
const SETTLED_MS = 300;
/** A coarse level is there first; the second count sees the level that fills the view. */
const RECOUNTS = 3;

interface ContrastHandlesProps {
  channels: number[];
  range: GreyWindow;
  step: number;
  isInteger: boolean;
  window: GreyWindow;
  onChange: (window: GreyWindow) => void;
}

export function ContrastHandles({ channels, range, step, isInteger, window: shown, onChange }: ContrastHandlesProps) {
  const paths = useHistograms(channels, range, isInteger);
  const x = (value: number): number => ((value - range.low) / (range.high - range.low || 1)) * WIDTH;
  return (
    <div className={styles.histogram}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className={styles.histogramPlot}>
        <rect
          x={x(shown.low)}
          y={0}
          width={Math.max(0, x(shown.high) - x(shown.low))}
          height={HEIGHT}
          className={styles.histogramWindow}
        />
        {paths.map((path, index) => (
          <path
            key={channels[index]}
            d={path}
            className={styles.histogramArea}
            data-channel={channels.length > 1 ? channels[index] : undefined}
          />
        ))}
      </svg>
      <RangeSlider
        size={3}
        thumbSize={12}
        label={null}
        min={range.low}
        max={range.high}
        step={step}
        minRange={step}
        value={[shown.low, shown.high]}
        onChange={([low, high]) => onChange({ low, high })}
        thumbFromLabel="Grey value shown black"
        thumbToLabel="Grey value shown white"
        thumbValueText={formatValue}
      />
    </div>
  );
}

/** Outlines of the channels' histograms. */
function useHistograms(channels: number[], range: GreyWindow, isInteger: boolean): string[] {
  const editor = useEditor();
  const [counts, setCounts] = useState<Float64Array[]>([]);
  const key = channels.join();
  useEffect(() => {
    let recounts = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = (): void => {
      const counted = key.split(",").map((channel) => editor.histogram(Number(channel)));
      setCounts(counted);
      if (counted.every((bins) => bins.some((bin) => bin > 0)) && ++recounts === RECOUNTS) stop();
    };
    // Counting takes as long as drawing: it waits for a pause, and ends once the view's own tiles were counted.
    const stop = editor.onViewChange(() => {
      clearTimeout(timer);
      timer = setTimeout(count, SETTLED_MS);
    });
    count();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [editor, key]);
  return counts.map((bins) => histogramPath(rebinned(bins, range, isInteger), WIDTH, HEIGHT));
}
