"""A random sample of the pixels of a segmentation that a person is asked about; see `point_estimate` for what follows.

It is point counting, as metallography knows it (ASTM E562), of a stratified random sample: the points are drawn within
the segmented classes, half of them by area and half in equal parts, so that rare phases are checked too; those of a
class are spread over the rows. How many pixels each answer stands for is known from that (Olofsson et al., Good
practices for estimating area and assessing accuracy of land change, Remote Sensing of Environment 148 (2014) 42–57).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from sambaseg.errors import NotFoundError

UNSURE = 0
"""The answer of who cannot tell; such points count for nothing."""
STRIP_PX = 256

Counts = npt.NDArray[np.int64]
ReadRows = Callable[[int, int], npt.NDArray[np.uint8]]


@dataclass(frozen=True)
class CheckPoint:
    """A pixel to look at: row, column, the class that was segmented there when it was drawn, and what a person said.

    ``answer`` is a class, UNSURE, or None where nothing was said yet.
    """

    y: int
    x: int
    stratum: int
    answer: int | None = None


@dataclass(frozen=True)
class PointCheck:
    """A sample of an image: the pixels of each segmented class when it was drawn, and the points in the order to ask.

    The beginning of the list is spread over the classes as the whole is, so that one may stop anywhere.
    """

    areas: Mapping[int, int]
    points: tuple[CheckPoint, ...]

    def with_answer(self, number: int, answer: int | None) -> Self:
        """Return it with another answer at point `number`. Raises NotFoundError where there is no such point."""
        if not 0 <= number < len(self.points):
            raise NotFoundError(f"The check has no point {number}.")
        changed = replace(self.points[number], answer=answer)
        return replace(self, points=(*self.points[:number], changed, *self.points[number + 1 :]))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of it."""
        points = [[point.y, point.x, point.stratum, point.answer] for point in self.points]
        return {"areas": {str(class_id): area for class_id, area in self.areas.items()}, "points": points}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` gave."""
        areas = {int(class_id): int(area) for class_id, area in values["areas"].items()}
        return cls(areas, tuple(CheckPoint(*point) for point in values["points"]))


def draw_points(read_rows: ReadRows, height: int, count: int, *, seed: int) -> PointCheck:
    """Draw `count` pixels of a segmentation; fewer where it has fewer. Reads it by strips, twice at most.

    `read_rows(y0, y1)` returns rows `y0` to `y1` - 1, (h, W), uint8; 0, which is no class, is never drawn.
    """
    rng = np.random.default_rng(seed)
    strips = [(y0, min(y0 + STRIP_PX, height)) for y0 in range(0, height, STRIP_PX)]
    counts_sk = np.array([np.bincount(read_rows(*strip).ravel(), minlength=256) for strip in strips], np.int64)
    counts_sk[:, 0] = 0
    areas_k = counts_sk.sum(0)
    present = np.flatnonzero(areas_k)
    drawn: list[tuple[float, int, int]] = []  # place in the order, class, which of its pixels row by row
    for class_id, size in zip(present.tolist(), _allot(areas_k[present], count).tolist(), strict=True):
        start = rng.random()
        ranks = _spread(int(areas_k[class_id]), size, rng)
        drawn += [((k + start) / size, class_id, rank) for k, rank in enumerate(ranks)]
    drawn.sort()
    found = _locate({(class_id, rank) for _, class_id, rank in drawn}, counts_sk, strips, read_rows)
    points = tuple(CheckPoint(*found[class_id, rank], class_id) for _, class_id, rank in drawn)
    return PointCheck({class_id: int(areas_k[class_id]) for class_id in present.tolist()}, points)


def _allot(areas_k: Counts, count: int) -> Counts:
    """Return how many points each class gets, (K,): half by area, half in equal parts, none more than it has pixels."""
    wanted_k = count * (0.5 * areas_k / areas_k.sum() + 0.5 / len(areas_k)) if len(areas_k) else areas_k * 1.0
    sizes_k: Counts = np.minimum(np.floor(wanted_k).astype(np.int64), areas_k)
    while sizes_k.sum() < min(count, areas_k.sum()):
        short_k = np.where(sizes_k < areas_k, wanted_k - sizes_k, -np.inf)
        sizes_k[int(short_k.argmax())] += 1
    return sizes_k


def _spread(pixels: int, size: int, rng: np.random.Generator) -> list[int]:
    """Draw `size` of the numbers below `pixels`, one from each of as many equal parts of their circle, in any order.

    Row by row, pixels that are neighbours in number lie near one another, so the points are spread over the image.
    """
    edges = np.arange(size + 1) * pixels // max(size, 1)
    ranks = (rng.integers(edges[:-1], edges[1:]) + rng.integers(pixels)) % pixels
    return [int(rank) for rank in rng.permutation(ranks)]


def _locate(
    wanted: set[tuple[int, int]], counts_sk: Counts, strips: list[tuple[int, int]], read_rows: ReadRows
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return row and column of pixels that are named by class and rank, row by row, among the pixels of that class."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    before_k = np.zeros(counts_sk.shape[1], np.int64)
    for (y0, y1), counts_k in zip(strips, counts_sk, strict=True):
        here = [(class_id, rank) for class_id, rank in wanted if 0 <= rank - before_k[class_id] < counts_k[class_id]]
        rows_yx = read_rows(y0, y1) if here else np.empty((0, 0), np.uint8)
        for class_id in {class_id for class_id, _ in here}:
            ys, xs = np.nonzero(rows_yx == class_id)
            for rank in (rank for other, rank in here if other == class_id):
                at = rank - before_k[class_id]
                found[class_id, rank] = y0 + int(ys[at]), int(xs[at])
        before_k += counts_k
    return found
