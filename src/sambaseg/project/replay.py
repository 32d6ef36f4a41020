"""Label layers as the log has them at a revision: the newest verified snapshot, and the operations after it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import DamagedProjectError, LabelRunsError
from sambaseg.labels.delta import Delta, TileKey
from sambaseg.labels.layer import LabelLayer, Plan
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import LAYERS, LayerKey, LayerName, Shapes


@dataclass(frozen=True)
class SharedLayers:
    """The layers of all images that hold anything or once did, as they were when they were shared; never changed."""

    shapes: Shapes
    by_key: Mapping[LayerKey, LabelLayer]
    totals: Mapping[LayerName, NDArray[np.int64]]

    def of(self, image: int) -> dict[LayerName, LabelLayer]:
        """Return both layers of an image. Raises KeyError for an unknown one."""
        return {name: self.by_key.get((image, name)) or LabelLayer(self.shapes[image]) for name in LAYERS}

    def counts(self, layer: LayerName) -> dict[int, int]:
        """Return the pixels of each class that has any in a layer, over all images."""
        total_c = self.totals[layer]
        return {int(class_id): int(total_c[class_id]) for class_id in np.flatnonzero(total_c)}

    def images_with(self, layer: LayerName) -> list[int]:
        """Return the images where a layer holds anything, ascending."""
        return sorted(image for (image, name), held in self.by_key.items() if name == layer and held.is_labelled)


class Layers:
    """Both layers of all images, and which of their tiles changed since the last snapshot.

    Layers of untouched images take no room. What was shared stays as it is: a layer is copied, which costs next to
    nothing, before its first change after that.
    """

    def __init__(self, shapes: Shapes, snapshot: int = 0) -> None:
        self.shapes = dict(shapes)
        self.snapshot = snapshot
        """Revision of the newest snapshot that is known to be whole."""
        self.unsaved: set[tuple[LayerKey, TileKey]] = set()
        self._by_key: dict[LayerKey, LabelLayer] = {}
        self._own: set[LayerKey] = set()
        self._totals = {name: np.zeros(256, dtype=np.int64) for name in LAYERS}

    @classmethod
    def from_snapshot(cls, shapes: Shapes, snapshot: int, by_key: Mapping[LayerKey, LabelLayer]) -> Self:
        """Return layers as a snapshot has them."""
        layers = cls(shapes, snapshot)
        layers._by_key = dict(by_key)
        layers._own = set(by_key)
        for (_, name), layer in by_key.items():
            layers._totals[name] += layer.counts_c()
        return layers

    def layer(self, image: int, name: LayerName) -> LabelLayer:
        """Return a layer to be looked at and planned with. Raises KeyError for an unknown image."""
        return self._by_key.get((image, name)) or LabelLayer(self.shapes[image])

    def share(self) -> SharedLayers:
        """Return all layers as they are now; costs next to nothing."""
        self._own.clear()
        totals = {name: total_c.copy() for name, total_c in self._totals.items()}
        return SharedLayers(dict(self.shapes), dict(self._by_key), totals)

    def items(self) -> list[tuple[LayerKey, LabelLayer]]:
        """Return all layers that hold anything or once did."""
        return list(self._by_key.items())

    def commit(self, key: LayerKey, plan: Plan) -> None:
        """Make a planned step of one layer so."""
        if not plan.tiles:
            return
        if key not in self._own:
            shared = self._by_key.get(key)
            self._by_key[key] = LabelLayer(self.shapes[key[0]]) if shared is None else shared.copy()
            self._own.add(key)
        layer = self._by_key[key]
        self._totals[key[1]] -= layer.counts_c()
        layer.commit(plan)
        self._totals[key[1]] += layer.counts_c()
        self.unsaved.update((key, tile) for tile in plan.tiles)

    def remove(self, image: int) -> None:
        """Forget an image."""
        self.shapes.pop(image, None)
        for name in LAYERS:
            layer = self._by_key.pop((image, name), None)
            if layer is not None:
                self._totals[name] -= layer.counts_c()
            self._own.discard((image, name))
        self.unsaved = {(key, tile) for key, tile in self.unsaved if key[0] != image}

    def counts(self) -> dict[LayerName, dict[int, int]]:
        """Return the pixels of each class in each layer, over all images."""
        shared = SharedLayers(self.shapes, self._by_key, self._totals)
        return {name: shared.counts(name) for name in LAYERS}


def replay_log(log: OperationLog, revision: int, *, snapshots: bool = True) -> Layers:
    """Return the layers at `revision`; `snapshots` False follows all operations from the first.

    A snapshot that cannot be verified is passed over. Raises DamagedProjectError where an operation is damaged.
    """
    shapes = log.image_shapes()
    for snapshot in log.snapshot_revisions(revision) if snapshots else []:
        layers = _read_snapshot(log, shapes, snapshot)
        if layers is not None:
            break
    else:
        layers = Layers(shapes)
    try:
        for change in log.changes_between(layers.snapshot, revision):
            delta = change.delta.reversed() if change.reverted else change.delta
            plan = layers.layer(change.image, change.layer).plan_reapply(Delta((delta,)))
            layers.commit((change.image, change.layer), plan)
    except (LabelRunsError, KeyError, IndexError, ValueError) as error:
        raise DamagedProjectError(f"An operation in {log.path.name} is damaged: {error}") from error
    for image in log.removed_images(revision):
        layers.remove(image)
    return layers


def write_snapshot(log: OperationLog, layers: Layers, revision: int) -> None:
    """Store the tiles that changed since the last snapshot as they are at `revision`. Raises StorageError."""
    tiles = ((key, layers.layer(*key).delta_from_empty(tile)) for key, tile in sorted(layers.unsaved))
    log.write_snapshot(revision, previous=layers.snapshot, counts=layers.counts(), tiles=tiles)
    layers.snapshot = revision
    layers.unsaved.clear()


def _read_snapshot(log: OperationLog, shapes: Shapes, revision: int) -> Layers | None:
    """Return the layers of a snapshot, None where it is damaged or lacks tiles."""
    try:
        counts, tiles = log.read_snapshot(revision)
        removed = log.removed_images(revision)
        present = {image: shape for image, shape in shapes.items() if image not in removed}
        by_key = {
            key: LabelLayer.from_deltas(present[key[0]], (delta for _, delta in of_layer))
            for key, of_layer in itertools.groupby(tiles, key=lambda entry: entry[0])
            if key[0] in present
        }
        layers = Layers.from_snapshot(present, revision, by_key)
    except (LabelRunsError, DamagedProjectError, IndexError, KeyError, ValueError):
        return None
    return layers if layers.counts() == counts else None
