import "fake-indexeddb/auto";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Schemas } from "../api/client";
import { ApiError, unreachable } from "../api/error";
import { Outbox, type OutboxListener } from "./outbox";
import { IndexedDbOutbox, type Operation } from "./outboxStorage";

type Ack = Schemas["OperationAck"];

let databases = 0;
const freshName = (): string => `outbox-${++databases}`;

function operation(seq: number, clientId = "client-one"): Operation {
  return { client_id: clientId, client_seq: seq, base_revision: 0, kind: "undo" } as Operation;
}

/** Stores each operation once, under its name. */
class Server {
  readonly names: string[] = [];
  weather: () => "fine" | "request lost" | "answer lost" = () => "fine";

  send = async (_projectId: string, sent: Operation): Promise<Ack> => {
    const weather = this.weather();
    await Promise.resolve();
    if (weather === "request lost") throw unreachable();
    const name = `${sent.client_id} ${sent.client_seq}`;
    const duplicate = this.names.includes(name);
    if (!duplicate) this.names.push(name);
    if (weather === "answer lost") throw unreachable();
    return { client_seq: sent.client_seq, revision: this.names.length, duplicate } as Ack;
  };
}

function listener(): OutboxListener {
  return {
    revisionOf: () => 0,
    acknowledged: vi.fn(async () => {}),
    rejected: vi.fn(async () => {}),
    changed: vi.fn(),
  };
}

function openOutbox(name: string, server: Server, heard = listener()): Outbox {
  return new Outbox({ storage: new IndexedDbOutbox(name), send: server.send, listener: heard, pauses: [0] });
}

/** Resolves when everything was delivered and answered, however often the weather fails. */
async function emptied(outbox: Outbox): Promise<void> {
  while (
    await outbox.emptied("project").then(
      () => false,
      () => true,
    )
  );
  await outbox.exclusive(async () => {});
}

