// Which rows of a list are chosen, with one row that the keys move: clicks, Ctrl and Shift as in every file manager.

export interface Selection {
  /** The row that the keys are at; -1 before there is one. */
  active: number;
  /** Where a range begins; -1 where nothing was chosen yet: then it is the first row. */
  anchor: number;
  chosen: ReadonlySet<number>;
}

export const NOTHING_CHOSEN: Selection = { active: -1, anchor: -1, chosen: new Set() };

/** How a row is chosen: alone, taken in or out, or with all rows from the anchor on. */
export type Choice = "only" | "toggle" | "range";

export const choiceOf = ({
  shiftKey,
  ctrlKey,
  metaKey,
}: Record<"shiftKey" | "ctrlKey" | "metaKey", boolean>): Choice =>
  shiftKey ? "range" : ctrlKey || metaKey ? "toggle" : "only";

/** `selectable` says which rows can be chosen at all; others can be active. */
export function choose(
  selection: Selection,
  row: number,
  choice: Choice,
  selectable: (row: number) => boolean,
): Selection {
  switch (choice) {
    case "only":
      return { active: row, anchor: row, chosen: new Set(selectable(row) ? [row] : []) };
    case "toggle": {
      const chosen = new Set(selection.chosen);
      if (!chosen.delete(row) && selectable(row)) chosen.add(row);
      return { active: row, anchor: row, chosen };
    }
    case "range": {
      const anchor = Math.max(0, selection.anchor);
      const chosen = new Set<number>();
      for (let at = Math.min(anchor, row); at <= Math.max(anchor, row); at++) if (selectable(at)) chosen.add(at);
      return { active: row, anchor, chosen };
    }
  }
}

/** Where a key leads from `active` in a list of `count` rows, `page` of them in view; null for other keys. */
export function movedBy(key: string, active: number, count: number, page: number): number | null {
  const steps: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? null : Math.max(0, Math.min(count - 1, to));
}

/** The next row after `active` whose name begins with `text`, going round; null where there is none. */
export function rowNamed(names: readonly string[], active: number, text: string): number | null {
  const wanted = text.toLowerCase();
  // While a word is being typed, the row that fits already keeps fitting.
  const from = text.length > 1 ? Math.max(0, active) : active + 1;
  for (let step = 0; step < names.length; step++) {
    const row = (from + step) % names.length;
    if (names[row]?.toLowerCase().startsWith(wanted)) return row;
  }
  return null;
}
