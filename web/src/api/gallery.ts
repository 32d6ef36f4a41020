// The gallery: finding entries, reading one, and taking it along.

import { client, dataOf, fetchBytes, type Schemas } from "./client";

export type EntryCard = Schemas["EntryCard"];
export type Entry = Schemas["Entry"];
export type EntryView = Schemas["EntryView"];
export type EntryCounts = Schemas["EntryCounts"];
export type Citation = Schemas["Citation"];
export type Tombstone = Schemas["Tombstone"];
export type Licence = Schemas["LicenceInfo"];
export type ClassLayer = EntryView["class_layers"][number];
type FileKind = Entry["files"][number]["kind"];
type ThumbnailOf = Entry["thumbnails"][number];

/** One version of an entry; null: the newest that may be seen. */
export interface VersionOf {
  id: string;
  version: number | null;
}

export interface EntryFilters {
  q: string;
  licence: string[];
  material: string[];
  instrument: string[];
  class_name: string[];
  min_pixel_nm: number | null;
  max_pixel_nm: number | null;
  min_quality: number | null;
  with_labels: boolean;
}

export type SortBy = "newest" | "quality" | "title" | "relevance";

export const searchEntries = (
  search: EntryFilters & { sort: SortBy; cursor: string | null },
  signal: AbortSignal,
): Promise<Schemas["EntryPage"]> =>
  dataOf(client.GET("/api/gallery/entries", { params: { query: withoutNull(search) }, signal }));

export const countEntries = (filters: EntryFilters, signal: AbortSignal): Promise<EntryCounts> =>
  dataOf(client.GET("/api/gallery/counts", { params: { query: withoutNull(filters) }, signal }));

const pathTo = ({ id, version }: VersionOf) => ({ params: { path: { eid: id }, query: { version } } });

/** Address of an archive of what the filters find: images, labels, metadata, splits. */
export function dataSetUrl(filters: EntryFilters): string {
  const values = Object.entries(withoutNull(filters)).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each) => [name, each]) : [[name, String(value)]],
  );
  return `/api/gallery/dataset?${new URLSearchParams(values)}`;
}

export const getEntry = (at: VersionOf): Promise<Entry> => dataOf(client.GET("/api/gallery/entries/{eid}", pathTo(at)));

export const getEntryView = (at: VersionOf): Promise<EntryView> =>
  dataOf(client.GET("/api/gallery/entries/{eid}/view", pathTo(at)));

export const getCitation = (at: VersionOf): Promise<Citation> =>
  dataOf(client.GET("/api/gallery/entries/{eid}/citation", pathTo(at)));

/** What stays of an entry that was taken out. */
export const getTombstone = (at: VersionOf): Promise<Tombstone> =>
  dataOf(client.GET("/api/gallery/entries/{eid}/tombstone", pathTo(at)));

export const listLicences = (): Promise<Licence[]> => dataOf(client.GET("/api/gallery/licences"));

/** Makes a project of an entry, one's own copy. */
export const openEntry = (at: VersionOf): Promise<Schemas["Project"]> =>
  dataOf(client.POST("/api/gallery/entries/{eid}/open", pathTo(at)));

/** Gives a project the classifier of an entry, with its classes. */
export const giveClassifier = (at: VersionOf, project: string): Promise<Schemas["Project"]> =>
  dataOf(client.POST("/api/gallery/entries/{eid}/use-classifier", { ...pathTo(at), body: { project } }));

const entryPath = ({ id }: VersionOf): string => `/api/gallery/entries/${encodeURIComponent(id)}`;
const versionQuery = ({ version }: VersionOf): string => (version === null ? "" : `?version=${version}`);

export const entryFileUrl = (at: VersionOf, kind: FileKind): string =>
  `${entryPath(at)}/files/${kind}${versionQuery(at)}`;

export const entryZipUrl = (at: VersionOf): string => `${entryPath(at)}/zip${versionQuery(at)}`;

/** Address of a picture of an entry, at most `size` px a side. */
export const entryThumbnailUrl = (at: VersionOf, what: ThumbnailOf, size: 320 | 640): string =>
  `${entryPath(at)}/thumbnails/${what}/${size}${versionQuery(at)}`;

interface TileAddress {
  level: number;
  ty: number;
  tx: number;
}

/** Little-endian pixels (channels, h, w) of one tile of an entry's image. */
export const fetchEntryTile = (
  at: VersionOf,
  { level, ty, tx }: TileAddress,
  signal: AbortSignal,
): Promise<ArrayBuffer> => fetchBytes(`${entryPath(at)}/tiles/${level}/${ty}/${tx}${versionQuery(at)}`, signal);

/** uint8 class ids (h, w) of one tile. */
export const fetchEntryClassTile = (
  at: VersionOf,
  layer: ClassLayer,
  { level, ty, tx }: TileAddress,
  signal: AbortSignal,
): Promise<ArrayBuffer> =>
  fetchBytes(`${entryPath(at)}/classes/${layer}/${level}/${ty}/${tx}${versionQuery(at)}`, signal);

/** What is null is not asked for. */
function withoutNull<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as {
    [K in keyof T]: Exclude<T[K], null>;
  };
}
