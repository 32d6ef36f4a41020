// What is looked for in the gallery, and how it stands in the address, so that a search can be sent to somebody.

import type { EntryFilters, SortBy } from "../api/gallery";

export interface GallerySearch extends EntryFilters {
  sort: SortBy;
  /** The segmentations are shown over the images. */
  segmentations: boolean;
}

export const SORTS: readonly { value: SortBy; label: string }[] = [
  { value: "newest", label: "Newest" },
  { value: "quality", label: "Quality" },
  { value: "title", label: "Title" },
  { value: "relevance", label: "Best match" },
];

export const EVERYTHING: GallerySearch = {
  q: "",
  licence: [],
  material: [],
  instrument: [],
  class_name: [],
  min_pixel_nm: null,
  max_pixel_nm: null,
  min_quality: null,
  with_labels: false,
  sort: "newest",
  segmentations: false,
};

export const CHOICES = ["material", "instrument", "class_name", "licence"] as const;
export type ChoiceField = (typeof CHOICES)[number];
export const NUMBERS = ["min_pixel_nm", "max_pixel_nm", "min_quality"] as const;

const LONGEST_WORDS = 300;
const MOST_VALUES = 50;

/** Reads a query; what cannot be read is left out, as an address may come from anywhere. */
export function readSearch(query: string): GallerySearch {
  const values = new URLSearchParams(query);
  const search: GallerySearch = { ...EVERYTHING, q: (values.get("q") ?? "").slice(0, LONGEST_WORDS) };
  for (const field of CHOICES) {
    const chosen = values.getAll(field).filter((value) => value !== "" && value.length <= LONGEST_WORDS);
    search[field] = [...new Set(chosen)].slice(0, MOST_VALUES);
  }
  for (const field of NUMBERS) search[field] = readNumber(values.get(field), field === "min_quality" ? 10 : 1e15);
  if (search.min_quality !== null) search.min_quality = Math.round(search.min_quality);
  search.with_labels = values.get("with_labels") === "true";
  search.segmentations = values.get("show") === "segmentations";
  search.sort = SORTS.find(({ value }) => value === values.get("sort"))?.value ?? EVERYTHING.sort;
  return search;
}

function readNumber(text: string | null, most: number): number | null {
  const value = text ? Number(text) : Number.NaN;
  return value >= 0 && value <= most ? value : null;
}

/** Writes only what differs from `EVERYTHING`. */
export function writeSearch(search: GallerySearch): string {
  const values = new URLSearchParams();
  if (search.q) values.set("q", search.q);
  for (const field of CHOICES) for (const value of search[field]) values.append(field, value);
  for (const field of NUMBERS) if (search[field] !== null) values.set(field, String(search[field]));
  if (search.with_labels) values.set("with_labels", "true");
  if (search.sort !== EVERYTHING.sort) values.set("sort", search.sort);
  if (search.segmentations) values.set("show", "segmentations");
  return values.toString();
}

/** What the server is asked for: the filters without how they are shown. */
export function filtersOf({ sort: _sort, segmentations: _segmentations, ...filters }: GallerySearch): EntryFilters {
  return filters;
}

/** How many filters are set, besides the words. */
export function filterCount(search: GallerySearch): number {
  const chosen = CHOICES.reduce((sum, field) => sum + search[field].length, 0);
  return chosen + NUMBERS.filter((field) => search[field] !== null).length + (search.with_labels ? 1 : 0);
}

export const toggled = (values: readonly string[], value: string): string[] =>
  values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
