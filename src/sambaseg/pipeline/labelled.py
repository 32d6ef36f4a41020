"""Labelled pixels of an image, as a list instead of an image, and which of them train.

An image of 30,000² pixels is labelled in a few thousand of them mostly. Labels come as an array, as a sparse layer, or
as such a list; all are gone through band by band, row by row, so that nothing as large as the image is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sambaseg.errors import LabelsFileError
from sambaseg.forest.sampling import choose_ranks
from sambaseg.images.pyramid import TILE_PX
from sambaseg.labels.layer import LabelLayer

Places = npt.NDArray[np.int32]

BAND_PIXELS = 2**20
"""About so many labelled pixels are looked at together: each takes some 40 bytes meanwhile."""


@dataclass(frozen=True, eq=False)
class LabelledPixels:
    """Rows, columns (int32) and class ids (any integers above 0) of pixels of one image, in row-major order.

    ``shape_yx`` is the size of the image.
    """

    shape_yx: tuple[int, int]
    rows_n: Places
    columns_n: Places
    class_ids_n: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows_n)

    @classmethod
    def from_array(cls, labels_yx: npt.NDArray[Any]) -> Self:
        """Return the labelled pixels of an array (H, W). Raises LabelsFileError for ids below 0 and for no integers."""
        return cls._joined(labels_yx.shape, _bands(labels_yx))

    @classmethod
    def from_layer(cls, layer: LabelLayer) -> Self:
        """Return the labelled pixels of a sparse layer."""
        return cls._joined(layer.shape_yx, _bands_of_layer(layer))

    def taken(self, at: npt.NDArray[np.intp]) -> LabelledPixels:
        """Return the pixels at these positions of the list."""
        return LabelledPixels(self.shape_yx, self.rows_n[at], self.columns_n[at], self.class_ids_n[at])

    @classmethod
    def _joined(cls, shape_yx: tuple[int, ...], bands: Iterator[LabelledPixels]) -> Self:
        parts = [band for band in bands if len(band)]
        if not parts:
            nothing = np.zeros(0, np.int32)
            return cls((shape_yx[0], shape_yx[1]), nothing, nothing, np.zeros(0, np.uint8))
        return cls(
            (shape_yx[0], shape_yx[1]),
            np.concatenate([part.rows_n for part in parts]),
            np.concatenate([part.columns_n for part in parts]),
            np.concatenate([part.class_ids_n for part in parts]),
        )


@dataclass(frozen=True)
class LabelBands:
    """Labels of an image of size ``shape_yx`` that are read when they are needed, rows top to bottom - 1 at a time."""

    shape_yx: tuple[int, int]
    read: Callable[[int, int], npt.NDArray[Any]]


Labels = npt.NDArray[Any] | LabelledPixels | LabelLayer | LabelBands
"""Labels of one image in any form."""


def count_labels(labels: Labels) -> dict[int, int]:
    """Return how many pixels of each class are labelled, by ascending id. Raises as `LabelledPixels.from_array`."""
    if isinstance(labels, LabelLayer):
        return labels.counts()
    counts: Counter[int] = Counter()
    for band in _bands(labels):
        ids, each = np.unique(band.class_ids_n, return_counts=True)
        counts.update(dict(zip(ids.tolist(), each.tolist(), strict=True)))
    return dict(sorted(counts.items()))


def choose_labelled(
    labels: Sequence[Labels], counts: dict[int, int], *, points: int | None, seed: int
) -> list[LabelledPixels]:
    """Return the labelled pixels of each image that train; `counts` are those of all images together.

    They are the same as `choose_points` chooses of the images' labels one after the other.
    """
    ranks = choose_ranks(counts, points=points, seed=seed)
    seen = dict.fromkeys(counts, 0)
    chosen = []
    for each in labels:
        bands = _bands(each) if ranks is None else map(partial(_of_ranks, ranks, seen), _bands(each))
        shape_yx = each.shape if isinstance(each, np.ndarray) else each.shape_yx
        chosen.append(LabelledPixels._joined(shape_yx, iter(bands)))
    return chosen


def _of_ranks(ranks: dict[int, npt.NDArray[np.intp]], seen: dict[int, int], band: LabelledPixels) -> LabelledPixels:
    """Return the pixels of a band that have these ranks in their classes; `seen` counts what came before."""
    kept = []
    for class_id in np.unique(band.class_ids_n).tolist():
        at = np.flatnonzero(band.class_ids_n == class_id)
        first = seen[class_id]
        low, high = np.searchsorted(ranks[class_id], (first, first + len(at)))
        kept.append(at[ranks[class_id][low:high] - first])
        seen[class_id] += len(at)
    return band.taken(np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.intp))


def _bands(labels: Labels) -> Iterator[LabelledPixels]:
    """Yield labelled pixels in row-major order, a band of rows at a time; a list comes as a whole."""
    if isinstance(labels, LabelledPixels):
        yield labels
    elif isinstance(labels, LabelLayer):
        yield from _bands_of_layer(labels)
    elif isinstance(labels, LabelBands):
        yield from _bands_of_rows(labels)
    else:
        height, width = labels.shape
        yield from _bands_of_rows(LabelBands((height, width), lambda top, bottom: labels[top:bottom]))


def _bands_of_rows(labels: LabelBands) -> Iterator[LabelledPixels]:
    height, width = labels.shape_yx
    rows = max(1, min(TILE_PX, BAND_PIXELS // max(width, 1)))
    for top in range(0, height, rows):
        labels_yx = labels.read(top, min(top + rows, height))
        if labels_yx.dtype.kind not in "iu":
            raise LabelsFileError(f"Labels must be whole numbers, not {labels_yx.dtype.name}.")
        if labels_yx.size and labels_yx.min() < 0:
            raise LabelsFileError(
                f"Class ids must be above 0, and there is {labels_yx.min()}.", hint="Use 0 for unlabelled pixels."
            )
        rows_n, columns_n = np.nonzero(labels_yx)
        yield LabelledPixels(labels.shape_yx, _small(rows_n + top), _small(columns_n), labels_yx[rows_n, columns_n])


def _bands_of_layer(layer: LabelLayer) -> Iterator[LabelledPixels]:
    rows_of_tiles: dict[int, list[int]] = {}
    for ty, tx in layer.keys:
        rows_of_tiles.setdefault(ty, []).append(tx)
    for ty, columns_of_tiles in rows_of_tiles.items():
        tiles = [(tx * TILE_PX, layer.tile((ty, tx))) for tx in columns_of_tiles]
        labelled = sum(int(np.count_nonzero(tile_yx)) for _, tile_yx in tiles)
        step = TILE_PX if labelled <= BAND_PIXELS else max(1, TILE_PX * BAND_PIXELS // labelled)
        for top in range(0, TILE_PX, step):
            parts = [_part_of_tile(tile_yx[top : top + step], ty * TILE_PX + top, left) for left, tile_yx in tiles]
            rows_n, columns_n, ids_n = (np.concatenate(column) for column in zip(*parts, strict=True))
            order = np.argsort(rows_n, kind="stable")  # tiles ascend, and columns in a tile: this makes it row-major
            yield LabelledPixels(layer.shape_yx, rows_n[order], columns_n[order], ids_n[order])


def _part_of_tile(
    labels_yx: npt.NDArray[np.uint8], top: int, left: int
) -> tuple[Places, Places, npt.NDArray[np.uint8]]:
    rows_n, columns_n = np.nonzero(labels_yx)
    return _small(rows_n + top), _small(columns_n + left), labels_yx[rows_n, columns_n]


def _small(places_n: npt.NDArray[np.intp]) -> Places:
    return places_n.astype(np.int32)
