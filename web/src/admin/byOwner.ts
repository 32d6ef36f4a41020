// Whose projects take how much, added up by owner.

import type { ProjectStorage } from "../api/admin";

export interface OwnerStorage {
  key: string;
  words: string;
  projects: number;
  bytes: number;
}

/** All owners, who has most first. */
export function byOwner(projects: readonly ProjectStorage[]): OwnerStorage[] {
  const owners = new Map<string, OwnerStorage>();
  for (const project of projects) {
    const key = `${project.owner_kind} ${project.owner_id}`;
    const owner = owners.get(key) ?? { key, words: ownerWords(project), projects: 0, bytes: 0 };
    owner.projects++;
    owner.bytes += project.bytes_used;
    owners.set(key, owner);
  }
  return [...owners.values()].sort((a, b) => b.bytes - a.bytes || a.words.localeCompare(b.words));
}

type Owner = Pick<ProjectStorage, "owner" | "owner_kind"> & { owner_id?: string };

/** A person's name; visitors have none, but their own beginning of an id. */
export function ownerWords({ owner, owner_kind, owner_id = "" }: Owner): string {
  switch (owner_kind) {
    case "person":
      return owner || "Somebody";
    case "visitor":
      return owner_id ? `Visitor ${owner_id.slice(0, 4)}` : "A visitor";
    case "local":
      return "This computer";
    case "nobody":
      return "Nobody";
  }
}
