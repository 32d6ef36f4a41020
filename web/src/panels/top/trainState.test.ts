import { describe, expect, it } from "vitest";
import type { JobInfo, ResultInfo } from "../../state/contract";
import { type TrainFacts, trainState } from "./trainState";

const job = (changes: Partial<JobInfo>): JobInfo => ({
  id: "j",
  project_id: "p",
  kind: "train",
  image: 0,
  images_done: 0,
  images_total: 1,
  state: "running",
  stage: "features",
  progress: 0.4,
  seconds_left: 2.4,
  result_id: null,
  error: null,
  ...changes,
});

const result: ResultInfo = {
  id: "r",
  image: 0,
  state: "complete",
  revision: 3,
  outdated: false,
  levels: 1,
  classes: [],
  fractions: [],
  mean_uncertainty: null,
  seconds: 1,
};

const facts: TrainFacts = { labelledPixels: { 1: 5, 2: 5 }, hasClassifier: false, job: null, result: null };

describe("trainState", () => {
  it("asks for labels of two classes, then of one more", () => {
    expect(trainState({ ...facts, labelledPixels: {} })).toEqual({
      kind: "needs-labels",
      text: "2 classes need labels",
    });
    expect(trainState({ ...facts, labelledPixels: { 1: 40, 2: 0 } }).text).toBe("1 more class needs labels");
  });

  it("is ready as soon as two classes have labels, whatever their ids", () =>
    expect(trainState({ ...facts, labelledPixels: { 1: 5, 3: 1 } })).toEqual({ kind: "ready", text: "" }));

  it("offers to segment where labels are missing but a classifier is there", () =>
    expect(trainState({ ...facts, labelledPixels: {}, hasClassifier: true }).kind).toBe("apply-only"));

  it("names the stage and the time left while it runs", () => {
    expect(trainState({ ...facts, job: job({}) })).toEqual({
      kind: "running",
      text: "Computing features… 3 s left",
      progress: 0.4,
    });
    expect(trainState({ ...facts, job: job({ seconds_left: null }) }).text).toBe("Computing features…");
    expect(trainState({ ...facts, job: job({ state: "queued", stage: "" }) }).text).toBe("Waiting… 3 s left");
    expect(trainState({ ...facts, job: job({ stage: "polishing", seconds_left: null }) }).text).toBe("Polishing…");
  });

  it("goes on from a job that ended", () => {
    for (const state of ["done", "failed", "cancelled"] as const) {
      expect(trainState({ ...facts, job: job({ state }), result }).kind).toBe("ready");
    }
  });

  it("says how long the result took, or that labels changed after it", () => {
    expect(trainState({ ...facts, result }).text).toBe("Segmented in 1.0 s");
    expect(trainState({ ...facts, result: { ...result, outdated: true } }).text).toBe("Labels changed since");
    expect(trainState({ ...facts, result: { ...result, state: "cancelled" } }).text).toBe("");
  });
});
