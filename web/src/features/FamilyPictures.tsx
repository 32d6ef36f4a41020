// The pictures of one family, fetched when they come into sight; one of them can be large.

import { useIntersection } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { fetchFeaturePreview, type ImagePart } from "../api/featureChoice";
import type { ImageOf } from "../api/tiles";
import { formatShare, formatValue } from "../panels/wording/numbers";
import type { Schemas } from "../state/contract";
import styles from "./features.module.css";
import { drawPicture, type PlanePicture, planePictures } from "./previewPictures";

interface FamilyPicturesProps {
  of: ImageOf;
  family: Schemas["FamilyInfo"];
  /** Of this family alone. */
  recipe: Schemas["RecipeBody"];
  part: ImagePart;
  /** Shares by the names of features. */
  importance: ReadonlyMap<string, number>;
}

export function FamilyPictures({ of, family, recipe, part, importance }: FamilyPicturesProps) {
  const { ref, entry } = useIntersection({ rootMargin: "100px" });
  const [enlarged, setEnlarged] = useState<string | null>(null);
  const pictures = useQuery({
    queryKey: ["feature pictures", of, recipe, part],
    queryFn: async ({ signal }) => planePictures(await fetchFeaturePreview(of, recipe, part, signal)),
    enabled: entry?.isIntersecting ?? false,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10_000,
    retry: false,
  });
  const large = pictures.data?.find(({ name }) => name === enlarged);
  const most = Math.max(...importance.values(), Number.MIN_VALUE);
  return (
    <figure ref={ref} className={styles.family} aria-busy={pictures.isFetching}>
      <figcaption>{family.name}</figcaption>
      {pictures.error && <p role="alert">{pictures.error.message}</p>}
      {!pictures.data && !pictures.error && <div className={styles.waiting}>…</div>}
      {large && <LargePicture picture={large} importance={importance.get(large.name)} />}
      <ul className={styles.grid}>
        {pictures.data?.map((picture) => (
          <li key={picture.name}>
            <button
              type="button"
              className={styles.plane}
              aria-pressed={picture.name === enlarged}
              title={picture.name}
              onClick={() => setEnlarged(picture.name === enlarged ? null : picture.name)}
            >
              <Picture picture={picture} />
              <span>{picture.name}</span>
              {importance.has(picture.name) && (
                <span
                  className={styles.used}
                  style={{ width: `${((importance.get(picture.name) ?? 0) / most) * 100}%` }}
                />
              )}
            </button>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function LargePicture({ picture, importance }: { picture: PlanePicture; importance: number | undefined }) {
  return (
    <div className={styles.large} role="status">
      <Picture picture={picture} />
      <p>
        {picture.name}: black is {formatValue(picture.low)}, white {formatValue(picture.high)}.
        {importance !== undefined && ` Importance ${formatShare(importance)}.`}
      </p>
    </div>
  );
}

function Picture({ picture }: { picture: PlanePicture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawPicture(canvas.current, picture);
  }, [picture]);
  return <canvas ref={canvas} aria-hidden />;
}
