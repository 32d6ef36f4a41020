// The order and titles of the manual's pages, and where their links lead.

export interface ManualPage {
  /** File name without ".md". */
  id: string;
  title: string;
  text: string;
}

export const START = "index";

const titleOf = (id: string, text: string): string => /^#\s+(.+)$/m.exec(text)?.[1]?.trim() ?? id;

/** Pages in the order in which the start page links to them; then the others by title. The start page comes first. */
export function orderedPages(files: readonly { id: string; text: string }[]): ManualPage[] {
  const start = files.find(({ id }) => id === START)?.text ?? "";
  const linked = [START, ...Array.from(start.matchAll(/\]\(([\w-]+)\.md\)/g), ([, id]) => id)];
  const rank = (id: string): number => {
    const index = linked.indexOf(id);
    return index < 0 ? linked.length : index;
  };
  return files
    .map(({ id, text }) => ({ id, text, title: titleOf(id, text) }))
    .sort((a, b) => rank(a.id) - rank(b.id) || a.title.localeCompare(b.title));
}

export type LinkTarget = { kind: "page"; page: string } | { kind: "outside"; url: string } | { kind: "nowhere" };

/** Where a link in a page leads: to another page, out of the manual, or nowhere that could be opened. */
export function linkTarget(href: string | undefined): LinkTarget {
  const page = /^(?:\.\/)?([\w-]+)\.md(?:#.*)?$/.exec(href ?? "")?.[1];
  if (page) return { kind: "page", page };
  if (href && /^https?:\/\//.test(href)) return { kind: "outside", url: href };
  return { kind: "nowhere" };
}
