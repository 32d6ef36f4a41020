import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../api/error";
import { type Fault, UploadServer } from "../../testing/uploadServer";
import { rememberedUploads } from "./rememberedUploads";
import { FileError, type Waiting } from "./resumableUpload";
import { type NamedFile, type QueueOptions, sendFiles, type Transfer, TransferError } from "./uploadQueue";

const CHUNK = 10;

function fileOf(name: string, size: number): NamedFile {
  return { name, content: new File([Uint8Array.from({ length: size }, (_, at) => (at * 31 + size) % 251)], name) };
}

const NOTHING_REMEMBERED = { recall: () => null, remember: () => {}, forget: () => {} };

function setup(server: UploadServer, changes: Partial<QueueOptions> = {}) {
  const transfers: Transfer[] = [];
  const pauses: number[] = [];
  const controller = new AbortController();
  let clock = 0;
  const options: QueueOptions = {
    transport: server,
    memory: NOTHING_REMEMBERED,
    signal: controller.signal,
    onTransfer: (transfer) => transfers.push(transfer),
    pause: async (milliseconds) => void pauses.push(milliseconds),
    now: () => (clock += 200),
    chunkBytes: CHUNK,
    ...changes,
  };
  return { options, transfers, pauses, controller };
}

async function expectWhole(server: UploadServer, files: readonly NamedFile[], ids: readonly string[]): Promise<void> {
  expect(ids).toHaveLength(files.length);
  for (const [at, file] of files.entries()) {
    const held = server.uploads.get(ids[at] ?? "");
    expect(held?.name).toBe(file.name);
    expect(held?.received).toBe(file.content.size);
    expect(held?.bytes).toEqual(new Uint8Array(await file.content.arrayBuffer()));
  }
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ kind: "lost request" }),
  fc.constant<Fault>({ kind: "lost answer" }),
  fc.record({ kind: fc.constant("cut"), share: fc.double({ min: 0, max: 1, noNaN: true }), kept: fc.boolean() }),
  fc.constant<Fault>({ kind: "changed byte" }),
  fc.constantFrom(429, 503, 507).map<Fault>((status) => ({ kind: "refused", status })),
);

