// A small picture of each feature of a recipe over the middle of the view; folded until it is asked for.

import { UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconChevronDown } from "@tabler/icons-react";
import { useEffect, useId, useState } from "react";
import type { ImagePart } from "../api/featureChoice";
import { useEditor, useEditorState } from "../app/editorContext";
import type { Project, Schemas } from "../state/contract";
import { FamilyPictures } from "./FamilyPictures";
import styles from "./features.module.css";
import { partText, previewPart } from "./previewPart";

interface FeaturePicturesProps {
  project: Project;
  table: Schemas["FeatureTable"];
  recipe: Schemas["RecipeBody"];
}

/** Moving on for so long, nothing is asked for. */
const SETTLED_MS = 300;

export function FeaturePictures(props: FeaturePicturesProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <section className={styles.section} aria-labelledby={id}>
      <UnstyledButton id={id} className={styles.heading} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronDown size={14} aria-hidden className={styles.chevron} data-open={open} />
        What these features look like here
      </UnstyledButton>
      {open && <Pictures {...props} />}
    </section>
  );
}

function Pictures({ project, table, recipe }: FeaturePicturesProps) {
  const seen = usePart(project.image);
  const [part] = useDebouncedValue(seen, SETTLED_MS);
  const [asked] = useDebouncedValue(recipe, SETTLED_MS);
  const zoom = useEditorState((state) => state.zoom);
  const importance = new Map(project.classifier?.importance.map((each) => [each.feature, each.importance]));
  const families = table.families.filter(({ id }) => asked.families.includes(id));
  return (
    <>
      <p className={styles.note}>
        {partText(part, zoom)} Each has its own contrast; click one to enlarge it.
        {importance.size > 0 && " The bars say how much the classifier uses it."}
      </p>
      {families.map((family) => (
        <FamilyPictures
          key={family.id}
          of={{ projectId: project.id, image: project.image.id }}
          family={family}
          recipe={{ ...asked, families: [family.id] }}
          part={part}
          importance={importance}
        />
      ))}
    </>
  );
}

/** The part of the image that is pictured now; the same object while it stays the same. */
function usePart(image: { width: number; height: number }): ImagePart {
  const editor = useEditor();
  const { width, height } = image;
  const [part, setPart] = useState(() => previewPart(editor.viewport(), { width, height }));
  useEffect(() => {
    const follow = (): void => {
      const next = previewPart(editor.viewport(), { width, height });
      setPart((last) => (samePart(last, next) ? last : next));
    };
    follow();
    return editor.onViewChange(follow);
  }, [editor, width, height]);
  return part;
}

const samePart = (a: ImagePart, b: ImagePart): boolean =>
  a.top === b.top && a.left === b.left && a.bottom === b.bottom && a.right === b.right;
