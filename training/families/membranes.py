"""Membranes: rings around cores as myelin around axons, packed or loose, and thin walls between cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.families.surfaces import background, two_greys, wavy
from training.fields import rough_noise, smooth_noise, warped_grid
from training.scene import Scene
from training.shapes import Labels, blobs, lognormal_radii, paint, scattered, voronoi

Mask = NDArray[np.bool_]


def _cells(rng: np.random.Generator, side_px: int, spacing: float) -> tuple[Labels, Mask, Mask]:
    """Return angular packed fibres: labels, where their walls lie, and where their cores."""
    scale, shift = wavy(rng)
    grid = warped_grid(rng, side_px, scale_px=scale, shift_px=shift)
    seeds = scattered(rng, side_px, spacing)
    cells, margin = voronoi(
        rng, grid, seeds, uneven_px=spacing * rng.uniform(0.2, 0.9), stretch=rng.choice([1, 1, 1.4])
    )
    n = len(seeds)
    bend = 0.12 * spacing * smooth_noise(rng, side_px, scale_y_px=spacing * 0.6)
    gap = (rng.uniform(0, rng.choice([0.02, 0.3]), n) * spacing)[cells] + bend * 0.5
    thick = np.maximum(np.maximum(rng.uniform(0.12, 0.5, n) * spacing, 4.0)[cells] + bend, 3.0)
    present = (rng.random(n) < rng.uniform(0.6, 1))[cells]
    fibre = (margin > gap) & present
    core = (margin > gap + thick) & present
    return np.where(fibre, cells + 1, 0).astype(np.int32), fibre & ~core, core


def _rings(rng: np.random.Generator, side_px: int, spacing: float) -> tuple[Labels, Mask, Mask]:
    """Return round fibres that fill the gaps between larger ones: labels, walls and cores."""
    n = int(min(2.5 * (side_px / spacing) ** 2, 700)) + 4
    centres = rng.uniform(-0.05 * side_px, 1.05 * side_px, (n, 2))
    radii = np.sort(lognormal_radii(rng, n, middle_px=spacing * 0.45, spread=0.4))[::-1]
    labels, depth = paint(blobs(rng, centres, radii, aspect=1.6, bumps=0.07), side_px, over=False)
    share = np.concatenate([[2.0], rng.uniform(0.45, 0.85, n)]).astype(np.float32)
    core = (depth < share[labels]) & (labels > 0)
    return labels, (labels > 0) & ~core, core


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return rings; core, ring and what is outside are three kinds of region, touching rings are parts of one."""
    spacing = float(np.exp(rng.uniform(np.log(14), np.log(70))))
    labels, wall, core = (_cells if rng.random() < 0.5 else _rings)(rng, side_px, spacing)
    outside, ring = two_greys(rng)
    inside = outside + rng.normal(0, 0.08) if rng.random() < 0.5 else rng.uniform(0.05, 0.95)
    if abs(inside - ring) < 0.08:
        inside = outside
    grey = background(rng, side_px, outside)
    tones = rng.normal(0, 0.04, (2, int(labels.max()) + 1)).astype(np.float32)
    grey = np.where(wall, np.float32(ring) + tones[0][labels], grey)
    grey = np.where(core, np.float32(inside) + tones[1][labels], grey)
    grey += np.float32(rng.uniform(0, 0.06)) * rough_noise(rng, side_px, scale_px=rng.uniform(3, 10))
    regions = np.where(core, labels + 1, wall.astype(np.int32)).astype(np.int32)
    phases = np.where(core, 2, wall.astype(np.int32)).astype(np.int32)
    return Scene(grey.astype(np.float32), regions, labels, phases)
