// A plot of curves over one axis, both from 0: drawn as SVG in the width there is, with the values under the mouse.

import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useState } from "react";
import { shortNumber } from "../panels/wording/lengths";
import { type Curve, type Point, valueNear } from "./curves";
import styles from "./measure.module.css";
import { ticksTo } from "./ticks";

interface PlotProps {
  /** What is plotted, for those who do not see it. */
  label: string;
  curves: readonly Curve[];
  xLabel: string;
  yLabel: string;
}

const HEIGHT = 190;
const LEFT = 46;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 36;

interface Scales {
  x: (value: number) => number;
  y: (value: number) => number;
  xTicks: readonly number[];
  yTicks: readonly number[];
}

function scalesFor(curves: readonly Curve[], width: number): Scales {
  const points = curves.flatMap((curve) => curve.points);
  const xTicks = ticksTo(
    points.reduce((most, { x }) => Math.max(most, x), 0),
    width < 300 ? 3 : 5,
  );
  const yTicks = ticksTo(points.reduce((most, { y }) => Math.max(most, y), 0));
  const along = (ticks: readonly number[], value: number): number => value / (ticks.at(-1) ?? 1);
  return {
    x: (value) => LEFT + along(xTicks, value) * (width - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - along(yTicks, value) * (HEIGHT - TOP - BOTTOM),
    xTicks,
    yTicks,
  };
}

export function Plot({ label, curves, xLabel, yLabel }: PlotProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const drawn = curves.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return <p className={styles.nothing}>Nothing to show: no class has any.</p>;
  const scales = scalesFor(drawn, width);
  const follow = (event: PointerEvent<SVGSVGElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const share = (left - LEFT) / (width - LEFT - RIGHT);
    setAt(share < 0 || share > 1 ? null : share * (scales.xTicks.at(-1) ?? 1));
  };
  return (
    <div ref={ref} className={styles.plot}>
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={label}
          onPointerMove={follow}
          onPointerLeave={() => setAt(null)}
        >
          <Axes scales={scales} width={width} xLabel={xLabel} yLabel={yLabel} />
          {drawn.map(({ id, colour, points }) => (
            <polyline key={id} className={styles.curve} stroke={colour} points={coordinates(points, scales)} />
          ))}
          {at !== null && <Marker curves={drawn} at={at} scales={scales} width={width} />}
        </svg>
      )}
    </div>
  );
}

const coordinates = (points: readonly Point[], scales: Scales): string =>
  points.map(({ x, y }) => `${scales.x(x).toFixed(1)},${scales.y(y).toFixed(1)}`).join(" ");

interface AxesProps {
  scales: Scales;
  width: number;
  xLabel: string;
  yLabel: string;
}

function Axes({ scales, width, xLabel, yLabel }: AxesProps) {
  const floor = HEIGHT - BOTTOM;
  return (
    <g className={styles.axes}>
      {scales.yTicks.map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={width - RIGHT} y1={scales.y(tick)} y2={scales.y(tick)} data-base={tick === 0} />
          <text x={LEFT - 6} y={scales.y(tick) + 4} textAnchor="end">
            {shortNumber(tick)}
          </text>
        </g>
      ))}
      {scales.xTicks.map((tick) => (
        <text key={tick} x={scales.x(tick)} y={floor + 15} textAnchor="middle">
          {shortNumber(tick)}
        </text>
      ))}
      <text x={(LEFT + width - RIGHT) / 2} y={HEIGHT - 3} textAnchor="middle">
        {xLabel}
      </text>
      <text transform={`translate(11 ${(TOP + floor) / 2}) rotate(-90)`} textAnchor="middle">
        {yLabel}
      </text>
    </g>
  );
}

interface MarkerProps {
  curves: readonly Curve[];
  at: number;
  scales: Scales;
  width: number;
}

/** A line at the mouse, and what the curves are there. */
function Marker({ curves, at, scales, width }: MarkerProps) {
  const x = scales.x(at);
  const values = curves.flatMap((curve) => {
    const near = valueNear(curve.points, at);
    return near ? [{ ...curve, y: near.y }] : [];
  });
  const isRight = x > width / 2;
  return (
    <g className={styles.marker}>
      <line x1={x} x2={x} y1={TOP} y2={HEIGHT - BOTTOM} />
      <text x={isRight ? x - 6 : x + 6} y={TOP + 10} textAnchor={isRight ? "end" : "start"}>
        {shortNumber(at)}
      </text>
      {values.map(({ id, name, y }, row) => (
        <text key={id} x={isRight ? x - 6 : x + 6} y={TOP + 24 + 14 * row} textAnchor={isRight ? "end" : "start"}>
          {`${name}: ${shortNumber(y)}`}
        </text>
      ))}
    </g>
  );
}
