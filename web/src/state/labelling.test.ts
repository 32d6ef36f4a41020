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
const IMAGES = 3;
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
  /** The image on the screen, and the columns of tiles in view. */
  shown = 0;
  columns = [0, 1];
  readonly fetched: string[] = [];
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
    const project = this.#project(0);
    this.#labelling = new Labelling({
      projectId: "project",
      sizeOf: () => ({ width: WIDTH, height: HEIGHT }),
      classes: project.classes,
      history: project.history,
      outbox: this.outbox,
      identity: { clientId: this.#clientId, nextSeq: () => ++this.#seq },
      fetchTile: ({ image, layer, ty, tx }) => {
        this.fetched.push(`${image} ${layer} ${tx}`);
        return server.fetchTile(layer, ty, tx, image);
      },
      choose: (stale) => stale.filter(({ image, tx }) => image === this.shown && this.columns.includes(tx)),
      onChange: () => {},
      retryPause: 1,
    });
    await this.outbox.exclusive(() => this.labelling.restart(0, project));
  }

  /** Shows another image, as the session does: what the server tells may be older than what is known. */
  show(image: number): void {
    this.shown = image;
    while (!this.labelling.learn(image, this.#project(image))) {}
    this.labelling.fetchSeen();
  }

  async restart(): Promise<void> {
    await this.outbox.exclusive(() => this.labelling.restart(this.shown, this.#project(this.shown)));
  }

  #project(image: number) {
    const { history, classes } = this.#server;
    return { history, classes, tiles: this.#server.tilesOf(image) };
  }

  draw({ image, classId, x, y, width, height, layer, overwrite, erases }: Draw): void {
    const stroke = this.labelling.beginStroke(
      erases ? { kind: "erase", image, layer, classId } : { kind: "paint", image, layer, classId, overwrite },
    );
    for (let row = y; row < y + height; row++) stroke.coverRow(row, x, x + width);
    this.labelling.endStroke();
  }

  pixels(layer: LayerName, image = 0): Uint8Array {
    const drawn = this.labelling.of(image).layers[layer];
    return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => drawn.valueAt(i % WIDTH, Math.floor(i / WIDTH)));
  }

  /** Waits until the server has everything, and all that is seen was fetched. */
  async settle(): Promise<void> {
    const isAway = () =>
      this.outbox.emptied("project").then(
        () => false,
        () => true,
      );
    while (await isAway()) {}
    await this.outbox.exclusive(() => this.labelling.refresh());
    while (this.labelling.of(this.shown).staleTiles.some(({ tx }) => this.columns.includes(tx))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

interface Draw {
  image: number;
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
  | { kind: "clear"; image: number; classId: number | null; layer: LayerName }
  | { kind: "show"; image: number; columns: number[] }
  | { kind: "classes"; dropped: number; locked: number }
  | { kind: "undo" | "redo" | "wait" };

const STROKE: Draw = {
  image: 0,
  classId: 1,
  x: 0,
  y: 0,
  width: 9,
  height: 9,
  layer: "labels",
  overwrite: false,
  erases: false,
};

const layers = fc.constantFrom<LayerName>("labels", "edits");
const images = fc.integer({ min: 0, max: IMAGES - 1 });
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("draw" as const),
      image: fc.constant(0),
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
      image: fc.constant(0),
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

/** As a person gives them who goes from image to image: what is drawn goes to the one that is shown. */
const withImages: fc.Arbitrary<Command> = fc.oneof(
  { weight: 9, arbitrary: commands },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("show" as const),
      image: images,
      columns: fc.constantFrom<number[]>([0], [1], [0, 1]),
    }),
  },
);

async function run(tab: Tab, command: Command): Promise<void> {
  const { labelling } = tab;
  switch (command.kind) {
    case "draw":
      tab.draw({ ...command, image: tab.shown });
      return;
    case "clear":
      labelling.clear(tab.shown, command.layer, command.classId);
      return;
    case "show":
      tab.columns = command.columns;
      tab.show(command.image);
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
    const difference = firstDifference(tab.pixels(layer, tab.shown), server.layersOf(tab.shown)[layer]);
    expect([tab.shown, layer, difference]).toEqual([tab.shown, layer, -1]);
  }
  expect(tab.labelling.labelledPixels).toEqual(server.labelledPixels);
  expect(tab.labelling.classes).toEqual(server.classes);
  const { can_undo, can_redo, undo_name, redo_name, undo_image, redo_image } = server.history;
  expect(tab.labelling.history).toEqual({
    canUndo: can_undo,
    canRedo: can_redo,
    undoName: undo_name,
    redoName: redo_name,
  });
  expect([tab.labelling.imageOf("undo"), tab.labelling.imageOf("redo")]).toEqual([undo_image, redo_image]);
}

async function agreeInTheEnd(given: fc.Arbitrary<Command>, imageCount: number): Promise<void> {
  const weathers = fc.array(fc.constantFrom<Weather>("fine", "request lost", "answer lost"), { maxLength: 30 });
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), given), { minLength: 1, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(steps, weathers, async (list, forecast) => {
      const server = new LabelServer(WIDTH, HEIGHT, CLASSES, imageCount);
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
      for (const tab of tabs) {
        // What the events told, had they not been lost with the weather: a tab that connects again reads all.
        if (forecast.some((weather) => weather !== "fine")) await tab.restart();
        for (let image = 0; image < imageCount; image++) {
          tab.columns = [0, 1];
          tab.show(image);
          await tab.settle();
          expectSame(tab, server);
        }
      }
    }),
    { numRuns: 40 },
  );
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

  it("agrees with the server in the end, for two tabs and any weather", () => agreeInTheEnd(commands, 1));

  it(
    "agrees over several images, of which each tab sees a part of one",
    () => agreeInTheEnd(withImages, IMAGES),
    60_000,
  );

  it("draws what an earlier page left behind, and delivers it", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const storage = new MemoryStorage();
    const first = new Tab(server, "first-page", storage);
    await first.open();
    server.weather = () => "request lost";
    first.draw({
      image: 0,
      classId: 2,
      x: 249,
      y: 20,
      width: 15,
      height: 4,
      layer: "labels",
      overwrite: false,
      erases: false,
    });
    await first.outbox.settled("project");
    first.labelling.close();

    const second = new Tab(server, "second-page", storage);
    await second.outbox.settled("project");
    server.weather = () => "fine";
    await second.open();
    expect(second.pixels("labels").filter((classId) => classId === 2)).toHaveLength(60);
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
      image: 0,
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
    expect(tab.labelling.labelledPixels).toEqual({ 1: 40, 2: 20 });
    await tab.settle();
    expect(tab.labelling.labelledPixels).toEqual({ 2: 40 });
    expectSame(tab, server);
  });

  it("keeps a stroke that is being drawn when its tile is fetched anew", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    const stroke = tab.labelling.beginStroke({
      kind: "paint",
      image: 0,
      layer: "labels",
      classId: 1,
      overwrite: false,
    });
    stroke.coverRow(5, 0, 10);
    server.layers.labels.fill(2, 5 * WIDTH + 5, 5 * WIDTH + 8);
    await tab.restart();
    stroke.coverRow(5, 10, 12);
    expect([4, 5, 7, 8, 11].map((x) => tab.labelling.of(0).layers.labels.valueAt(x, 5))).toEqual([1, 2, 2, 1, 1]);
    tab.labelling.endStroke();
    await tab.settle();
    expectSame(tab, server);
  });

  it("goes on undoing into what earlier pages drew, while its own steps are still on their way", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const earlier = new Tab(server, "earlier", new MemoryStorage());
    await earlier.open();
    earlier.draw(STROKE);
    await earlier.settle();
    const tab = new Tab(server, "later", new MemoryStorage());
    await tab.open();
    tab.draw({ ...STROKE, classId: 2, x: 20 });
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
    tab.draw({ ...STROKE, erases: true });
    expect(tab.outbox.size).toBe(0);
    expect(tab.labelling.history.canUndo).toBe(false);
  });

  it("fetches only tiles that are seen, and those of another image when it is shown", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES, IMAGES);
    for (const image of [0, 1, 2]) server.layersOf(image).labels.fill(image + 1);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    tab.columns = [1];
    await tab.open();
    expect(tab.fetched).toEqual(["0 labels 1"]);
    tab.columns = [0, 1];
    tab.labelling.fetchSeen();
    await tab.settle();
    expect(tab.fetched).toEqual(["0 labels 1", "0 labels 0"]);
    tab.show(2);
    await tab.settle();
    expect(tab.fetched.slice(2)).toEqual(["2 labels 0", "2 labels 1"]);
    tab.show(0);
    await tab.settle();
    expect(tab.fetched).toHaveLength(4);
  });

  it("draws over tiles that were not fetched yet as if they had been", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    server.layers.labels.fill(2, 0, 5);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    tab.columns = [];
    await tab.open();
    tab.draw(STROKE);
    tab.columns = [0, 1];
    tab.labelling.fetchSeen();
    await tab.settle();
    expectSame(tab, server);
    expect([...tab.pixels("labels").subarray(3, 7)]).toEqual([2, 2, 1, 1]);
  });

  it("clears an image whose labels it never saw, and leaves others alone", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES, IMAGES);
    for (const image of [0, 1]) server.layersOf(image).labels.fill(1);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    tab.columns = [];
    await tab.open();
    tab.labelling.clear(0, "labels", 1);
    await tab.settle();
    expect(server.layersOf(0).labels.every((classId) => classId === 0)).toBe(true);
    expect(server.layersOf(1).labels.every((classId) => classId === 1)).toBe(true);
  });

  it("says on which image the next undo lies, before and after the server has answered", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES, IMAGES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    tab.draw(STROKE);
    tab.draw({ ...STROKE, image: 2 });
    expect(tab.labelling.imageOf("undo")).toBe(2);
    tab.labelling.undo();
    expect([tab.labelling.imageOf("undo"), tab.labelling.imageOf("redo")]).toEqual([0, 2]);
    await tab.settle();
    expect([tab.labelling.imageOf("undo"), tab.labelling.imageOf("redo")]).toEqual([0, 2]);
    const other = new Tab(server, "tab-two", new MemoryStorage());
    await other.open();
    expect([other.labelling.imageOf("undo"), other.labelling.imageOf("redo")]).toEqual([0, 2]);
  });

  it("takes no list of tiles that is older than what it knows", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES, IMAGES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    const old = { history: server.history, tiles: server.tilesOf(1) };
    tab.draw(STROKE);
    await tab.settle();
    expect(tab.labelling.learn(1, old)).toBe(false);
    expect(tab.labelling.learn(1, { history: server.history, tiles: server.tilesOf(1) })).toBe(true);
  });

  it("shows what the server did where somebody locked a class while a stroke was on its way", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    await tab.open();
    tab.draw(STROKE);
    tab.draw({ ...STROKE, classId: 2, overwrite: true });
    // Heard of between the two strokes, the second of which was drawn without it.
    const locks = {
      client_id: "someone-else",
      client_seq: 1,
      base_revision: 0,
      kind: "classes",
      image: 0,
      layer: "labels",
      class_id: null,
      overwrite: false,
      tiles: [],
      classes: CLASSES.map((entry) => ({ ...entry, locked: entry.id === 1 })),
    } as const;
    server.onStored = (ack) => {
      if (server.stored.length === 1) void server.send({ ...locks, tiles: [] });
      else void tab.outbox.exclusive(() => tab.labelling.followed(ack));
    };
    await tab.settle();
    expect(server.stored[1]).toBe("someone-else 1");
    expectSame(tab, server);
  });

  it("fetches a tile out of view for who needs it now", async () => {
    const server = new LabelServer(WIDTH, HEIGHT, CLASSES);
    server.layers.labels.fill(3);
    const tab = new Tab(server, "tab-one", new MemoryStorage());
    tab.columns = [];
    await tab.open();
    await tab.labelling.ensure({ image: 0, layer: "labels", ty: 0, tx: 1 });
    expect(tab.labelling.of(0).layers.labels.valueAt(260, 3)).toBe(3);
    expect(tab.fetched).toEqual(["0 labels 1"]);
  });
});