describe("outbox", () => {
  it("says that operations are kept only once they are in this browser's storage", async () => {
    const server = new Server();
    server.weather = () => "request lost";
    let store = (_key: number): void => {};
    const storage = {
      add: () =>
        new Promise<number>((resolve) => {
          store = resolve;
        }),
      all: async () => [],
      remove: async () => {},
    };
    const heard = listener();
    const outbox = new Outbox({ storage, send: server.send, listener: heard, pauses: [0] });
    expect(outbox.isKept).toBe(true);
    const entry = outbox.add("project", operation(1));
    expect(outbox.isKept).toBe(false);
    store(7);
    await entry.stored;
    await Promise.resolve();
    expect(outbox.isKept).toBe(true);
    expect(heard.changed).toHaveBeenCalled();
  });

  it("delivers each operation once and in order, whatever is lost on the way, across reloads", async () => {
    const weathers = fc.array(fc.constantFrom("fine", "request lost", "answer lost"), { maxLength: 12 });
    const pages = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pages, weathers, async (operationsOfPage, list) => {
        const name = freshName();
        const server = new Server();
        const forecast = [...list];
        server.weather = () => forecast.shift() ?? "fine";
        const expected: string[] = [];
        for (const [page, count] of operationsOfPage.entries()) {
          const outbox = openOutbox(name, server);
          const entries = Array.from({ length: count }, (_, index) =>
            outbox.add("project", operation(index + 1, `client-${page}`)),
          );
          expected.push(...entries.map((_, index) => `client-${page} ${index + 1}`));
          await Promise.all(entries.map((entry) => entry.stored));
          // The page is left here, with whatever has not been sent; the next one finds it.
        }
        await emptied(openOutbox(name, server));
        expect(server.names.filter((sent, index) => server.names.indexOf(sent) !== index)).toEqual([]);
        expect([...server.names].sort()).toEqual([...expected].sort());
        for (const page of operationsOfPage.keys()) {
          const own = (names: string[]): string[] => names.filter((sent) => sent.startsWith(`client-${page} `));
          expect(own(server.names)).toEqual(own(expected));
        }
      }),
      { numRuns: 25 },
    );
  });

  it("sends an operation only after this browser has stored it", async () => {
    const order: string[] = [];
    const storage = new IndexedDbOutbox(freshName());
    const add = storage.add.bind(storage);
    storage.add = async (stored) => {
      const key = await add(stored);
      order.push("stored");
      return key;
    };
    const server = new Server();
    const outbox = new Outbox({
      storage,
      send: async (projectId, sent) => {
        order.push("sent");
        return server.send(projectId, sent);
      },
      listener: listener(),
    });
    outbox.add("project", operation(1));
    await emptied(outbox);
    expect(order).toEqual(["stored", "sent"]);
  });

  it("goes on sending where the browser refuses to store", async () => {
    const storage = new IndexedDbOutbox(freshName());
    storage.add = () => Promise.reject(new DOMException("no room", "QuotaExceededError"));
    const server = new Server();
    const outbox = new Outbox({ storage, send: server.send, listener: listener() });
    outbox.add("project", operation(1));
    await emptied(outbox);
    expect(server.names).toEqual(["client-one 1"]);
  });

  it("drops a refused operation, says so, and delivers the later ones", async () => {
    const heard = listener();
    const server = new Server();
    const send = async (projectId: string, sent: Operation): Promise<Ack> => {
      if (sent.client_seq === 1) throw new ApiError("parameter", "Refused.", "", 422);
      return server.send(projectId, sent);
    };
    const outbox = new Outbox({ storage: new IndexedDbOutbox(freshName()), send, listener: heard });
    outbox.add("project", operation(1));
    outbox.add("project", operation(2));
    await emptied(outbox);
    expect(server.names).toEqual(["client-one 2"]);
    expect(heard.rejected).toHaveBeenCalledTimes(1);
    expect(heard.acknowledged).toHaveBeenCalledTimes(1);
  });

  it("keeps everything while the person is not signed in or the disk is full", async () => {
    for (const status of [401, 403, 423, 507]) {
      const server = new Server();
      const heard = listener();
      let isRefused = true;
      const send = async (projectId: string, sent: Operation): Promise<Ack> => {
        if (isRefused) throw new ApiError("not_now", "Not now.", "", status);
        return server.send(projectId, sent);
      };
      const outbox = new Outbox({ storage: new IndexedDbOutbox(freshName()), send, listener: heard, pauses: [1] });
      outbox.add("project", operation(1));
      await vi.waitFor(() => expect(outbox.failure?.status).toBe(status));
      isRefused = false;
      await emptied(outbox);
      expect(server.names).toEqual(["client-one 1"]);
      expect(heard.rejected).not.toHaveBeenCalled();
      expect(outbox.failure).toBeNull();
    }
  });

  it("says that it cannot be emptied while the server is away, and is emptied when it is back", async () => {
    const server = new Server();
    server.weather = () => "request lost";
    const outbox = openOutbox(freshName(), server);
    outbox.add("project", operation(1));
    await expect(outbox.emptied("project")).rejects.toBeInstanceOf(ApiError);
    await expect(outbox.settled("project")).resolves.toBeUndefined();
    await expect(outbox.emptied("other project")).resolves.toBeUndefined();
    server.weather = () => "fine";
    await expect(outbox.emptied("project")).resolves.toBeUndefined();
  });

  it("runs exclusive work only between operations", async () => {
    const server = new Server();
    let isSending = false;
    const send = async (projectId: string, sent: Operation): Promise<Ack> => {
      isSending = true;
      const ack = await server.send(projectId, sent);
      isSending = false;
      return ack;
    };
    const outbox = new Outbox({ storage: new IndexedDbOutbox(freshName()), send, listener: listener() });
    const seen: boolean[] = [];
    for (let seq = 1; seq <= 5; seq++) {
      outbox.add("project", operation(seq));
      void outbox.exclusive(async () => void seen.push(isSending));
    }
    await emptied(outbox);
    await outbox.exclusive(async () => {});
    expect(seen).toEqual([false, false, false, false, false]);
  });
});
