"""A layer of labels over an image: sparse 256 px tiles of class ids, changed by steps that are planned, then committed.

A plan changes nothing, so that its delta can be stored durably before the layer in memory follows. Tiles are replaced,
never changed in place: whoever holds one, or a `LabelLayer.copy`, sees the labels as they were. They are kept packed:
an image of 30,000 by 30,000 pixels with labels everywhere takes megabytes, not hundreds of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import LabelRunsError, LabelsFileError, LabelsSizeMismatchError
from sambaseg.labels.classes import MAX_CLASS_ID
from sambaseg.labels.delta import Delta, Tile, TileDelta, TileKey, merge_tiles
from sambaseg.labels.packed import EMPTY_TILE, PackedTile
from sambaseg.labels.runs import TILE_SIDE, TileRuns, decode_runs


@dataclass(frozen=True, eq=False)
class Plan:
    """A step that has not happened yet: its delta, and the tiles as they will be."""

    delta: Delta
    tiles: Mapping[TileKey, PackedTile]


class LabelSource(Protocol):
    """Labels that are taken over tile by tile; a `LabelLayer` is one."""

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        ...

    def tile(self, key: TileKey) -> NDArray[np.integer]:
        """Return the image's part of a tile, shape (h, w), integers, 0 = unlabelled."""
        ...


class ArrayLabels:
    """A dense integer array (H, W) as a source of labels."""

    def __init__(self, labels_yx: NDArray[np.integer]) -> None:
        self._labels_yx = labels_yx

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        height, width = self._labels_yx.shape
        return height, width

    def tile(self, key: TileKey) -> NDArray[np.integer]:
        """Return a part of the array."""
        top, left = key[0] * TILE_SIDE, key[1] * TILE_SIDE
        return self._labels_yx[top : top + TILE_SIDE, left : left + TILE_SIDE]


