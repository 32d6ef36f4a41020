"""Windows spread over the images, where forests are asked about pixels that nobody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.pipeline.labelled import LabelledPixels

WINDOWS = 32
WINDOW_PX = 48
"""So many windows of this side over all images: 74,000 pixels, whose features cost about as much as those of 0.4 MP."""


@dataclass(frozen=True, eq=False)
class Looked:
    """Windows of images: the pixels of each image in row-major order, and the place (window, y, x) of each of them.

    ``places_n`` index an array (windows, side, side), images one after the other; windows at a border are smaller.
    ``corners``: the top and left of the windows of each image.
    """

    pixels: tuple[LabelledPixels, ...]
    places_n: npt.NDArray[np.intp]
    corners: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def windows(self) -> int:
        """How many windows there are in all."""
        return sum(map(len, self.corners))

    def laid_out(self, values_n: npt.NDArray[np.integer], empty: int = -1) -> npt.NDArray[np.int64]:
        """Return the values of the pixels as windows, (windows, side, side), `empty` where there is no pixel."""
        windows = np.full(self.windows * WINDOW_PX * WINDOW_PX, empty, np.int64)
        windows[self.places_n] = values_n
        return windows.reshape(self.windows, WINDOW_PX, WINDOW_PX)


def choose_windows(sizes_yx: Sequence[tuple[int, int]]) -> Looked:
    """Return windows in images of these sizes, evenly spread; of many images some are left out."""
    asked = sorted({at * len(sizes_yx) // WINDOWS for at in range(WINDOWS)})
    first, pixels, places, corners_of = 0, list[LabelledPixels](), list[npt.NDArray[np.intp]](), []
    for at, shape_yx in enumerate(sizes_yx):
        corners = _corners(shape_yx, max(1, WINDOWS // len(asked))) if at in asked else []
        rows = [np.zeros(0, np.intp)]
        columns, place = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
        for window, (top, left) in enumerate(corners):
            y, x = np.mgrid[: min(WINDOW_PX, shape_yx[0]), : min(WINDOW_PX, shape_yx[1])].reshape(2, -1)
            rows.append(y + top)
            columns.append(x + left)
            place.append(((first + window) * WINDOW_PX + y) * WINDOW_PX + x)
        rows_n, columns_n, place_n = np.concatenate(rows), np.concatenate(columns), np.concatenate(place)
        order = np.lexsort((columns_n, rows_n))
        pixels.append(
            LabelledPixels(
                shape_yx,
                rows_n[order].astype(np.int32),
                columns_n[order].astype(np.int32),
                np.zeros(len(order), np.uint8),
            )
        )
        places.append(place_n[order])
        first += len(corners)
        corners_of.append(tuple(corners))
    return Looked(tuple(pixels), np.concatenate(places), tuple(corners_of))


def _corners(shape_yx: tuple[int, int], windows: int) -> list[tuple[int, int]]:
    """Return the corners (top, left) of up to so many windows on a grid, none over another."""
    fit = [max(1, length // WINDOW_PX) for length in shape_yx]
    down = min(fit[0], max(1, round((windows * shape_yx[0] / shape_yx[1]) ** 0.5)))
    across = min(fit[1], max(1, windows // down))
    tops, lefts = (
        [round((at + 0.5) * length / count - min(WINDOW_PX, length) / 2) for at in range(count)]
        for length, count in zip(shape_yx, (down, across), strict=True)
    )
    return [(max(0, top), max(0, left)) for top in tops for left in lefts]
