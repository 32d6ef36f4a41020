// Answers prompts over a prepared hierarchy.

import type { Answerer, Taken, ThreeMasks } from "./answerer";
import type { HierarchyTable } from "./hierarchyTable";
import { maskOfBits } from "./mask";
import type { Prompt } from "./suggestion";

export class HierarchyAnswerer implements Answerer {
  readonly #table: HierarchyTable;
  constructor(table: HierarchyTable) {
    this.#table = table;
  }
  get height(): number {
    return this.#table.height;
  }
  get width(): number {
    return this.#table.width;
  }
  answer(prompt: Prompt, _taken: Taken | null): ThreeMasks {
    const t = this.#table;
    const p = prompt.points[0] ?? { y: 0, x: 0 };
    const region = t.regions[Math.floor(p.y) * t.width + Math.floor(p.x)] as number;
    const chain: number[] = [];
    for (let k = t.firstNode[region] as number; k >= 0; k = t.nodeParent[k] as number) chain.push(k);
    const chosen = [0, 1, 2].map((s) => chain[Math.floor(((s + 0.5) * chain.length) / 3)] ?? -1);
    return {
      scores: chosen.map((k) => t.nodeScore[k] ?? 0),
      identity: chosen.join(" "),
      mask: (scale) => {
        const k = chosen[scale] ?? -1;
        if (k < 0) return maskOfBits(new Uint8Array(0), 1);
        const [top, left, bottom, right] = t.nodeBox.subarray(4 * k, 4 * k + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        const bits = new Uint8Array((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) {
            const pos = t.positions[
              (t.nodeTree[k] as number) * t.regionCount + (t.regions[y * t.width + x] as number)
            ] as number;
            if (pos >= (t.nodeLow[k] as number) && pos < (t.nodeHigh[k] as number))
              bits[(y - top) * (right - left) + x - left] = 1;
          }
        return maskOfBits(bits, right - left, top, left);
      },
    };
  }
}
