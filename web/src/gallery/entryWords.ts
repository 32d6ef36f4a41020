// What is written about an entry, as lines for people.

import type { Entry } from "../api/gallery";
import { formatLength, shortNumber } from "../panels/wording/lengths";
import type { Metadata } from "./metadata";

const UM_PER_UNIT = { pm: 1e-6, nm: 1e-3, um: 1, mm: 1e3, m: 1e6 } as const;

/** "12.5 nm/px", "12.5 nm × 25 nm/px"; null where it is not known. */
export function pixelSizeWords(size: Metadata["pixel_size"]): string | null {
  if (!size) return null;
  const [x, y] = [size.x, size.y].map((side) => formatLength(side * UM_PER_UNIT[size.unit]));
  return x === y ? `${x}/px` : `${x} × ${y}/px`;
}

/** "12.5 nm/px" of a card. */
export const pixelWords = (pixelNm: number | null): string | null =>
  pixelNm === null ? null : `${formatLength(pixelNm * 1e-3)}/px`;

/** "SEM, BSE, Zeiss, 15 kV". */
export function instrumentWords({ type, mode, manufacturer, ...numbers }: Metadata["instrument"]): string {
  const voltage = numbers.voltage_kv === null ? "" : `${shortNumber(numbers.voltage_kv)} kV`;
  const light = numbers.wavelength_nm === null ? "" : `${shortNumber(numbers.wavelength_nm)} nm`;
  return joined([type, mode, manufacturer, voltage, light]);
}

export interface Fact {
  name: string;
  words: string;
}

/** What was said of the sample and how it was made; what nobody wrote is left out. */
export function factsOf({ material, instrument, ...written }: Metadata): Fact[] {
  const facts: Fact[] = [
    { name: "Material", words: joined([material.name, material.composition]) },
    { name: "Phases", words: joined(material.phases) },
    { name: "Instrument", words: instrumentWords(instrument) },
    { name: "Pixel size", words: pixelSizeWords(written.pixel_size) ?? "" },
    { name: "Sample", words: written.sample_id },
    { name: "Preparation", words: written.preparation },
    { name: "Notes", words: written.notes },
    { name: "Keywords", words: joined(written.keywords) },
    { name: "Submitter's score", words: written.quality === null ? "" : `${written.quality} of 10` },
  ];
  return facts.filter(({ words }) => words !== "");
}

const joined = (words: readonly string[]): string => words.filter(Boolean).join(", ");

/** "A. Müller", "A. Müller and B. Roy", "A. Müller and 3 others". */
export function creatorWords(names: readonly string[]): string {
  const [first, second] = names.filter(Boolean);
  if (!first) return "";
  if (!second) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} others`;
}

const FILE_NAMES = {
  image: "Image as it was shared",
  preview: "Image as PNG",
  labels: "Labels",
  segmentation: "Segmentation",
  classifier: "Classifier",
} as const;

export const fileWords = (kind: Entry["files"][number]["kind"]): string => FILE_NAMES[kind];

const STATES = {
  draft: "Draft",
  waiting: "Waiting for a moderator",
  changes_wanted: "Changes are asked for",
  accepted: "In the gallery",
  rejected: "Not accepted",
  withdrawn: "Withdrawn",
} as const;

export const stateWords = (state: Entry["state"]): string => STATES[state];
