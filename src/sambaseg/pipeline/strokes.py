"""Strokes: labelled pixels of a class that lie together, found from the pixels alone.

Pixels are put into cells of 8 px, and cells of one class that touch, corners too, are one stroke. It does not matter
therefore that only some of the labelled pixels train, nor that a stroke was drawn in two goes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sambaseg.pipeline.labelled import LabelledPixels

CELL_PX = 8

_AHEAD = ((0, 1), (1, -1), (1, 0), (1, 1))
"""Rows and columns to the neighbours that come later in reading order."""


def find_strokes(images: Sequence[LabelledPixels]) -> npt.NDArray[np.intp]:
    """Return the stroke of each pixel, images one after the other: numbers from 0, of one image and class each."""
    rows_n = np.concatenate([pixels.rows_n for pixels in images]).astype(np.int64) // CELL_PX
    columns_n = np.concatenate([pixels.columns_n for pixels in images]).astype(np.int64) // CELL_PX
    of_image_n = np.repeat(np.arange(len(images)), [len(pixels) for pixels in images])
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in images])
    _, layer_n = np.unique(np.stack([of_image_n, class_ids_n.astype(np.int64)]), axis=1, return_inverse=True)
    height, width = int(rows_n.max(initial=0)) + 2, int(columns_n.max(initial=0)) + 3  # no neighbour beyond the edge
    keys_n = (layer_n.reshape(-1) * height + rows_n) * width + columns_n + 1
    cells, cell_of_n = np.unique(keys_n, return_inverse=True)
    _, stroke_of_cell = np.unique(_join(cells, width), return_inverse=True)
    strokes_n: npt.NDArray[np.intp] = stroke_of_cell[cell_of_n.reshape(-1)]
    return strokes_n


def _join(cells: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.intp]:
    """Return for each cell (ascending keys) the first cell of those that it is joined to."""
    here, there = [], []
    for down, right in _AHEAD:
        wanted = cells + down * width + right
        at = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        found = np.flatnonzero(cells[at] == wanted)
        here.append(found)
        there.append(at[found])
    one, other = np.concatenate(here), np.concatenate(there)
    first = np.arange(len(cells))
    while True:
        before = first.copy()
        np.minimum.at(first, one, first[other])
        np.minimum.at(first, other, first[one])
        first = first[first]
        if np.array_equal(first, before):
            return first
