import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstDifference } from "../testing/arrays";
import { LabelServer, type Weather } from "../testing/labelServer";
import type { ClassInfo } from "./contract";
import { Labelling } from "./labelling";
import { Outbox } from "./outbox";
import type { OutboxStorage, StoredOperation } from "./outboxStorage";
import type { LayerName } from "./steps";

const WIDTH = 264;
const HEIGHT = 24;
const CLASSES: ClassInfo[] = [1, 2, 3].map((id) => ({ id, name: `Class ${id}`, colour: "#1f77b4", locked: false }));

class MemoryStorage implements OutboxStorage {
  readonly #stored = new Map<number, StoredOperation>();
  #last = 0;
  add = async (stored: StoredOperation): Promise<number> => {
    this.#stored.set(++this.#last, stored);
    return this.#last;
  };
  all = async (): Promise<[number, StoredOperation][]> => [...this.#stored];
  remove = async (key: number): Promise<void> => void this.#stored.delete(key);
}

/** One tab: labelling with an outbox of its own, joined to the server as the editor joins them. */
class Tab {
  readonly outbox: Outbox;
  #labelling: Labelling | null = null;
  readonly #server: LabelServer;
  readonly #clientId: string;
  #seq = 0;

  constructor(server: LabelServer, clientId: string, storage: OutboxStorage) {
    this.#server = server;
    this.#clientId = clientId;
    this.outbox = new Outbox({
      storage,
      pauses: [0],
      send: (_projectId, operation) => server.send(operation),
      listener: {
        revisionOf: () => this.#labelling?.revision ?? null,
        acknowledged: async (entry, ack) => this.#labelling?.acknowledged(entry, ack),
        rejected: async (entry) => this.#labelling?.rejected(entry),
        changed: () => {},
      },
    });
  }

  get labelling(): Labelling {
    if (!this.#labelling) throw new Error("The tab has to be opened first.");
    return this.#labelling;
  }

  async open(): Promise<void> {
    const server = this.#server;
    const project = { history: server.history, classes: server.classes, tiles: server.tiles };
    this.#labelling = new Labelling({
      projectId: "project",
      width: WIDTH,
      height: HEIGHT,
      classes: project.classes,
      history: project.history,
      outbox: this.outbox,
      identity: { clientId: this.#clientId, nextSeq: () => ++this.#seq },
      fetchTile: (layer, ty, tx) => server.fetchTile(layer, ty, tx),
      onChange: () => {},
      retryPause: 1,
    });
    await this.outbox.exclusive(() => this.labelling.restart(project));
  }

  draw({ classId, x, y, width, height, layer, overwrite, erases }: Draw): void {
    const stroke = this.labelling.beginStroke(
      erases ? { kind: "erase", layer, classId } : { kind: "paint", layer, classId, overwrite },
    );
    for (let row = y; row < y + height; row++) stroke.coverRow(row, x, x + width);
    this.labelling.endStroke();
  }

  pixels(layer: LayerName): Uint8Array {
    const drawn = this.labelling.layers[layer];
    return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => drawn.valueAt(i % WIDTH, Math.floor(i / WIDTH)));
  }

  async settle(): Promise<void> {
    while (
      await this.outbox.emptied("project").then(
        () => false,
        () => true,
      )
    );
    await this.outbox.exclusive(() => this.labelling.refresh());
  }
}

interface Draw {
  classId: number;
  x: number;
  y: number;
  width: number;
  height: number;
  layer: LayerName;
  overwrite: boolean;
  erases: boolean;
}

type Command =
  | ({ kind: "draw" } & Draw)
  | { kind: "clear"; classId: number | null; layer: LayerName }
  | { kind: "classes"; dropped: number; locked: number }
  | { kind: "undo" | "redo" | "wait" };

const layers = fc.constantFrom<LayerName>("labels", "edits");
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("draw" as const),
      classId: fc.integer({ min: 1, max: 3 }),
      x: fc.integer({ min: 200, max: WIDTH - 1 }),
      y: fc.integer({ min: 0, max: HEIGHT - 1 }),
      width: fc.integer({ min: 1, max: 60 }),
      height: fc.integer({ min: 1, max: 25 }),
      layer: layers,
      overwrite: fc.boolean(),
      erases: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("clear" as const),
      classId: fc.option(fc.integer({ min: 1, max: 3 })),
      layer: layers,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("classes" as const),
      dropped: fc.integer({ min: 0, max: 3 }),
      locked: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("undo" as const, "redo" as const, "wait" as const) }) },
);

async function run(tab: Tab, command: Command): Promise<void> {
  const { labelling } = tab;
  switch (command.kind) {
    case "draw":
      tab.draw(command);
      return;
    case "clear":
      labelling.clear(command.layer, command.classId);
      return;
    case "classes": {
      const kept = CLASSES.filter(({ id }) => id !== command.dropped);
      labelling.setClasses(kept.map((entry) => ({ ...entry, locked: entry.id === command.locked })));
      return;
    }
    case "undo":
      if (labelling.history.canUndo) labelling.undo();
      return;
    case "redo":
      if (labelling.history.canRedo) labelling.redo();
      return;
    case "wait":
      await new Promise((resolve) => setTimeout(resolve, 0));
      return;
  }
}

