// The measured numbers: a row for each of them, a column for each class.

import type { ReactNode } from "react";
import type { ClassMeasures, Measurements } from "../api/measurements";
import { shortNumber } from "../panels/wording/lengths";
import { formatCount, formatShare } from "../panels/wording/numbers";
import styles from "./measure.module.css";

interface Row {
  name: string;
  unit: (unit: string) => string;
  of: (measured: ClassMeasures) => ReactNode;
}

const number = (value: number | null): string => (value === null ? "–" : shortNumber(value));
const plain = (): string => "";
const length = (unit: string): string => unit;

const ROWS: readonly Row[] = [
  { name: "Area fraction", unit: plain, of: ({ fraction }) => formatShare(fraction, 2) },
  { name: "Area", unit: (unit) => `${unit}²`, of: ({ area }) => number(area) },
  { name: "Regions", unit: plain, of: ({ regions }) => formatCount(regions) },
  { name: "… at the border", unit: plain, of: ({ regions_at_border }) => formatCount(regions_at_border) },
  { name: "… that count for sizes", unit: plain, of: ({ sizes }) => formatCount(sizes.count) },
  { name: "Equivalent diameter, mean", unit: length, of: ({ sizes }) => number(sizes.mean) },
  { name: "… standard deviation", unit: length, of: ({ sizes }) => number(sizes.deviation) },
  { name: "… median", unit: length, of: ({ sizes }) => number(sizes.median) },
  { name: "… d10", unit: length, of: ({ sizes }) => number(sizes.d10) },
  { name: "… d90", unit: length, of: ({ sizes }) => number(sizes.d90) },
  { name: "… mean by area", unit: length, of: ({ sizes }) => number(sizes.area_mean) },
  { name: "Perimeter per area", unit: (unit) => `1/${unit}`, of: (each) => number(each.perimeter_per_area) },
  { name: "Mean chord along x", unit: length, of: (each) => number(each.mean_chord_x) },
  { name: "Mean chord along y", unit: length, of: (each) => number(each.mean_chord_y) },
];

export function MeasureTable({ measurements: { classes, unit } }: { measurements: Measurements }) {
  return (
    <section className={styles.tableFrame} aria-label="Measured numbers">
      <table className={styles.table} aria-label="Measurements">
        <thead>
          <tr>
            <th scope="col">Measure</th>
            {classes.map(({ id, name, colour }) => (
              <th key={id} scope="col" title={name}>
                <span className={styles.dot} style={{ background: colour }} />
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(({ name, unit: unitOf, of }) => (
            <tr key={name}>
              <th scope="row">
                {name} <span>{unitOf(unit)}</span>
              </th>
              {classes.map((each) => (
                <td key={each.id}>{of(each)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
