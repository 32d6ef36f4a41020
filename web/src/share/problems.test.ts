import { expect, it } from "vitest";
import { fieldOf, listOf, problemsOf } from "./problems";

it.each([
  ["creators[0].orcid: 'x' is no ORCID iD.", "creators[0].orcid", "'x' is no ORCID iD."],
  ["doi: the text is no DOI.", "doi", "The text is no DOI."],
  ["material.phases[3]: too long", "material.phases[3]", "Too long"],
])("%s", (message, field, sentence) => expect(fieldOf(message)).toEqual({ field, sentence }));

it("finds no field in other sentences", () => {
  expect(fieldOf("The server cannot be reached.")).toBeNull();
  expect(fieldOf("This is so: no")).toBeNull();
});

it("tells what is missing when asked, and what is wrong always", () => {
  const missing = [{ field: "title", message: "Give the entry a title." }];
  expect([...problemsOf(missing, "doi: wrong", false).keys()]).toEqual(["doi"]);
  expect([...problemsOf(missing, null, true).keys()]).toEqual(["title"]);
});

it("reads lists", () => expect(listOf(" steel, Ni; steel\n,γ ")).toEqual(["steel", "Ni", "γ"]));
