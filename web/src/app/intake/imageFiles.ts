// Which of the files that a person gave are images, and in which order they go.

import type { NamedFile } from "./uploadQueue";

/** What was chosen or dropped, sorted out. */
export interface Intake {
  files: NamedFile[];
  /** Of the folder, where it was one. */
  name: string | null;
  /** Names of files that are no images. */
  leftOut: string[];
  /** Folders that hold an OME-Zarr image: thousands of small files, which are opened where they lie. */
  zarrFolders: string[];
}

/** As the server has them in `folders.py`. */
const IMAGE_ENDINGS = new Set(
  "tif tiff btf tf8 png jpg jpeg bmp webp pnm pgm ppm pbm pam".split(" ").map((ending) => `.${ending}`),
);
const ZARR_MARKS = new Set(["zarr.json", ".zattrs", ".zgroup"]);

const naturally = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Whether the ending of a name is that of an image; what is inside is the server's to judge. */
export const isImageName = (name: string): boolean => {
  const dot = name.lastIndexOf(".");
  return dot >= 0 && IMAGE_ENDINGS.has(name.slice(dot).toLowerCase());
};

/** Orders "slice2" before "slice10", folder by folder, and the files of a folder before the folders in it. */
export function compareNaturally(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (const [at, part] of left.entries()) {
    const other = right[at];
    if (other === undefined) break;
    const isFile = at === left.length - 1;
    if (isFile !== (at === right.length - 1)) return isFile ? -1 : 1;
    const order = naturally.compare(part, other) || (part < other ? -1 : part > other ? 1 : 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * Sorts out files by their names with folders ("series/slice 3.tif"). Hidden files are left out silently, others that
 * are no images by name; but a single file is always taken, since its content may be one whatever its name.
 */
export function intakeOf(files: readonly NamedFile[]): Intake {
  const shown = files.filter(
    ({ name }) => !name.split("/").some((part) => part.startsWith(".") && !ZARR_MARKS.has(part)),
  );
  const zarrFolders = outermostZarrFolders(shown.map(({ name }) => name));
  const outside = shown.filter(
    ({ name }) => !ZARR_MARKS.has(lastOf(name)) && !zarrFolders.some((folder) => name.startsWith(`${folder}/`)),
  );
  const only = files.length === 1 && outside.length === 1;
  const images = only ? outside : outside.filter(({ name }) => isImageName(name));
  const leftOut = only ? [] : outside.filter(({ name }) => !isImageName(name)).map(({ name }) => name);
  images.sort((a, b) => compareNaturally(a.name, b.name));
  return { files: images, name: commonFolder(images), leftOut, zarrFolders };
}

function outermostZarrFolders(names: readonly string[]): string[] {
  const folders = names
    .filter((name) => name.includes("/") && ZARR_MARKS.has(lastOf(name)))
    .map((name) => name.slice(0, name.lastIndexOf("/")))
    .sort((a, b) => a.length - b.length);
  const outermost: string[] = [];
  for (const folder of folders) {
    if (!outermost.some((other) => folder === other || folder.startsWith(`${other}/`))) outermost.push(folder);
  }
  return outermost;
}

/** The name of the folder that all files lie in, if any. */
function commonFolder(files: readonly NamedFile[]): string | null {
  const first = files[0]?.name;
  if (files.length < 2 || !first?.includes("/")) return null;
  const folder = first.slice(0, first.indexOf("/") + 1);
  return files.every(({ name }) => name.startsWith(folder)) ? folder.slice(0, -1) : null;
}
