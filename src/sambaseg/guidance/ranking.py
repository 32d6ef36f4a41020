"""Which places of an image to label next: where the classifier is unsure over a whole neighbourhood, far from labels.

Interest of a pixel = uncertainty × distance. *Uncertainty* is opened first (Haralick et al. 1987), so that the thin
seams between classes, where any classifier is unsure and a label teaches little, vanish; then it is averaged over the
neighbourhood that a stroke covers. *Distance* d from labels counts as 1 - exp(-d / reach). Places are taken one after
the other; each takes interest from its surroundings, so that a list is spread over the image. See decision 065 for what
each part is worth, and for what was tried besides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.guidance.maps import Bytes, ResultMaps

SEAM, NEIGHBOURHOOD, REACH = 1 / 128, 1 / 64, 1 / 16
"""As shares of the image's shorter side: half the width of what is a seam when it is uncertain, the side of a
neighbourhood, and how far labels reach."""
CELL_PX = 4
"""Distances are measured between cells of this side."""
LEAST_INTEREST = 0.002
"""Below this nothing is worth a look: the classifier is sure, or there are labels beside."""

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RankedPlace:
    """A place in pixels of the image: row, column and radius of the neighbourhood, and what speaks for it.

    ``uncertainty`` is the neighbourhood's mean, 0 to 1; ``classes`` are those that it is thought to hold, the most
    frequent first; ``distance_px`` is that to the nearest label, None where nothing is labelled. ``interest`` is
    comparable between images.
    """

    y: int
    x: int
    radius_px: int
    interest: float
    uncertainty: float
    classes: tuple[int, ...]
    distance_px: float | None


def rank_places(maps: ResultMaps, *, wanted: int) -> list[RankedPlace]:
    """Return at most `wanted` places, the most interesting first; the same for the same maps.

    Of equally interesting pixels the first in reading order counts. Pixels without a class are left out.
    """
    side = min(maps.shape_yx)
    seam, window, reach = max(1, round(SEAM * side)), max(3, round(NEIGHBOURHOOD * side)), max(4.0, REACH * side)
    known = maps.classes_yx != 0
    unsure_yx = mean_around(open_bytes(np.where(known, maps.uncertainty_yx, np.uint8(0)), seam), window)
    unsure_yx /= 255
    distance_yx = distance_from(maps.labels_yx != 0)
    interest_yx = unsure_yx * (1 - np.exp(-distance_yx / np.float32(reach)))
    interest_yx[~known | (maps.labels_yx != 0)] = 0
    places = list[RankedPlace]()
    while len(places) < wanted:
        y, x = divmod(int(interest_yx.argmax()), interest_yx.shape[1])
        if interest_yx[y, x] < LEAST_INTEREST:
            break
        places.append(_describe(maps, y, x, window, float(interest_yx[y, x]), unsure_yx, distance_yx))
        _take_around(interest_yx, y, x, reach)
    return places


def open_bytes(plane_yx: Bytes, radius: int) -> Bytes:
    """Return the grey opening of a plane by a square of side 2 · `radius` + 1; edges are continued."""
    return _extremum(_extremum(plane_yx, radius, np.minimum), radius, np.maximum)


def mean_around(plane_yx: Bytes, window: int) -> Plane:
    """Return the mean over the square of `window` pixels' side around each pixel, as much of it as is in the image."""
    sums = np.zeros((plane_yx.shape[0] + 1, plane_yx.shape[1] + 1), np.int64)
    np.cumsum(plane_yx, axis=0, dtype=np.int64, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    (top, bottom), (left, right) = (_bounds(length, window) for length in plane_yx.shape)
    total = sums[bottom][:, right] - sums[top][:, right] - sums[bottom][:, left] + sums[top][:, left]
    area = (bottom - top)[:, np.newaxis] * (right - left)
    return np.asarray(total / area, np.float32)


def distance_from(marked_yx: npt.NDArray[np.bool_]) -> Plane:
    """Return the distance of each pixel's cell from the nearest cell with a marked pixel; infinite where none is.

    Distances are Euclidean, exact between cells of `CELL_PX` (Felzenszwalb and Huttenlocher 2012 separate the axes the
    same way; planes this small need no envelope).
    """
    height, width = marked_yx.shape
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    padded = np.zeros((rows * CELL_PX, columns * CELL_PX), bool)
    padded[:height, :width] = marked_yx
    cells = padded.reshape(rows, CELL_PX, columns, CELL_PX).any(axis=(1, 3))
    squared = _nearest_along_rows(np.where(cells, np.float32(0), np.float32(np.inf)))
    squared = _nearest_along_rows(squared.T).T
    return np.repeat(np.repeat(np.sqrt(squared) * CELL_PX, CELL_PX, 0), CELL_PX, 1)[:height, :width]


def _nearest_along_rows(squared: Plane) -> Plane:
    """Return the least of squared + (difference of columns)² along each row."""
    columns = np.arange(squared.shape[1], dtype=np.float32)
    steps = (columns[:, np.newaxis] - columns) ** 2
    return np.stack([(row + steps).min(axis=1) for row in squared]) if squared.size else squared


def _extremum(plane_yx: Bytes, radius: int, least_or_most: np.ufunc) -> Bytes:
    for axis in (0, 1):
        pad = [(radius, radius) if at == axis else (0, 0) for at in (0, 1)]
        padded, length = np.pad(plane_yx, pad, mode="edge"), plane_yx.shape[axis]
        shifted = [padded.take(range(at, at + length), axis=axis) for at in range(2 * radius + 1)]
        plane_yx = least_or_most.reduce(shifted)
    return plane_yx


def _bounds(length: int, window: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    places = np.arange(length)
    return np.maximum(places - window // 2, 0), np.minimum(places - window // 2 + window, length)


def _take_around(interest_yx: Plane, y: int, x: int, reach: float) -> None:
    rows, columns = (np.arange(length, dtype=np.float32) for length in interest_yx.shape)
    distance = np.hypot(rows[:, np.newaxis] - y, columns - x)
    interest_yx *= 1 - np.exp(-distance / np.float32(2 * reach))


def _describe(
    maps: ResultMaps, y: int, x: int, window: int, interest: float, unsure_yx: Plane, distance_yx: Plane
) -> RankedPlace:
    look = 3 * window  # which classes meet here is seen a little further out
    around = slice(max(0, y - look), y + look + 1), slice(max(0, x - look), x + look + 1)
    weights = np.bincount(maps.classes_yx[around].ravel(), maps.uncertainty_yx[around].ravel(), minlength=256)
    found = [int(entry) for entry in np.argsort(-weights, kind="stable")[:3] if weights[entry] > 0.1 * weights.sum()]
    distance, scale = float(distance_yx[y, x]), maps.scale
    row, column = maps.in_image(y, x)
    return RankedPlace(
        y=row,
        x=column,
        radius_px=max(1, window * scale // 2),
        interest=interest,
        uncertainty=float(unsure_yx[y, x]),
        classes=tuple(entry for entry in found if entry),
        distance_px=distance * scale if np.isfinite(distance) else None,
    )
