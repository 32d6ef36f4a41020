// Small pictures of images, fetched one at a time so that tiles and labels never wait for them: those asked for last
// come first, and those nobody looks at any more are not fetched.

import { fetchBytes } from "../../api/client";
import { imageThumbnailUrl } from "../../api/images";

export interface Picture {
  projectId: string;
  image: number;
}

const MOST_KEPT = 400;

export class Thumbnails {
  readonly #fetch: (address: string) => Promise<string>;
  /** Addresses of pictures that are there, by the address they were fetched from. */
  readonly #kept = new Map<string, string>();
  /** Who waits for a picture; several places may show the same. */
  readonly #waiting = new Map<string, Set<(picture: string) => void>>();
  #isRunning = false;

  constructor(fetch: (address: string) => Promise<string> = fetchPicture) {
    this.#fetch = fetch;
  }

  /** The address of a picture that is there. */
  get(picture: Picture): string | undefined {
    return this.#kept.get(addressOf(picture));
  }

  /** Calls `arrived` with the address of the picture, now or later; returns the function that gives up. */
  want(picture: Picture, arrived: (picture: string) => void): () => void {
    const address = addressOf(picture);
    const known = this.#kept.get(address);
    if (known) {
      arrived(known);
      return () => {};
    }
    const waiting = this.#waiting.get(address) ?? new Set();
    this.#waiting.delete(address);
    this.#waiting.set(address, waiting.add(arrived));
    if (!this.#isRunning) void this.#run();
    return () => {
      waiting.delete(arrived);
      if (waiting.size === 0 && this.#waiting.get(address) === waiting) this.#waiting.delete(address);
    };
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // All that are asked for in one go are known before the first is chosen.
    await Promise.resolve();
    for (let next = [...this.#waiting].at(-1); next; next = [...this.#waiting].at(-1)) {
      const [address] = next;
      const picture = await this.#fetch(address).catch(() => null);
      // A picture that cannot be had is no reason to tell anybody: the image itself will say why.
      if (picture !== null) {
        this.#keep(address, picture);
        for (const arrived of this.#waiting.get(address) ?? []) arrived(picture);
      }
      this.#waiting.delete(address);
    }
    this.#isRunning = false;
  }

  #keep(address: string, picture: string): void {
    this.#kept.set(address, picture);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size <= MOST_KEPT || oldest === undefined) return;
    URL.revokeObjectURL(this.#kept.get(oldest) ?? "");
    this.#kept.delete(oldest);
  }
}

function addressOf({ projectId, image }: Picture): string {
  return imageThumbnailUrl(projectId, image);
}

async function fetchPicture(address: string): Promise<string> {
  return URL.createObjectURL(new Blob([await fetchBytes(address)], { type: "image/png" }));
}
