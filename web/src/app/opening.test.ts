// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/error";
import * as projects from "../api/projects";
import type { Project } from "../state/contract";
import { uploadAt, useOpening } from "./opening";

vi.mock("../api/projects");

const file = new File(["x"], "steel.tif");

beforeEach(() => {
  window.location.hash = "#/";
});
afterEach(() => {
  useOpening.setState({ busy: null, failure: null });
});

describe("uploadAt", () => {
  it("knows the time left once the speed is known", () => {
    expect(uploadAt(0.25, 2)).toEqual({ sent: 0.25, secondsLeft: 6 });
    expect(uploadAt(0.25, 0.2).secondsLeft).toBeNull();
    expect(uploadAt(0, 5).secondsLeft).toBeNull();
  });
});

describe("opening a file", () => {
  it("goes to the new project", async () => {
    vi.mocked(projects.createProject).mockResolvedValue({ id: "abc" } as Project);
    await useOpening.getState().open(file);
    expect(window.location.hash).toBe("#/project/abc");
    expect(useOpening.getState()).toMatchObject({ busy: null, failure: null });
  });

  it("says what was wrong and stays where it is", async () => {
    vi.mocked(projects.createProject).mockRejectedValue(
      new ApiError("broken_image", "It is cut off.", "Copy it.", 422),
    );
    await useOpening.getState().open(file);
    expect(window.location.hash).toBe("#/");
    expect(useOpening.getState().failure).toEqual({ name: "steel.tif", message: "It is cut off.", hint: "Copy it." });
  });

  it("is silent after it was cancelled", async () => {
    vi.mocked(projects.createProject).mockImplementation(
      ({ signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    );
    const opened = useOpening.getState().open(file);
    expect(useOpening.getState().busy?.name).toBe("steel.tif");
    useOpening.getState().cancel();
    await opened;
    expect(useOpening.getState()).toMatchObject({ busy: null, failure: null });
    expect(window.location.hash).toBe("#/");
  });
});
