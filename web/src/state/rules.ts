// What an operation does to a pixel: tables from the class it has to the class it gets. The server has the same rules.

export type RuleTable = Uint8Array;

export function lockedIds(classes: readonly { id: number; locked: boolean }[]): Set<number> {
  return new Set(classes.filter(({ locked }) => locked).map(({ id }) => id));
}

export function sameIds(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return a.size === b.size && [...a].every((id) => b.has(id));
}

function unchanged(): RuleTable {
  return Uint8Array.from({ length: 256 }, (_, classId) => classId);
}

/** Unlabelled pixels get `classId`; labelled ones too where `overwrite`, but never those of locked classes. */
export function paintRule(classId: number, overwrite: boolean, locked: ReadonlySet<number>): RuleTable {
  const table = unchanged();
  table[0] = classId;
  if (!overwrite) return table;
  for (let old = 1; old < 256; old++) if (!locked.has(old)) table[old] = classId;
  return table;
}

/** Pixels of `classId`, or of every class where it is null, become unlabelled, except those of locked classes. */
export function eraseRule(classId: number | null, locked: ReadonlySet<number>): RuleTable {
  const table = unchanged();
  for (let old = 1; old < 256; old++) {
    if ((classId === null || old === classId) && !locked.has(old)) table[old] = 0;
  }
  return table;
}

/** Pixels of classes that are not listed become unlabelled, locked or not: their class is gone. */
export function keepOnlyRule(classIds: ReadonlySet<number>): RuleTable {
  const table = unchanged();
  for (let old = 1; old < 256; old++) if (!classIds.has(old)) table[old] = 0;
  return table;
}
