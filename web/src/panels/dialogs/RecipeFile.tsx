// Taking a recipe from a file, and keeping one in a file.

import { Button } from "@mantine/core";
import { useState } from "react";
import { pickFile } from "../../app/pickFile";
import type { Schemas } from "../../state/contract";
import { readRecipe, recipeText } from "./recipeFile";
import styles from "./settings.module.css";
import type { Recipe } from "./settingsDraft";

interface RecipeFileProps {
  recipe: Recipe;
  families: readonly Schemas["FamilyInfo"][];
  onRead: (recipe: Recipe) => void;
}

export function RecipeFile({ recipe, families, onRead }: RecipeFileProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const open = async (): Promise<void> => {
    const file = await pickFile(".json,application/json");
    if (file === null) return;
    const read = readRecipe(await file.text(), families);
    setProblem("problem" in read ? `${file.name}: ${read.problem}` : null);
    if ("recipe" in read) onRead(read.recipe);
  };
  return (
    <div>
      <div className={styles.files}>
        <Button size="xs" onClick={() => void open()}>
          Open recipe…
        </Button>
        <Button size="xs" disabled={recipe.families.length === 0} onClick={() => save(recipe)}>
          Save recipe
        </Button>
      </div>
      {problem && (
        <p className={styles.explanation} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function save(recipe: Recipe): void {
  const address = URL.createObjectURL(new Blob([recipeText(recipe)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "recipe.json";
  link.click();
  URL.revokeObjectURL(address);
}
