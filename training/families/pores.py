"""Pores: holes in a solid (foams, sinters, two phases of a random field), with or without bright rims."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from training.families.surfaces import background, two_greys, wavy
from training.fields import rough_noise, smooth_noise, warped_grid
from training.scene import Scene
from training.shapes import Labels, scattered, voronoi


def _foam(rng: np.random.Generator, side_px: int) -> Labels:
    spacing = float(np.exp(rng.uniform(np.log(12), np.log(80))))
    scale, shift = wavy(rng)
    grid = warped_grid(rng, side_px, scale_px=scale, shift_px=shift)
    cells, margin = voronoi(rng, grid, scattered(rng, side_px, spacing), uneven_px=spacing * 0.6)
    present = rng.random(int(cells.max()) + 1) < rng.uniform(0.3, 1)
    hole = (margin > spacing * rng.uniform(0.15, 0.5)) & present[cells]
    return np.where(hole, cells + 1, 0).astype(np.int32)


def _random_field(rng: np.random.Generator, side_px: int) -> Labels:
    scale = float(np.exp(rng.uniform(np.log(10), np.log(70))))
    field = rough_noise(rng, side_px, scale_px=scale, octaves=int(rng.integers(1, 4)))
    return ndi.label(field > rng.uniform(0.2, 1.3))[0].astype(np.int32)


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return a solid with pores; connected pores are one region."""
    labels = (_foam if rng.random() < 0.5 else _random_field)(rng, side_px)
    dark, light = two_greys(rng)
    grey = background(rng, side_px, light)
    inside = np.full_like(grey, dark)
    if rng.random() < 0.6:
        inside += np.float32(rng.uniform(0.02, 0.2)) * smooth_noise(rng, side_px, scale_y_px=rng.uniform(5, 40))
    grey = np.where(labels > 0, inside, grey)
    if rng.random() < 0.4:
        solid = ndi.gaussian_filter((labels > 0).astype(np.float32), rng.uniform(1, 4))
        rim = np.where(labels > 0, 0, solid)
        grey += np.float32(rng.uniform(0.2, 0.9) * rng.choice([-0.5, 1])) * rim
    return Scene(grey.astype(np.float32), labels, phases_yx=(labels > 0).astype(np.int32))
