// A small picture of one image, fetched so that it keeps no tile waiting.

import { useEffect, useState } from "react";
import type { ImageSummary } from "../../state/contract";
import { Thumbnails } from "./thumbnails";

/** One queue for all that show small pictures. */
const thumbnails = new Thumbnails();

interface ThumbnailProps {
  projectId: string;
  summary: ImageSummary;
  className?: string | undefined;
}

export function Thumbnail({ projectId, summary: { id, state }, className }: ThumbnailProps) {
  const [picture, setPicture] = useState(() => thumbnails.get({ projectId, image: id }));
  const isReady = state === "ready";
  // Where it could not be had before, it can perhaps as soon as the image is ready.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => thumbnails.want({ projectId, image: id }, setPicture), [projectId, id, isReady]);
  return picture ? <img src={picture} alt="" draggable={false} className={className} /> : null;
}