class LabelLayer:
    """Class ids of an image of ``shape_yx`` pixels, 0 where unlabelled."""

    def __init__(self, shape_yx: tuple[int, int]) -> None:
        self.shape_yx = shape_yx
        self._tiles: dict[TileKey, PackedTile] = {}
        self._counts = np.zeros(256, dtype=np.int64)

    @classmethod
    def from_array(cls, labels_yx: NDArray[np.integer]) -> LabelLayer:
        """Return the layer of an integer array (H, W) with values 0 to 255. Raises LabelsFileError for other values."""
        height, width = labels_yx.shape
        layer = cls((height, width))
        layer.commit(layer.plan_replace(labels_yx))
        return layer

    @classmethod
    def from_deltas(cls, shape_yx: tuple[int, int], deltas: Iterable[TileDelta]) -> LabelLayer:
        """Return the layer whose tiles `delta_from_empty` told; no pixel is looked at.

        Raises IndexError for a tile outside the image and ValueError for a delta that is none from an empty tile.
        """
        layer = cls(shape_yx)
        for delta in deltas:
            layer.tile_shape(delta.key)
            if delta.runs.starts_n.size:
                layer._tiles[delta.key] = PackedTile.from_empty(delta)
                layer._counts += delta.count_changes()
        layer._counts[0] = 0
        return layer

    def copy(self) -> LabelLayer:
        """Return a layer that stays as this one is now; the tiles are shared, so it costs next to nothing."""
        twin = LabelLayer(self.shape_yx)
        twin._tiles = dict(self._tiles)
        twin._counts = self._counts.copy()
        return twin

    @property
    def keys(self) -> list[TileKey]:
        """Tiles that hold any label, in order."""
        return sorted(self._tiles)

    def tile(self, key: TileKey) -> Tile:
        """Return the image's part of a tile, shape (h, w), read-only. Raises IndexError where there is none."""
        height, width = self.tile_shape(key)
        part = self._whole(key)[:height, :width]
        part.flags.writeable = False
        return part

    def packed(self, key: TileKey) -> PackedTile | None:
        """Return a tile as it is kept: the same object as long as it does not change, None where it is empty."""
        return self._tiles.get(key)

    def tile_shape(self, key: TileKey) -> tuple[int, int]:
        """Return the rows and columns of the image inside a tile. Raises IndexError where there are none."""
        (ty, tx), (height, width) = key, self.shape_yx
        rows, columns = min(TILE_SIDE, height - ty * TILE_SIDE), min(TILE_SIDE, width - tx * TILE_SIDE)
        if ty < 0 or tx < 0 or rows <= 0 or columns <= 0:
            raise IndexError(f"an image of {height} by {width} pixels has no tile {key}")
        return rows, columns

    def to_array(self) -> NDArray[np.uint8]:
        """Return all labels as a new array of shape (H, W), uint8."""
        labels_yx = np.zeros(self.shape_yx, dtype=np.uint8)
        for key in self._tiles:
            labels_yx[self._window(key)] = self.tile(key)
        return labels_yx

    @property
    def is_labelled(self) -> bool:
        """Whether any pixel is labelled."""
        return bool(self._tiles)

    @property
    def bytes(self) -> int:
        """Roughly how much memory the layer takes."""
        return sum(tile.bytes for tile in self._tiles.values())

    def counts_c(self) -> NDArray[np.int64]:
        """Return the number of pixels of each of the 256 classes, int64, shape (256,); the first is always 0."""
        counts = self._counts.copy()
        counts[0] = 0
        return counts

    def counts(self) -> dict[int, int]:
        """Return the number of labelled pixels of each class that has any."""
        return {int(class_id): int(self._counts[class_id]) for class_id in np.flatnonzero(self._counts[1:]) + 1}

    def delta_from_empty(self, key: TileKey) -> TileDelta:
        """Return what leads from an unlabelled tile to this one."""
        packed = self._tiles.get(key)
        return TileDelta.between(key, EMPTY_TILE, EMPTY_TILE) if packed is None else packed.delta_from_empty(key)

    def plan_paint(
        self, tiles: Iterable[TileRuns], class_id: int, *, overwrite: bool = False, locked: frozenset[int] = frozenset()
    ) -> Plan:
        """Plan to give the pixels in `tiles` to `class_id`; labelled pixels keep their class unless `overwrite`.

        Pixels of `locked` classes keep theirs in any case. Raises LabelRunsError for runs that are not valid.
        """

        def painted(tile: Tile, mask: NDArray[np.bool_]) -> Tile:
            free = mask & ~_has_class(tile, locked) if overwrite else mask & (tile == 0)
            return merge_tiles(free, np.uint8(class_id), tile)

        return self._plan((key, painted(tile, mask)) for key, tile, mask in self._masked(tiles))

    def plan_erase(
        self, tiles: Iterable[TileRuns], class_id: int | None, *, locked: frozenset[int] = frozenset()
    ) -> Plan:
        """Plan to clear the pixels in `tiles` of `class_id`, or of every class where it is None, except `locked` ones.

        Raises LabelRunsError for runs that are not valid.
        """
        return self._plan(
            (key, merge_tiles(mask & self._erasable(tile, class_id, locked), np.uint8(0), tile))
            for key, tile, mask in self._masked(tiles)
        )

    def plan_clear(self, class_id: int | None, *, locked: frozenset[int] = frozenset()) -> Plan:
        """Plan to clear all pixels of `class_id`, or of every class where it is None, except `locked` ones."""
        return self._plan(
            (key, merge_tiles(self._erasable(tile, class_id, locked), np.uint8(0), tile))
            for key, tile in self._whole_tiles()
        )

    def plan_keep_only(self, class_ids: frozenset[int]) -> Plan:
        """Plan to clear the pixels of every class that is not in `class_ids`."""
        return self._plan(
            (key, merge_tiles(~_has_class(tile, class_ids), np.uint8(0), tile)) for key, tile in self._whole_tiles()
        )

    def plan_replace(
        self,
        labels: NDArray[np.integer] | LabelSource,
        *,
        keep_labelled: bool = False,
        locked: frozenset[int] = frozenset(),
    ) -> Plan:
        """Plan to take other labels, an integer array (H, W) or a source of tiles.

        `keep_labelled` lets labelled pixels keep their class; pixels of `locked` classes keep theirs in any case.
        Raises LabelsSizeMismatchError for another shape and LabelsFileError for values outside 0 to 255.
        """
        source: LabelSource = ArrayLabels(labels) if isinstance(labels, np.ndarray) else labels
        self._check_shape(labels.shape if isinstance(labels, np.ndarray) else labels.shape_yx)
        rows, columns = (-(-size // TILE_SIDE) for size in self.shape_yx)
        keys = [(ty, tx) for ty in range(rows) for tx in range(columns)]

        def replaced(key: TileKey) -> Tile:
            old = self._whole(key)
            height, width = self.tile_shape(key)
            new = np.zeros((TILE_SIDE, TILE_SIDE), dtype=np.uint8)
            new[:height, :width] = _checked_ids(source.tile(key))
            kept = old != 0 if keep_labelled else _has_class(old, locked)
            return merge_tiles(kept, old, new)

        return self._plan((key, replaced(key)) for key in keys)

    def plan_revert(self, delta: Delta) -> Plan:
        """Plan to take `delta` back in those pixels that still hold the class it gave them."""
        return self.plan_reapply(delta.reversed())

    def plan_reapply(self, delta: Delta) -> Plan:
        """Plan to repeat `delta` in those pixels that still hold the class they had before it."""
        return self._plan((change.key, change.applied_to(self._whole(change.key))) for change in delta.tiles)

    def commit(self, plan: Plan) -> Delta:
        """Make `plan` so, which must have been made from this layer as it is now, and return its delta."""
        for change in plan.delta.tiles:
            self._counts += change.count_changes()
            tile = plan.tiles[change.key]
            if tile.labelled:
                self._tiles[change.key] = tile
            else:
                self._tiles.pop(change.key, None)
        return plan.delta

    def _whole(self, key: TileKey) -> Tile:
        packed = self._tiles.get(key)
        return EMPTY_TILE if packed is None else packed.unpack()

    def _whole_tiles(self) -> Iterator[tuple[TileKey, Tile]]:
        return ((key, packed.unpack()) for key, packed in self._tiles.items())

    def _plan(self, tiles: Iterable[tuple[TileKey, Tile]]) -> Plan:
        after: dict[TileKey, PackedTile] = {}
        changes = []
        for key, tile in tiles:
            change = TileDelta.between(key, self._whole(key), tile)
            if change.runs.starts_n.size:
                after[key] = PackedTile.of(tile)
                changes.append(change)
        return Plan(Delta(tuple(changes)), after)

    def _masked(self, tiles: Iterable[TileRuns]) -> Iterator[tuple[TileKey, Tile, NDArray[np.bool_]]]:
        seen: set[TileKey] = set()
        for runs in tiles:
            if runs.key in seen:
                raise LabelRunsError(f"Tile {runs.key} is listed twice in one operation.", hint="Join its runs.")
            seen.add(runs.key)
            try:
                shape_yx = self.tile_shape(runs.key)
            except IndexError as error:
                raise LabelRunsError(f"Runs leave the image: {error}.") from None
            yield runs.key, self._whole(runs.key), decode_runs(runs.runs, shape_yx).to_mask()

    def _erasable(self, tile: Tile, class_id: int | None, locked: frozenset[int]) -> NDArray[np.bool_]:
        if class_id is None:
            return ~_has_class(tile, locked)
        return np.zeros(tile.shape, dtype=np.bool_) if class_id in locked else tile == class_id

    def _window(self, key: TileKey) -> tuple[slice, slice]:
        height, width = self.tile_shape(key)
        top, left = key[0] * TILE_SIDE, key[1] * TILE_SIDE
        return slice(top, top + height), slice(left, left + width)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if shape != self.shape_yx:
            raise LabelsSizeMismatchError(
                f"The labels have shape {shape}, but the image has {self.shape_yx} (rows, columns).",
                hint="Labels must cover exactly the image they belong to.",
            )


def _checked_ids(labels_yx: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return `labels_yx`. Raises LabelsFileError unless they are whole numbers from 0 to 255."""
    if labels_yx.dtype.kind not in "iu":
        raise LabelsFileError(f"Labels must be whole numbers, not {labels_yx.dtype}.")
    low, high = (int(labels_yx.min()), int(labels_yx.max())) if labels_yx.size else (0, 0)
    if low < 0 or high > MAX_CLASS_ID:
        raise LabelsFileError(f"Labels must be class ids from 0 (unlabelled) to {MAX_CLASS_ID}, not {low} to {high}.")
    return labels_yx


def _has_class(tile: Tile, class_ids: frozenset[int]) -> NDArray[np.bool_]:
    """Return where `tile` holds one of `class_ids`."""
    if len(class_ids) > 4:
        chosen = np.zeros(256, dtype=np.bool_)
        chosen[list(class_ids)] = True
        return chosen[tile]
    found = np.zeros(tile.shape, dtype=np.bool_)
    for class_id in class_ids:
        found |= tile == class_id
    return found
