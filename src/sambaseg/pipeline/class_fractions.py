"""What share of the image each class seems to have, and what that means for its probabilities.

A forest whose classes count the same is asked about a few thousand pixels spread over the images, labelled or not; the
mean of its probabilities is a rough estimate of the class fractions. Raised to the power 0.3, because it is rough, they
become the class factors of the forest (`sambaseg.forest.class_factors`). See decision 062.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sambaseg.forest.forest import Forest
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.labelled import LabelledPixels

TRUST = 0.3
"""The power that fractions are raised to: 0 would leave classes equal, 1 would trust the estimate."""

PIXELS = 4096
WINDOWS = 16
WINDOW_PX = 64
"""So many pixels of all images, in so many windows of at least this side: what lies together costs little."""

SMALLEST_FRACTION = 1e-4


def choose_places(sizes_yx: Sequence[tuple[int, int]]) -> list[LabelledPixels]:
    """Return the pixels to be asked about in images of these sizes; their class ids are 0. The same for equal sizes.

    Images are looked at in some tiles each, evenly spread; of many images some are left out.
    """
    asked = {at * len(sizes_yx) // WINDOWS for at in range(WINDOWS)}
    windows = max(1, WINDOWS // len(asked))
    return [_places_in(size_yx, windows, PIXELS // len(asked)) if at in asked else _places_in(size_yx, 0, 0)
            for at, size_yx in enumerate(sizes_yx)]  # fmt: skip


def class_factors(forest: Forest, features_fn: npt.NDArray[np.float32]) -> tuple[float, ...]:
    """Return the factors of the forest's classes by its opinion of pixels with these features (f, n)."""
    fractions_k = forest.predict_proba(features_fn.T).mean(axis=0, dtype=np.float64)
    factors_k = (np.maximum(fractions_k, SMALLEST_FRACTION) * len(fractions_k)) ** TRUST
    return tuple(float(factor) for factor in factors_k)


def _places_in(shape_yx: tuple[int, int], windows: int, pixels: int) -> LabelledPixels:
    """Return about so many pixels of an image in row-major order, in a window in the middle of each of some tiles."""
    down, across = (-(-length // TILE_PX) for length in shape_yx)
    tiles = np.unique(np.linspace(0, down * across - 1, min(windows, down * across)).round().astype(np.intp))
    side = min(TILE_PX, WINDOW_PX * max(1, round((windows / max(1, len(tiles))) ** 0.5)))
    step = max(1, int(side * (len(tiles) / max(1, pixels)) ** 0.5))
    rows, columns = list[npt.NDArray[np.int32]](), list[npt.NDArray[np.int32]]()
    for tile in tiles:
        row_of_tiles, column_of_tiles = divmod(int(tile), across)
        y = _middle(row_of_tiles * TILE_PX, shape_yx[0], side, step)
        x = _middle(column_of_tiles * TILE_PX, shape_yx[1], side, step)
        rows.append(np.repeat(y, len(x)))
        columns.append(np.tile(x, len(y)))
    rows_n, columns_n = (
        np.concatenate([np.zeros(0, np.int32), *rows]),
        np.concatenate([np.zeros(0, np.int32), *columns]),
    )
    order = np.lexsort((columns_n, rows_n))
    return LabelledPixels(shape_yx, rows_n[order], columns_n[order], np.zeros(len(order), np.uint8))


def _middle(start: int, length: int, side: int, step: int) -> npt.NDArray[np.int32]:
    """Return every `step`-th place of a window of `side` in the middle of the tile from `start` on."""
    end = min(start + TILE_PX, length)
    first = start + max(0, end - start - side) // 2
    return np.arange(first, min(end, first + side), step, dtype=np.int32)
