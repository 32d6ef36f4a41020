// The families of features in their groups, as far as a search finds them.

import type { Schemas } from "../../state/contract";

type Table = Pick<Schemas["FeatureTable"], "groups" | "families">;
type Family = Schemas["FamilyInfo"];

export interface FamilyGroup {
  id: string;
  name: string;
  families: Family[];
  /** Names of those that are chosen, found or not. */
  chosen: string[];
  size: number;
}

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Whether every typed word stands somewhere in the family's name, help, group or id. */
function isFound(family: Family, groupName: string, words: readonly string[]): boolean {
  const said = [family.name, family.summary, family.id.replaceAll("_", " "), groupName].join(" ").toLowerCase();
  return words.every((word) => said.includes(word));
}

/** Groups that hold anything that is searched for; all of them where nothing is. */
export function familyGroups({ groups, families }: Table, chosen: readonly string[], search: string): FamilyGroup[] {
  const words = wordsOf(search);
  return groups
    .map(({ id, name }) => {
      const members = families.filter((family) => family.group === id);
      return {
        id,
        name,
        families: members.filter((family) => isFound(family, name, words)),
        chosen: members.filter((family) => chosen.includes(family.id)).map((family) => family.name),
        size: members.length,
      };
    })
    .filter((group) => group.families.length > 0);
}
