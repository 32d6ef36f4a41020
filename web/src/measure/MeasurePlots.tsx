// The measurements as plots: fractions, sizes, chord lengths, two-point correlation.

import { SegmentedControl } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ClassMeasures, Measurements } from "../api/measurements";
import { type Curve, outlineOf, type Point, pointsOf } from "./curves";
import { FractionBars } from "./FractionBars";
import styles from "./measure.module.css";
import { Plot } from "./Plot";

const curvesOf = (classes: readonly ClassMeasures[], points: (measured: ClassMeasures) => Point[]): Curve[] =>
  classes.map((each) => ({ id: each.id, name: each.name, colour: each.colour, points: points(each) }));

export function MeasurePlots({ measurements }: { measurements: Measurements }) {
  return (
    <div className={styles.plots}>
      <Figure title="Area fractions">
        <FractionBars classes={measurements.classes} />
      </Figure>
      <Sizes measurements={measurements} />
      <ChordLengths measurements={measurements} />
      <TwoPoint measurements={measurements} />
    </div>
  );
}

function Sizes({ measurements: { classes, unit } }: { measurements: Measurements }) {
  const [by, setBy] = useState<"shares" | "by_area">("shares");
  const choices = { shares: "by number", by_area: "by area" } as const;
  return (
    <Figure
      title="Sizes of regions"
      choice={<Choice label="Shares of regions" of={choices} value={by} onPick={setBy} />}
    >
      <Plot
        label={`Distribution of equivalent diameters ${choices[by]}`}
        curves={curvesOf(classes, ({ diameters }) => outlineOf(diameters, by))}
        xLabel={`Equivalent diameter (${unit})`}
        yLabel={`Share ${choices[by]}`}
      />
    </Figure>
  );
}

function ChordLengths({ measurements: { classes, unit } }: { measurements: Measurements }) {
  const [along, setAlong] = useState<"chords_x" | "chords_y">("chords_x");
  const choices = { chords_x: "along x", chords_y: "along y" } as const;
  return (
    <Figure
      title="Chord lengths"
      choice={<Choice label="Direction of chords" of={choices} value={along} onPick={setAlong} />}
    >
      <Plot
        label={`Distribution of chord lengths ${choices[along]}`}
        curves={curvesOf(classes, (each) => outlineOf(each[along], "shares"))}
        xLabel={`Chord length (${unit})`}
        yLabel="Share of chords"
      />
    </Figure>
  );
}

function TwoPoint({ measurements }: { measurements: Measurements }) {
  const [along, setAlong] = useState<"all" | "x" | "y">("all");
  const choices = { all: "all directions", x: "along x", y: "along y" } as const;
  const steps = { all: measurements.step, x: measurements.step_x, y: measurements.step_y };
  return (
    <Figure
      title="Two-point correlation"
      choice={<Choice label="Direction of the correlation" of={choices} value={along} onPick={setAlong} />}
    >
      <Plot
        label={`Two-point correlation, ${choices[along]}`}
        curves={curvesOf(measurements.classes, ({ correlation }) => pointsOf(correlation[along], steps[along]))}
        xLabel={`Distance r (${measurements.unit})`}
        yLabel="S₂(r)"
      />
    </Figure>
  );
}

function Figure({ title, choice, children }: { title: string; choice?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.figure} aria-label={title}>
      <div className={styles.figureHead}>
        <h3>{title}</h3>
        {choice}
      </div>
      {children}
    </section>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  of: Readonly<Record<Value, string>>;
  value: Value;
  onPick: (value: Value) => void;
}

function Choice<Value extends string>({ label, of, value, onPick }: ChoiceProps<Value>) {
  const data = (Object.keys(of) as Value[]).map((each) => ({ value: each, label: of[each] }));
  return <SegmentedControl<Value> size="xs" aria-label={label} data={data} value={value} onChange={onPick} />;
}
