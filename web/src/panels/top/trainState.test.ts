import { describe, expect, it } from "vitest";
import type { JobInfo, ResultInfo } from "../../state/contract";
import { isRunning, type TrainFacts, trainState } from "./trainState";

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
  predicted_id: "r",
  image: 0,
  state: "complete",
  revision: 3,
  outdated: false,
  levels: 1,
  classes: [],
  fractions: [],
  mean_uncertainty: null,
  seconds: 1,
  cleaning: [],
};

const facts: TrainFacts = {
  labelledPixels: { 1: 5, 2: 5 },
  hasClassifier: false,
  job: null,
  result: null,
  live: false,
};

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

  it("counts the images while all are segmented", () => {
    const all = job({ kind: "apply_all", images_done: 11, images_total: 200, seconds_left: 170 });
    expect(trainState({ ...facts, job: all }).text).toBe("Image 12 of 200… about 3 min left");
    expect(trainState({ ...facts, job: { ...all, images_done: 200, seconds_left: null } }).text).toBe(
      "Image 200 of 200…",
    );
  });

  it("lets the person go on with everything while it is live", () => {
    const live = job({ kind: "live", seconds_left: 0.4 });
    expect(trainState({ ...facts, live: true, job: live })).toEqual({ kind: "ready", text: "Live: updating…" });
    expect(trainState({ ...facts, live: true, job: { ...live, seconds_left: 30 } }).text).toBe("Live: 30 s left");
    expect(trainState({ ...facts, live: true, job: { ...live, state: "done" } }).text).toBe("Live: up to date");
    expect(trainState({ ...facts, live: true, labelledPixels: {} }).kind).toBe("needs-labels");
    expect(isRunning(live)).toBe(false);
  });
});
