// The manual's pages and pictures, built into the page so that they open without a network.

import { type ManualPage, orderedPages } from "./contents";

const texts = import.meta.glob<string>("../../../docs/manual/*.md", { query: "?raw", import: "default", eager: true });
const pictures = import.meta.glob<string>("../../../docs/manual/images/*", {
  query: "?url",
  import: "default",
  eager: true,
});

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export const PAGES: readonly ManualPage[] = orderedPages(
  Object.entries(texts).map(([path, text]) => ({ id: fileName(path).replace(/\.md$/, ""), text })),
);

const addresses = new Map(Object.entries(pictures).map(([path, url]) => [fileName(path), url]));

/** Address of a picture that a page calls `images/NAME`; null where it is not there. */
export const pictureUrl = (source: string): string | null => addresses.get(fileName(source)) ?? null;
