// Which families of features, at which scales.

import { SegmentedControl, Select, TagsInput } from "@mantine/core";
import type { Schemas } from "../../state/contract";
import { FamilyList } from "./FamilyList";
import { RecipeFile } from "./RecipeFile";
import styles from "./settings.module.css";
import { BOUNDS, conventionText, parsedScales, presetOf, type Recipe, toggledFamily } from "./settingsDraft";

interface RecipeFormProps {
  table: Schemas["FeatureTable"];
  recipe: Recipe;
  onChange: (recipe: Recipe) => void;
}

const CUSTOM = "custom";

export function RecipeForm({ table, recipe, onChange }: RecipeFormProps) {
  const preset = presetOf(recipe, table.presets);
  const presets = table.presets.map(({ id, name }) => ({ value: id, label: name }));
  const choosePreset = (id: string | null): void => {
    const chosen = table.presets.find((candidate) => candidate.id === id);
    if (chosen) onChange(chosen.recipe);
  };
  return (
    <section className={styles.group} aria-label="Features">
      <Select
        label="Preset"
        data={preset ? presets : [...presets, { value: CUSTOM, label: "Own choice" }]}
        value={preset?.id ?? CUSTOM}
        onChange={choosePreset}
      />
      <RecipeFile recipe={recipe} families={table.families} onRead={onChange} />
      <FamilyList
        table={table}
        chosen={recipe.families}
        onToggle={(id) => onChange(toggledFamily(recipe, id, table.families))}
      />
      <Scales recipe={recipe} onChange={onChange} />
    </section>
  );
}

function Scales({ recipe, onChange }: Omit<RecipeFormProps, "table">) {
  const example = recipe.scales_px.at(-1) ?? 4;
  return (
    <>
      <TagsInput
        size="xs"
        label="Scales, in pixels"
        description={`How far features look. Up to ${BOUNDS.scales.max} numbers, at most ${BOUNDS.scale.max}.`}
        placeholder="Add…"
        splitChars={[",", " ", ";"]}
        acceptValueOnBlur
        value={recipe.scales_px.map(String)}
        onChange={(texts) => onChange({ ...recipe, scales_px: parsedScales(texts) })}
      />
      <div>
        <div className={styles.label}>What a scale means</div>
        <SegmentedControl
          fullWidth
          aria-label="What a scale means"
          data={[
            { value: "sigma", label: "Sigma" },
            { value: "radius", label: "Radius" },
          ]}
          value={recipe.sigma_convention}
          onChange={(sigma_convention) => onChange({ ...recipe, sigma_convention })}
        />
        <p className={styles.explanation}>{conventionText(recipe, example)}</p>
      </div>
    </>
  );
}