function expectSame(tab: Tab, server: LabelServer): void {
  for (const layer of ["labels", "edits"] as const) {
    const pixels = tab.pixels(layer);
    expect([layer, firstDifference(pixels, server.layers[layer])]).toEqual([layer, -1]);
    const counted = [1, 2, 3].map((classId) => pixels.filter((value) => value === classId).length);
    expect([...tab.labelling.layers[layer].counts.subarray(1, 4)]).toEqual(counted);
  }
  expect(tab.labelling.classes).toEqual(server.classes);
  const { can_undo, can_redo, undo_name, redo_name } = server.history;
  expect(tab.labelling.history).toEqual({
    canUndo: can_undo,
    canRedo: can_redo,
    undoName: undo_name,
    redoName: redo_name,
  });
}

describe("labelling", () => {
  it("shows at once what the server will answer, undo and redo included", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { minLength: 1, maxLength: 12 }), async (list) => {
        const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
        const tab = new Tab(server, "tab-one", new MemoryStorage());
        await tab.open();
        for (const command of list) await run(tab, command);
        const shown = { labels: tab.pixels("labels"), edits: tab.pixels("edits") };
        await tab.settle();
        expect(firstDifference(shown.labels, server.layers.labels)).toBe(-1);
        expect(firstDifference(shown.edits, server.layers.edits)).toBe(-1);
        expectSame(tab, server);
      }),
      { numRuns: 20 },
    );
  });

  it("agrees with the server in the end, for two tabs and any weather", async () => {
    const weathers = fc.array(fc.constantFrom<Weather>("fine", "request lost", "answer lost"), { maxLength: 30 });
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), commands), { minLength: 1, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(steps, weathers, async (list, forecast) => {
        const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
        const remaining = [...forecast];
        const tabs = ["tab-one", "tab-two"].map((name) => new Tab(server, name, new MemoryStorage()));
        for (const tab of tabs) await tab.open();
        server.onStored = (ack) => {
          for (const tab of tabs) void tab.outbox.exclusive(() => tab.labelling.followed(ack));
        };
        server.weather = () => remaining.shift() ?? "fine";
        for (const [index, command] of list) await run(tabs[index] as Tab, command);
        server.weather = () => "fine";
        for (const tab of [...tabs, ...tabs]) await tab.settle();
        // What the events told, had they not been lost with the weather: a tab that connects again reads all.
        for (const tab of tabs) {
          const project = { history: server.history, classes: server.classes, tiles: server.tiles };
          if (forecast.some((weather) => weather !== "fine")) {
            await tab.outbox.exclusive(() => tab.labelling.restart(project));
          }
          expectSame(tab, server);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("draws what an earlier page left behind, and delivers it", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const storage = new MemoryStorage();
    const first = new Tab(server, "first-page", storage);
    await first.open();
    server.weather = () => "request lost";
    first.draw({ classId: 2, x: 249, y: 20, width: 15, height: 4, layer: "labels", overwrite: false, erases: false });
    await first.outbox.settled("project");
    first.labelling.close();

    const second = new Tab(server, "second-page", storage);
    await second.outbox.settled("project");
    server.weather = () => "fine";
    await second.open();
    expect(second.labelling.layers.labels.counts[2]).toBe(60);
    await second.settle();
    expectSame(second, server);
    expect(server.layers.labels.filter((classId) => classId === 2)).toHaveLength(60);
  });

  it("takes back what the server refuses, and keeps what came after", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    server.refuses = (operation) => operation.client_seq === 1;
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    const stroke: Draw = {
      classId: 1,
      x: 10,
      y: 10,
      width: 20,
      height: 2,
      layer: "labels",
      overwrite: false,
      erases: false,
    };
    tab.draw(stroke);
    tab.draw({ ...stroke, classId: 2, x: 20 });
    expect(tab.labelling.layers.labels.counts[1]).toBe(40);
    await tab.settle();
    expect([...tab.labelling.layers.labels.counts.subarray(1, 3)]).toEqual([0, 40]);
    expectSame(tab, server);
  });

  it("keeps a stroke that is being drawn when its tile is fetched anew", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    const stroke = tab.labelling.beginStroke({ kind: "paint", layer: "labels", classId: 1, overwrite: false });
    stroke.coverRow(5, 0, 10);
    server.layers.labels.fill(2, 5 * WIDTH + 5, 5 * WIDTH + 8);
    await tab.labelling.restart({ history: server.history, classes: server.classes, tiles: server.tiles });
    stroke.coverRow(5, 10, 12);
    expect([4, 5, 7, 8, 11].map((x) => tab.labelling.layers.labels.valueAt(x, 5))).toEqual([1, 2, 2, 1, 1]);
    tab.labelling.endStroke();
    await tab.settle();
    expectSame(tab, server);
  });

  it("goes on undoing into what earlier pages drew, while its own steps are still on their way", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const earlier = new Tab(server, "earlier", new MemoryStorage());
    await earlier.open();
    const stroke: Draw = {
      classId: 1,
      x: 0,
      y: 0,
      width: 9,
      height: 9,
      layer: "labels",
      overwrite: false,
      erases: false,
    };
    earlier.draw(stroke);
    await earlier.settle();
    const tab = new Tab(server, "later", new MemoryStorage());
    await tab.open();
    tab.draw({ ...stroke, classId: 2, x: 20 });
    tab.labelling.undo();
    expect(tab.labelling.history.canUndo).toBe(true);
    tab.labelling.undo();
    await tab.settle();
    expectSame(tab, server);
    expect(server.layers.labels.every((classId) => classId === 0)).toBe(true);
  });

  it("sends nothing for a stroke that changed nothing", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    tab.draw({ classId: 1, x: 0, y: 0, width: 9, height: 9, layer: "labels", overwrite: false, erases: true });
    expect(tab.outbox.size).toBe(0);
    expect(tab.labelling.history.canUndo).toBe(false);
  });
});
