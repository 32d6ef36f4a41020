// Features and training: what the classifier looks at, and how it learns.

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { getFeatureTable } from "../../api/features";
import { useEditor } from "../../app/editorContext";
import { FeaturePictures } from "../../features/FeaturePictures";
import { SuggestFeatures } from "../../features/SuggestFeatures";
import type { Project, ProjectSettings, Schemas } from "../../state/contract";
import { CostEstimate } from "./CostEstimate";
import { RecipeForm } from "./RecipeForm";
import { Sheet } from "./Sheet";
import styles from "./settings.module.css";
import { problemOf } from "./settingsDraft";
import { TrainingForm } from "./TrainingForm";

interface SettingsSheetProps {
  project: Project;
  onClose: () => void;
}

export function SettingsSheet({ project, onClose }: SettingsSheetProps) {
  const table = useQuery({ queryKey: ["features"], queryFn: getFeatureTable, staleTime: Number.POSITIVE_INFINITY });
  if (!table.data) {
    return (
      <Sheet title="Features and training" width={460} onClose={onClose}>
        <p role={table.error ? "alert" : "status"}>{table.error ? table.error.message : "Loading…"}</p>
      </Sheet>
    );
  }
  return <LoadedSettings project={project} table={table.data} onClose={onClose} />;
}

function LoadedSettings({ project, table, onClose }: SettingsSheetProps & { table: Schemas["FeatureTable"] }) {
  const editor = useEditor();
  const [draft, setDraft] = useState<ProjectSettings>(project.settings);
  const problem = problemOf(draft, table.families);
  const save = async (): Promise<void> => {
    await editor.saveSettings(draft);
    // A refusal stands under the Train button, above this sheet, which stays open then.
    const refused = editor.store.getState().notices.some(({ place, kind }) => place === "train" && kind === "error");
    if (!refused) onClose();
  };
  const footer = (
    <>
      <Button
        variant="subtle"
        color="gray"
        onClick={() => setDraft({ ...draft, recipe: table.default, training: table.default_training })}
      >
        Defaults
      </Button>
      <div className={styles.spring} />
      <Button onClick={onClose}>Cancel</Button>
      <Button variant="filled" disabled={problem !== null} onClick={() => void save()}>
        Use these
      </Button>
    </>
  );
  return (
    <Sheet title="Features and training" width={460} onClose={onClose} footer={footer}>
      <RecipeForm table={table} recipe={draft.recipe} onChange={(recipe) => setDraft({ ...draft, recipe })} />
      <FeaturePictures project={project} table={table} recipe={draft.recipe} />
      <SuggestFeatures
        projectId={project.id}
        settings={draft}
        problem={problem}
        onTake={(recipe) => setDraft({ ...draft, recipe })}
      />
      <CostEstimate recipe={draft.recipe} problem={problem} image={project.image} />
      <TrainingForm training={draft.training} onChange={(training) => setDraft({ ...draft, training })} />
    </Sheet>
  );
}