describe("sending files", () => {
  it("ends with the same bytes whatever is lost, and sends no more than a piece again for each loss", async () => {
    const faults = fc.array(fc.option(fault, { freq: 2 }), { maxLength: 40 });
    const sizes = fc.array(fc.integer({ min: 1, max: 95 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(faults, sizes, async (planned, sizesOfFiles) => {
        // A byte that is changed each time is no line at all.
        const never = planned.filter((entry) => entry?.kind === "changed byte").length > 3;
        fc.pre(!never);
        const server = new UploadServer();
        server.faults = [...planned];
        const files = sizesOfFiles.map((size, at) => fileOf(`slice ${at}.tif`, size));
        const { options, transfers } = setup(server);
        await expectWhole(server, files, await sendFiles(files, options));
        const bytes = sizesOfFiles.reduce((sum, size) => sum + size, 0);
        const losses = planned.filter(Boolean).length;
        expect(server.bytesTravelled).toBeLessThanOrEqual(bytes + losses * CHUNK);
        const last = transfers.at(-1);
        expect(last).toMatchObject({ bytes, bytesSent: bytes, filesDone: files.length, waiting: null });
        for (const [at, transfer] of transfers.entries()) {
          expect(transfer.bytesSent).toBeGreaterThanOrEqual(transfers[at - 1]?.bytesSent ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("pauses longer each time while the server is away, says so, and goes on at once when it is back", async () => {
    const server = new UploadServer();
    server.faults = [null, ...Array.from({ length: 7 }, (): Fault => ({ kind: "lost request" }))];
    const { options, transfers, pauses } = setup(server);
    await sendFiles([fileOf("a.tif", 25)], options);
    expect(pauses).toEqual([300, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(transfers.some(({ waiting }: { waiting: Waiting | null }) => waiting?.message.includes("reached"))).toBe(
      true,
    );
    expect(transfers.at(-1)?.waiting).toBeNull();
  });

  it("begins a file anew where the server lost it, but not for ever", async () => {
    const server = new UploadServer();
    server.faults = [null, null, { kind: "forgets" }];
    const files = [fileOf("a.tif", 25)];
    await expectWhole(server, files, await sendFiles(files, setup(server).options));
    server.faults = Array.from({ length: 40 }, (_, at) => (at % 2 ? { kind: "forgets" as const } : null));
    await expect(sendFiles(files, setup(server).options)).rejects.toMatchObject({ file: "a.tif" });
  });

  it("gives up where every piece comes changed", async () => {
    const server = new UploadServer();
    server.faults = [
      null,
      ...Array.from({ length: 40 }, (_, at) => (at % 2 ? null : ({ kind: "changed byte" } as const))),
    ];
    await expect(sendFiles([fileOf("a.tif", 25)], setup(server).options)).rejects.toThrow("The piece was changed.");
  });

  it("names the file that is refused, and takes back what was sent", async () => {
    const server = new UploadServer();
    const create = server.create;
    server.create = async (name, size, signal) => {
      if (name === "huge.tif") throw new ApiError("upload_too_large", "It is too large.", "Crop it.", 413);
      return create(name, size, signal);
    };
    const failure: unknown = await sendFiles(
      [fileOf("a.tif", 25), fileOf("huge.tif", 30), fileOf("b.tif", 10)],
      setup(server).options,
    ).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(TransferError);
    expect(failure).toMatchObject({ file: "huge.tif", message: "It is too large.", hint: "Crop it." });
    expect(server.uploads.size).toBe(0);
  });

  it("names the file that can no longer be read", async () => {
    const content = new Blob([new Uint8Array(30)]);
    content.slice = () => {
      throw new DOMException("gone", "NotReadableError");
    };
    const sent = sendFiles([{ name: "gone.tif", content }], setup(new UploadServer()).options);
    await expect(sent).rejects.toMatchObject({ file: "gone.tif", message: "gone.tif can no longer be read." });
    await expect(sent).rejects.toHaveProperty("cause", expect.any(FileError));
  });

  it("names a file that is empty before anything is sent", async () => {
    const server = new UploadServer();
    const sent = sendFiles([fileOf("a.tif", 20), fileOf("nothing.tif", 0)], setup(server).options);
    await expect(sent).rejects.toMatchObject({ file: "nothing.tif", message: "nothing.tif is empty: it has 0 bytes." });
    expect(server.requests).toBe(0);
  });

  it("ends at once when it is cancelled, and takes back what was sent", async () => {
    const server = new UploadServer();
    const { options, controller } = setup(server);
    const reason = new DOMException("Cancelled", "AbortError");
    const requests: number[] = [];
    const sent = sendFiles(
      Array.from({ length: 9 }, (_, at) => fileOf(`${at}.tif`, 35)),
      {
        ...options,
        onTransfer: ({ filesDone }) => {
          if (filesDone < 3 || controller.signal.aborted) return;
          controller.abort(reason);
          requests.push(server.requests);
        },
      },
    );
    await expect(sent).rejects.toBe(reason);
    expect(server.requests - (requests[0] ?? 0)).toBeLessThanOrEqual(2);
    expect(server.uploads.size).toBe(0);
  });

  it("takes back what an earlier visit had sent when it is cancelled", async () => {
    const server = new UploadServer();
    const { id } = await server.create("a.tif", 95, new AbortController().signal);
    const { options, controller } = setup(server, { memory: { ...NOTHING_REMEMBERED, recall: () => id } });
    const onTransfer = ({ bytesSent }: Transfer): void => {
      if (bytesSent >= 20) controller.abort(new DOMException("Cancelled", "AbortError"));
    };
    await expect(sendFiles([fileOf("a.tif", 95)], { ...options, onTransfer })).rejects.toThrow("Cancelled");
    expect(server.dropped).toEqual([id]);
  });

  it("knows speed and time left from what goes now, not from what an earlier visit had sent", async () => {
    const server = new UploadServer();
    const file = fileOf("a.tif", 100);
    const storage = new Map<string, string>();
    const memory = rememberedUploads(
      { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) },
      () => 0,
    );
    const { id } = await server.create("a.tif", 100, new AbortController().signal);
    const held = server.uploads.get(id);
    held?.bytes.set(new Uint8Array(await file.content.slice(0, 60).arrayBuffer()));
    if (held) held.received = 60;
    const { options, transfers } = setup(server, { memory: { ...memory, recall: () => id } });
    await expectWhole(server, [file], await sendFiles([file], options));
    expect(server.bytesTravelled).toBe(40);
    const speeds = transfers.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
    expect(speeds.length).toBeGreaterThan(0);
    for (const speed of speeds) expect(speed).toBeLessThanOrEqual(CHUNK / 0.2);
  });
});

describe("uploads that are remembered", () => {
  const stored = new Map<string, string>();
  const storage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  };
  const large = (name: string, changed: number): NamedFile => ({
    name,
    content: new File([new Uint8Array(5 * 2 ** 20)], name, { lastModified: changed }),
  });

  it("are found by name, size and time of the last change, for a day, until they are forgotten", () => {
    let now = 0;
    const memory = rememberedUploads(storage, () => now);
    memory.remember(large("a.tif", 1), "one");
    memory.remember(large("b.tif", 1), "two");
    memory.remember(fileOf("small.tif", 10), "three");
    expect(memory.recall(large("a.tif", 1))).toBe("one");
    expect(memory.recall(large("a.tif", 2))).toBeNull();
    expect(memory.recall(fileOf("small.tif", 10))).toBeNull();
    memory.forget(["one"]);
    expect(memory.recall(large("a.tif", 1))).toBeNull();
    expect(memory.recall(large("b.tif", 1))).toBe("two");
    now = 25 * 3600 * 1000;
    expect(memory.recall(large("b.tif", 1))).toBeNull();
  });

  it("are none where the storage holds anything else", () => {
    stored.set("sambaseg-uploads", '[1, {"key": 2}, null]');
    expect(rememberedUploads(storage, () => 0).recall(large("a.tif", 1))).toBeNull();
    stored.set("sambaseg-uploads", "no JSON");
    expect(rememberedUploads(storage, () => 0).recall(large("a.tif", 1))).toBeNull();
  });
});
