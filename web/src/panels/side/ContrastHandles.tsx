// A histogram over a slider with two handles.

import { RangeSlider } from "@mantine/core";
import { useEffect, useState } from "react";
import { useEditor } from "../../app/editorContext";
import { formatValue } from "../wording/numbers";
import { type GreyWindow, histogramPath } from "./contrastWindow";
import styles from "./side.module.css";

const WIDTH = 240;
const HEIGHT = 56;
/** Tiles arrive in bursts; the histogram follows after each. */
const SETTLED_MS = 300;

interface ContrastHandlesProps {
  channels: number[];
  range: GreyWindow;
  step: number;
  window: GreyWindow;
  onChange: (window: GreyWindow) => void;
}

export function ContrastHandles({ channels, range, step, window, onChange }: ContrastHandlesProps) {
  const paths = useHistograms(channels);
  const x = (value: number): number => ((value - range.low) / (range.high - range.low || 1)) * WIDTH;
  return (
    <div className={styles.histogram}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className={styles.histogramPlot}>
        <rect
          x={x(window.low)}
          y={0}
          width={Math.max(0, x(window.high) - x(window.low))}
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
        value={[window.low, window.high]}
        onChange={([low, high]) => onChange({ low, high })}
        thumbFromLabel="Grey value shown black"
        thumbToLabel="Grey value shown white"
        thumbValueText={formatValue}
      />
    </div>
  );
}

/** Outlines of the channels' histograms; counted again when tiles arrived. */
function useHistograms(channels: number[]): string[] {
  const editor = useEditor();
  const [paths, setPaths] = useState<string[]>([]);
  const key = channels.join();
  useEffect(() => {
    const count = (): void =>
      setPaths(key.split(",").map((channel) => histogramPath(editor.histogram(Number(channel)), WIDTH, HEIGHT)));
    let timer = 0;
    const later = (): void => {
      clearTimeout(timer);
      timer = setTimeout(count, SETTLED_MS);
    };
    count();
    const stop = editor.onViewChange(later);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [editor, key]);
  return paths;
}
