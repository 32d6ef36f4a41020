"""Shapes that scenes are composed of: cells of a Voronoi diagram, and blobs painted one over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from training.fields import Plane

Labels = NDArray[np.int32]
Numbers = NDArray[np.floating[Any]]


@numba.njit(cache=True)
def _nearest_two(y_yx: Plane, x_yx: Plane, seeds_nk: Plane, stretch: float) -> tuple[Labels, Plane]:
    height, width = y_yx.shape
    labels = np.empty((height, width), np.int32)
    margin = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            first, second, best = np.float32(1e30), np.float32(1e30), 0
            for i in range(len(seeds_nk)):
                dy = y_yx[y, x] - seeds_nk[i, 0]
                dx = (x_yx[y, x] - seeds_nk[i, 1]) * stretch
                d = dy * dy + dx * dx - seeds_nk[i, 2]
                if d < first:
                    second, first, best = first, d, i
                elif d < second:
                    second = d
            labels[y, x] = best
            margin[y, x] = np.sqrt(max(second, 0.0)) - np.sqrt(max(first, 0.0))
    return labels, margin


def scattered(
    rng: np.random.Generator, side_px: float, spacing_px: float, *, disorder: float = 0.7
) -> NDArray[np.float32]:
    """Return seeds (n, 2) as y and x: a lattice of `spacing_px`, disturbed by `disorder` (0 to 1) of a spacing."""
    count = int(np.ceil(side_px / spacing_px)) + 2
    rows, columns = np.mgrid[:count, :count]
    y = (rows.ravel() - 0.5) * spacing_px
    x = (columns.ravel() - 0.5 + 0.5 * (rows.ravel() % 2)) * spacing_px
    seeds = np.stack([y, x], 1) + rng.uniform(-disorder, disorder, (y.size, 2)) * spacing_px
    return seeds.astype(np.float32)


def voronoi(
    rng: np.random.Generator,
    grid: tuple[Plane, Plane],
    seeds: NDArray[np.float32],
    *,
    uneven_px: float = 0.0,
    stretch: float = 1.0,
) -> tuple[Labels, Plane]:
    """Return each pixel's cell and about twice its distance to the nearest other cell, in pixels.

    `uneven_px` lets cells differ in size (power diagram), `stretch` squeezes them along x.
    """
    weights = rng.uniform(0, 1, len(seeds)) * uneven_px**2
    table = np.column_stack([seeds, weights]).astype(np.float32)
    return _nearest_two(grid[0], grid[1], table, np.float32(stretch))


@dataclass(frozen=True)
class Blobs:
    """Blobs to paint in order: centre, radius, aspect, angle, squareness (2 = ellipse, 6 = box) and roughness."""

    y: NDArray[np.float32]
    x: NDArray[np.float32]
    radius_px: NDArray[np.float32]
    aspect: NDArray[np.float32]
    angle: NDArray[np.float32]
    power: NDArray[np.float32]
    bumps: NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.y)


def blobs(
    rng: np.random.Generator,
    centres: Numbers,
    radius_px: Numbers,
    *,
    aspect: float = 1.0,
    power: float = 2.0,
    bumps: float = 0.0,
    angle: float | None = None,
) -> Blobs:
    """Return blobs at `centres` (n, 2); aspect up to `aspect`, outline uneven by up to `bumps` of the radius."""
    n = len(centres)
    angles = rng.uniform(0, np.pi, n) if angle is None else angle + rng.normal(0, 0.05, n)
    waves = rng.normal(0, 1, (n, 8)) * bumps / np.array([2, 2, 3, 3, 4, 4, 5, 5])
    return Blobs(
        y=centres[:, 0].astype(np.float32),
        x=centres[:, 1].astype(np.float32),
        radius_px=np.asarray(radius_px, np.float32),
        aspect=rng.uniform(1, max(aspect, 1.0), n).astype(np.float32),
        angle=angles.astype(np.float32),
        power=np.full(n, power, np.float32),
        bumps=waves.astype(np.float32),
    )


@numba.njit(cache=True)
def _paint(labels: Labels, depth: Plane, table: Plane, waves: Plane, over: bool) -> None:
    height, width = labels.shape
    for i in range(len(table)):
        cy, cx, radius, aspect, angle, power = table[i]
        a, b = radius * np.sqrt(aspect), radius / np.sqrt(aspect)
        reach = max(a, b) * 1.5 + 2
        sin, cos = np.sin(angle), np.cos(angle)
        for y in range(max(0, int(cy - reach)), min(height, int(cy + reach) + 1)):
            for x in range(max(0, int(cx - reach)), min(width, int(cx + reach) + 1)):
                if not over and labels[y, x] > 0:
                    continue
                u = (cos * (x - cx) + sin * (y - cy)) / a
                v = (cos * (y - cy) - sin * (x - cx)) / b
                r = (abs(u) ** power + abs(v) ** power) ** (1 / power)
                if r > 1.6:
                    continue
                theta = np.arctan2(v, u)
                edge = 1.0
                for k in range(4):
                    edge += waves[i, 2 * k] * np.cos((k + 2) * theta) + waves[i, 2 * k + 1] * np.sin((k + 2) * theta)
                if r < edge:
                    labels[y, x] = i + 1
                    depth[y, x] = r / edge


def paint(shapes: Blobs, side_px: int, *, over: bool = True) -> tuple[Labels, Plane]:
    """Return labels (0 = none, i + 1 = blob i) and depth (0 at a blob's centre, 1 at its edge and outside).

    Later blobs cover earlier ones; with `over` false they leave what is taken.
    """
    labels = np.zeros((side_px, side_px), np.int32)
    depth = np.ones((side_px, side_px), np.float32)
    columns = (shapes.y, shapes.x, shapes.radius_px, shapes.aspect, shapes.angle, shapes.power)
    _paint(labels, depth, np.column_stack(columns).astype(np.float32), shapes.bumps, over)
    return labels, depth


def lognormal_radii(rng: np.random.Generator, n: int, *, middle_px: float, spread: float) -> NDArray[np.float32]:
    """Return `n` radii around `middle_px`, at least 2 px."""
    return np.maximum(middle_px * np.exp(rng.normal(0, spread, n)), 2.0).astype(np.float32)
