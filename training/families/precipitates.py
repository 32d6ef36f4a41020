"""Precipitates: cuboids in rows (gamma prime), droplets and needles in a matrix, coarse and fine ones together."""

from __future__ import annotations

import numpy as np

from training.families.surfaces import background, two_greys, wavy
from training.fields import rough_noise, warped_grid
from training.scene import Scene
from training.shapes import Labels, blobs, lognormal_radii, paint, scattered, voronoi


def _cuboids(rng: np.random.Generator, side_px: int) -> Labels:
    spacing = float(np.exp(rng.uniform(np.log(12), np.log(60))))
    centres = scattered(rng, side_px * 1.5, spacing, disorder=rng.uniform(0.03, 0.3)) - side_px * 0.25
    angle = rng.uniform(0, np.pi / 2)
    turned = (centres - side_px / 2) @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    radii = spacing * rng.uniform(0.3, 0.5) * np.exp(rng.normal(0, 0.15, len(centres)))
    shapes = blobs(rng, turned + side_px / 2, radii, aspect=1.5, power=rng.uniform(2.5, 7), bumps=0.03, angle=angle)
    return paint(shapes, side_px, over=False)[0]


def _channels(rng: np.random.Generator, side_px: int) -> Labels:
    """Return rounded cells with channels of matrix between them, as coarsened precipitates leave."""
    spacing = float(np.exp(rng.uniform(np.log(14), np.log(70))))
    scale, shift = wavy(rng)
    grid = warped_grid(rng, side_px, scale_px=scale, shift_px=shift)
    cells, margin = voronoi(rng, grid, scattered(rng, side_px, spacing), uneven_px=spacing * 0.5)
    wide = spacing * rng.uniform(0.1, 0.4) * (1 + 0.4 * rough_noise(rng, side_px, scale_px=spacing, octaves=1))
    return np.where(margin > np.maximum(wide, 3), cells + 1, 0).astype(np.int32)


def _droplets(rng: np.random.Generator, side_px: int) -> Labels:
    middle = float(np.exp(rng.uniform(np.log(2.5), np.log(14))))
    n = int(rng.uniform(0.03, 0.2) * side_px**2 / (np.pi * middle**2)) + 3
    centres = rng.uniform(0, side_px, (min(n, 900), 2))
    radii = lognormal_radii(rng, len(centres), middle_px=middle, spread=rng.uniform(0.1, 0.6))
    aspect = rng.choice([1.2, 2.0, 6.0])
    return paint(blobs(rng, centres, radii, aspect=aspect, bumps=0.08), side_px, over=False)[0]


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return precipitates in a matrix, often with fine ones in the channels and a bright or dark rim."""
    kind = rng.integers(3)
    coarse = (_cuboids, _channels, _droplets)[kind](rng, side_px)
    labels = coarse
    dark, light = two_greys(rng)
    grey = background(rng, side_px, dark)
    n = int(coarse.max()) + 1
    tone = (light + rng.normal(0, rng.uniform(0, 0.06), n)).astype(np.float32)[coarse]
    grey = np.where(coarse > 0, tone, grey)
    if kind < 2 and rng.random() < 0.4:
        fine = _droplets(rng, side_px)
        free = (coarse == 0) & (fine > 0)
        labels = np.where(free, fine + coarse.max(), coarse).astype(np.int32)
        grey = np.where(free, np.float32(light + rng.uniform(-0.1, 0.1)), grey)
    apart = rng.random() < 0.7
    phases = np.where(coarse > 0, 1, np.where(labels > 0, 2 if apart else 1, 0)).astype(np.int32)
    return Scene(grey.astype(np.float32), labels, phases_yx=phases)
