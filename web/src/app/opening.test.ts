// @vitest-environment jsdom
import { Blob as ReadableBlob } from "node:buffer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/error";
import * as files from "../api/files";
import * as images from "../api/images";
import * as uploads from "../api/uploads";
import type { Project } from "../state/contract";
import { noteOf, useOpening } from "./opening";

vi.mock("../api/files");
vi.mock("../api/images");
vi.mock("../api/uploads");

/** Of Node, since jsdom's cannot be read. */
const named = (...names: string[]) => names.map((name) => ({ name, content: new ReadableBlob(["xyz"]) as Blob }));
const project = { id: "abc", name: "steel" } as Project;
const NEW = { kind: "new" } as const;

function fromFiles(...names: string[]) {
  return useOpening.getState().bring({ kind: "files", files: named(...names) }, NEW);
}

beforeEach(() => {
  localStorage.clear();
  window.location.hash = "#/";
  useOpening.setState({ busy: null, failure: null, note: null, ready: null });
  let made = 0;
  vi.mocked(uploads.beginUpload).mockImplementation(async (file_name, size) => {
    return { id: `u${++made}`, file_name, size, received: 0, sha256: null };
  });
  vi.mocked(uploads.sendPiece).mockImplementation(async (id, offset, { content }) => {
    return { id, file_name: "", size: offset + content.size, received: offset + content.size, sha256: "" };
  });
  vi.mocked(uploads.dropUpload).mockResolvedValue();
});
afterEach(() => {
  vi.clearAllMocks();
});

describe("opening files", () => {
  it("makes a project of them in natural order, and goes there", async () => {
    vi.mocked(uploads.createFromUploads).mockResolvedValue(project);
    await fromFiles("series/slice10.tif", "series/slice2.tif", "series/notes.txt");
    expect(vi.mocked(uploads.beginUpload).mock.calls.map(([name]) => name)).toEqual([
      "series/slice2.tif",
      "series/slice10.tif",
    ]);
    expect(uploads.createFromUploads).toHaveBeenCalledWith(["u1", "u2"], "series");
    expect(window.location.hash).toBe("#/project/abc");
    expect(useOpening.getState()).toMatchObject({ busy: null, failure: null });
    expect(useOpening.getState().note).toBe("notes.txt was left out: it is no image file.");
  });

  it("says what was wrong and stays where it is", async () => {
    vi.mocked(uploads.createFromUploads).mockRejectedValue(
      new ApiError("broken_image", "It is cut off.", "Copy it.", 422),
    );
    await fromFiles("steel.tif");
    expect(window.location.hash).toBe("#/");
    expect(useOpening.getState().failure).toEqual({ name: "steel.tif", message: "It is cut off.", hint: "Copy it." });
    expect(uploads.dropUpload, "the files need not go again").not.toHaveBeenCalled();
  });

  it("refuses what holds no image before anything is sent", async () => {
    await fromFiles("a.txt", "b.doc");
    expect(useOpening.getState().failure?.message).toBe("None of these files is an image.");
    await fromFiles("x.zarr/zarr.json", "x.zarr/0/c/0");
    expect(useOpening.getState().failure?.message).toContain("x.zarr is an OME-Zarr folder");
    expect(uploads.beginUpload).not.toHaveBeenCalled();
  });

  it("is silent after it was cancelled, and takes back what was sent", async () => {
    vi.mocked(uploads.sendPiece).mockImplementation(
      (_id, _offset, _bytes, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const opened = fromFiles("steel.tif");
    await vi.waitFor(() => expect(useOpening.getState().busy?.cancellable).toBe(true));
    expect(useOpening.getState().busy?.transfer).toMatchObject({ name: "steel.tif", files: 1, bytes: 3 });
    await vi.waitFor(() => expect(uploads.sendPiece).toHaveBeenCalled());
    useOpening.getState().cancel();
    await opened;
    expect(useOpening.getState()).toMatchObject({ busy: null, failure: null });
    expect(uploads.dropUpload).toHaveBeenCalledWith("u1");
    expect(window.location.hash).toBe("#/");
  });

  it("does not take the person away from another project", async () => {
    let made = (_: Project): void => {};
    vi.mocked(uploads.createFromUploads).mockReturnValue(new Promise((resolve) => (made = resolve)));
    const opened = fromFiles("steel.tif");
    await vi.waitFor(() => expect(uploads.createFromUploads).toHaveBeenCalled());
    window.location.hash = "#/project/other";
    made(project);
    await opened;
    expect(window.location.hash).toBe("#/project/other");
    expect(useOpening.getState().ready).toEqual({ name: "steel", projectId: "abc" });
  });
});

describe("other ways in", () => {
  it("opens paths where they lie", async () => {
    vi.mocked(files.createFromPaths).mockResolvedValue(project);
    await useOpening.getState().bring({ kind: "paths", paths: ["/data/a.tif"] }, NEW);
    expect(files.createFromPaths).toHaveBeenCalledWith(["/data/a.tif"]);
    expect(window.location.hash).toBe("#/project/abc");
  });

  it("adds to an open project and stays there", async () => {
    window.location.hash = "#/project/abc";
    vi.mocked(images.addImages).mockResolvedValue(project);
    const added = vi.fn();
    const destination = { kind: "project", projectId: "abc", added } as const;
    await useOpening.getState().bring({ kind: "files", files: named("b.tif") }, destination);
    expect(images.addImages).toHaveBeenCalledWith("abc", { uploads: ["u1"] });
    await useOpening.getState().bring({ kind: "paths", paths: ["/data/c.tif"] }, destination);
    expect(images.addImages).toHaveBeenLastCalledWith("abc", { paths: ["/data/c.tif"] });
    expect(added).toHaveBeenCalledTimes(2);
    expect(window.location.hash).toBe("#/project/abc");
  });
});

describe("noteOf", () => {
  it.each<[string[], string | null]>([
    [[], null],
    [["a/b.txt"], "b.txt was left out: it is no image file."],
    [["1", "2", "3", "4", "5"], "1, 2, 3 and 2 more were left out: they are no image files."],
  ])("%o", (leftOut, text) => expect(noteOf({ leftOut, zarrFolders: [] })).toBe(text));
});
