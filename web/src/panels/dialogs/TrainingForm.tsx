// How the forest learns.

import { NumberInput, Select, Switch } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../state/contract";
import styles from "./settings.module.css";
import { BALANCES, BOUNDS, balanceOf, CLASSIFIERS, classifierOf } from "./settingsDraft";

type Training = Schemas["TrainingBody"];

interface TrainingFormProps {
  training: Training;
  onChange: (training: Training) => void;
}

const DEFAULT_POINTS = 50_000;
const DEFAULT_FEATURES = 2;

export function TrainingForm({ training, onChange }: TrainingFormProps) {
  const [points, setPoints] = useState(training.points ?? DEFAULT_POINTS);
  const all = training.points === null;
  return (
    <section className={styles.group} aria-label="Training">
      <h3 className={styles.heading}>Training</h3>
      <Select
        label="Classifier"
        description={classifierOf(training.classifier).summary}
        allowDeselect={false}
        data={CLASSIFIERS.map(({ id, name }) => ({ value: id, label: name }))}
        value={training.classifier}
        onChange={(id) => {
          const chosen = CLASSIFIERS.find((classifier) => classifier.id === id);
          if (chosen) onChange({ ...training, classifier: chosen.id });
        }}
      />
      <div className={styles.pair}>
        <NumberInput
          label="Training points"
          description="Labelled pixels that are used, at most"
          {...BOUNDS.points}
          thousandSeparator=","
          allowDecimal={false}
          disabled={all}
          value={points}
          onChange={(value) => {
            if (typeof value !== "number") return;
            setPoints(value);
            if (value >= BOUNDS.points.min && value <= BOUNDS.points.max) onChange({ ...training, points: value });
          }}
        />
        <Switch
          label="All labelled pixels"
          checked={all}
          onChange={(event) => onChange({ ...training, points: event.currentTarget.checked ? null : points })}
        />
      </div>
      <Select
        label="Classes count"
        description={balanceOf(training.balance).summary}
        allowDeselect={false}
        data={BALANCES.map(({ id, name }) => ({ value: id, label: name }))}
        value={training.balance}
        onChange={(id) => {
          const chosen = BALANCES.find((balance) => balance.id === id);
          if (chosen) onChange({ ...training, balance: chosen.id });
        }}
      />
      <Switch
        label="Trees of three reaches"
        description="Some trees look at small scales only, and strokes decide how many: better with few labels"
        disabled={training.classifier === "boosting"}
        checked={training.reach === "graded"}
        onChange={(event) => onChange({ ...training, reach: event.currentTarget.checked ? "graded" : "whole" })}
      />
      <div className={styles.triple}>
        <WholeNumber label="Trees" field="trees" training={training} onChange={onChange} />
        <WholeNumber label="Depth" field="depth" training={training} onChange={onChange} />
        <WholeNumber label="Samples in a leaf" field="min_leaf" training={training} onChange={onChange} />
      </div>
      <FeaturesPerSplit training={training} onChange={onChange} />
      <div className={styles.triple}>
        <WholeNumber label="Seed" field="seed" training={training} onChange={onChange} />
      </div>
      <p className={styles.explanation}>
        More trees give a calmer result and take longer. Deeper trees learn finer differences, and also mistakes; more
        samples in a leaf keep them from it. The same seed, labels and settings give the same result again.
      </p>
    </section>
  );
}

function FeaturesPerSplit({ training, onChange }: TrainingFormProps) {
  const chosen = training.features_per_split;
  const [number, setNumber] = useState(chosen === "sqrt" ? DEFAULT_FEATURES : chosen);
  const all = training.classifier === "boosting";
  return (
    <div className={styles.pair}>
      <NumberInput
        label="Features per split"
        description={all ? "Boosting looks at all of them" : "Drawn anew each time a tree asks"}
        {...BOUNDS.features_per_split}
        allowDecimal={false}
        disabled={all || chosen === "sqrt"}
        value={number}
        onChange={(value) => {
          if (typeof value !== "number") return;
          setNumber(value);
          const { min, max } = BOUNDS.features_per_split;
          if (value >= min && value <= max) onChange({ ...training, features_per_split: value });
        }}
      />
      <Switch
        label="Square root of their number"
        disabled={all}
        checked={chosen === "sqrt"}
        onChange={(event) =>
          onChange({ ...training, features_per_split: event.currentTarget.checked ? "sqrt" : number })
        }
      />
    </div>
  );
}

interface WholeNumberProps extends TrainingFormProps {
  label: string;
  field: "trees" | "depth" | "min_leaf" | "seed";
}

function WholeNumber({ label, field, training, onChange }: WholeNumberProps) {
  const { min, max } = BOUNDS[field];
  return (
    <NumberInput
      label={label}
      min={min}
      max={max}
      allowDecimal={false}
      hideControls={false}
      value={training[field]}
      onChange={(value) => {
        if (typeof value === "number" && value >= min && value <= max) onChange({ ...training, [field]: value });
      }}
    />
  );
}
