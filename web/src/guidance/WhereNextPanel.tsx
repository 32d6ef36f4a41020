// "Where next" in the side panel: a button, and the places that were found, each with its reason.

import { Button, Tooltip, UnstyledButton } from "@mantine/core";
import { IconFocusCentered } from "@tabler/icons-react";
import { useEditor, useEditorParts } from "../app/editorContext";
import { shortcutOf } from "../panels/shortcuts";
import { Section } from "../panels/side/Section";
import type { Schemas } from "../state/contract";
import { mayChange } from "../state/rights";
import styles from "./guidance.module.css";

export function WhereNextPanel() {
  const editor = useEditor();
  const { hasResult, status, may } = useEditorParts((state) => ({
    hasResult: state.result !== null || state.images.some(({ result }) => result !== "none"),
    status: state.whereNext,
    may: mayChange(state),
  }));
  if (!may) return null;
  return (
    <Section title="Where next">
      {hasResult ? (
        <Tooltip label={`Go where a label would help most · ${shortcutOf("whereNext")}`}>
          <Button
            variant="default"
            leftSection={<IconFocusCentered size={15} aria-hidden />}
            onClick={() => void editor.whereNext(1)}
          >
            Next place
          </Button>
        </Tooltip>
      ) : (
        <p className={styles.empty}>After training, this leads to the places where a label would help most.</p>
      )}
      {status && status.places.length > 0 && (
        <ol className={styles.places} aria-label="Places worth a label">
          {status.places.map((place, at) => (
            <li key={`${place.image}.${place.y}.${place.x}`}>
              <PlaceRow place={place} at={at} isMarked={at === status.at} />
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function PlaceRow({ place, at, isMarked }: { place: Schemas["LabelPlace"]; at: number; isMarked: boolean }) {
  const editor = useEditor();
  const { images } = useEditorParts((state) => ({ images: state.images }));
  const name = images.length > 1 ? images.find(({ id }) => id === place.image)?.name : undefined;
  return (
    <UnstyledButton
      className={styles.place}
      aria-current={isMarked}
      title={name ? `${name}: ${place.reason}` : place.reason}
      onClick={() => void editor.showPlace(at)}
    >
      <span className={styles.number}>{at + 1}</span>
      <span className={styles.placeText}>
        {name && <span className={styles.imageName}>{name}</span>}
        {place.reason}
      </span>
    </UnstyledButton>
  );
}
