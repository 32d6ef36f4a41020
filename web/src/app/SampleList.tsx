// Micrographs that come with the program.

import { UnstyledButton } from "@mantine/core";
import { sampleThumbnailUrl } from "../api/projects";
import type { Schemas } from "../state/contract";
import styles from "./home.module.css";
import { useOpening } from "./opening";

export function SampleList({ samples }: { samples: Schemas["SampleInfo"][] }) {
  const { openSample, busy } = useOpening();
  if (samples.length === 0) return null;
  return (
    <section aria-labelledby="samples">
      <h2 id="samples" className={styles.heading}>
        Samples
      </h2>
      <ul className={styles.samples}>
        {samples.map(({ id, name, description, width, height, licence }) => (
          <li key={id}>
            <UnstyledButton
              className={styles.sample}
              disabled={busy !== null}
              onClick={() => void openSample(id, name)}
            >
              <img src={sampleThumbnailUrl(id)} alt="" />
              <span className={styles.sampleText}>
                <strong>{name}</strong>
                <span>{description}</span>
                <small>
                  {width} × {height} px · {licence}
                </small>
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
