// What an operation that is on its way does to tiles, so that it can be done again over a tile that was fetched anew.

import { addressOf, tileKey } from "../canvas/grid";
import type { ClassInfo } from "./contract";
import { BOTH, type StaleTile } from "./imageLabels";
import type { LabelLayer } from "./labelLayer";
import type { Operation } from "./outboxStorage";
import { eraseRule, keepOnlyRule, lockedIds, paintRule, type RuleTable } from "./rules";
import { fromBase64, type Runs } from "./runs";
import { type LayerName, replay, type Step } from "./steps";

export type Effect =
  | { kind: "tiles"; image: number; layer: LayerName; runs: Map<number, Runs>; rule: RuleTable }
  /** `image` null: all of them. */
  | { kind: "everywhere"; image: number | null; layers: readonly LayerName[]; rule: RuleTable }
  | { kind: "back" | "again"; step: Step }
  | { kind: "unknown" };

const ALL_PIXELS: Runs = Uint16Array.of(0, 65_535);

/** Does to the pixels of a tile what the operation does to them; `target` is the layer that the tile is of. */
export function applyEffect(effect: Effect, { image, layer, ty, tx }: StaleTile, target: LabelLayer): void {
  switch (effect.kind) {
    case "tiles": {
      if (effect.image !== image || effect.layer !== layer) return;
      const runs = effect.runs.get(tileKey(0, ty, tx));
      if (runs) target.applyRule(ty, tx, runs, effect.rule);
      return;
    }
    case "everywhere": {
      const isMeant = (effect.image === null || effect.image === image) && effect.layers.includes(layer);
      if (isMeant && target.tile(ty, tx)) target.applyRule(ty, tx, ALL_PIXELS, effect.rule);
      return;
    }
    case "back":
    case "again":
      for (const part of effect.step.tiles) {
        const isThis = part.image === image && part.layer === layer && part.ty === ty && part.tx === tx;
        if (isThis) replay(target, part, effect.step.rule, effect.kind);
      }
      return;
    case "unknown":
      return;
  }
}

/** The tiles that it goes over; none where those are all, or not known. */
export function tilesOf(effect: Effect): StaleTile[] {
  switch (effect.kind) {
    case "tiles":
      return [...effect.runs.keys()].map((key) => {
        const { ty, tx } = addressOf(key);
        return { image: effect.image, layer: effect.layer, ty, tx };
      });
    case "back":
    case "again":
      return effect.step.tiles.map(({ image, layer, ty, tx }) => ({ image, layer, ty, tx }));
    case "everywhere":
    case "unknown":
      return [];
  }
}

/** The effect of an operation that another page made, with the classes as they are at it. */
export function effectOf(operation: Operation, classes: readonly ClassInfo[]): Effect {
  const { kind, image = 0, layer = "labels", class_id = null, overwrite = false, tiles = [] } = operation;
  const locked = lockedIds(classes);
  switch (kind) {
    case "paint":
    case "erase": {
      const runs = new Map(tiles.map((tile) => [tileKey(0, tile.ty, tile.tx), fromBase64(tile.runs)]));
      const paints = kind === "paint" && class_id !== null;
      const rule = paints ? paintRule(class_id, overwrite, locked) : eraseRule(class_id, locked);
      return { kind: "tiles", image, layer, runs, rule };
    }
    case "clear":
      return { kind: "everywhere", image, layers: [layer], rule: eraseRule(class_id, locked) };
    case "classes":
      return {
        kind: "everywhere",
        image: null,
        layers: BOTH,
        rule: keepOnlyRule(new Set(classes.map(({ id }) => id))),
      };
    case "undo":
    case "redo":
      return { kind: "unknown" };
  }
}
