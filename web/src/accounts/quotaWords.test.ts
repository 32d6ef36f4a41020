import { describe, expect, it } from "vitest";
import { jobTimeWords, type Quota, quotaLines, shortageWords } from "./quotaWords";

const quota = (changes: Partial<Quota> = {}): Quota => ({
  bytes_used: 1_200_000_000,
  bytes_limit: 50_000_000_000,
  jobs_today: 3,
  jobs_limit: null,
  job_seconds: null,
  ...changes,
});

describe("quotaLines", () => {
  it("tells storage, and trainings where they are limited", () => {
    expect(quotaLines(quota())).toEqual([{ label: "Storage", words: "1.2 GB of 50 GB", share: 0.024, warning: "" }]);
    expect(quotaLines(quota({ jobs_limit: 500 })).map(({ words }) => words)).toEqual(["1.2 GB of 50 GB", "3 of 500"]);
    expect(quotaLines(quota({ bytes_limit: null }))[0]).toMatchObject({ words: "1.2 GB", share: null, warning: "" });
  });

  it.each([
    [800, 1000, false],
    [801, 1000, true],
    [1000, 1000, true],
    [0, 0, true],
  ])("warns above four fifths: %i of %i", (bytes_used, bytes_limit, warns) => {
    expect(quotaLines(quota({ bytes_used, bytes_limit }))[0]?.warning !== "").toBe(warns);
  });
});

it("says in few words what is short", () => {
  expect(shortageWords(null)).toBe("");
  expect(shortageWords(quota())).toBe("");
  expect(shortageWords(quota({ bytes_used: 45e9, jobs_today: 7, jobs_limit: 7 }))).toBe(
    "storage nearly used up, trainings today used up",
  );
});

it("says how long a training may take", () => {
  expect(jobTimeWords(quota())).toBe("");
  expect(jobTimeWords(quota({ job_seconds: 1800 }))).toBe("One training may take 30 min.");
});
