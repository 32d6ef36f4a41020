// Where operations wait in this browser until the server has acknowledged them: IndexedDB, in the order they were made.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Schemas } from "../api/client";

export type Operation = Schemas["Operation"];

export interface StoredOperation {
  projectId: string;
  operation: Operation;
}

interface OutboxSchema extends DBSchema {
  operations: { key: number; value: StoredOperation };
}

export interface OutboxStorage {
  /** Stores an operation after all others; resolves to its key once it is on disk. */
  add(stored: StoredOperation): Promise<number>;
  /** All operations by key, the oldest first. */
  all(): Promise<[number, StoredOperation][]>;
  remove(key: number): Promise<void>;
}

export class IndexedDbOutbox implements OutboxStorage {
  readonly #database: Promise<IDBPDatabase<OutboxSchema>>;

  constructor(name = "sambaseg-outbox") {
    this.#database = openDB<OutboxSchema>(name, 1, {
      upgrade: (database) => {
        database.createObjectStore("operations", { autoIncrement: true });
      },
      // A newer page in another tab wants to change the database: this one lets go, and works on without it.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    // Whoever uses the database hears of the failure; nobody may be there yet.
    this.#database.catch(() => {});
  }

  async add(stored: StoredOperation): Promise<number> {
    const database = await this.#database;
    const transaction = database.transaction("operations", "readwrite", { durability: "strict" });
    const [key] = await Promise.all([transaction.store.add(stored), transaction.done]);
    return key;
  }

  async all(): Promise<[number, StoredOperation][]> {
    const transaction = (await this.#database).transaction("operations");
    const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
    return keys.map((key, index) => [key, values[index] as StoredOperation]);
  }

  async remove(key: number): Promise<void> {
    await (await this.#database).delete("operations", key);
  }
}
