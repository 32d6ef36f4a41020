"""Grains: cells that fill the plane, told apart by grey, by grooves, by thick walls of another phase, or by texture."""

from __future__ import annotations

import numpy as np

from training.families.surfaces import two_greys, wavy
from training.fields import rough_noise, texture, warped_grid
from training.scene import Scene
from training.shapes import scattered, voronoi


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return grains with thin or thick boundaries; with thick ones the wall between grains is a region of its own."""
    spacing = float(np.exp(rng.uniform(np.log(14), np.log(110))))
    scale, shift = wavy(rng)
    grid = warped_grid(rng, side_px, scale_px=scale, shift_px=shift if rng.random() < 0.7 else 0.0)
    seeds = scattered(rng, side_px, spacing, disorder=rng.uniform(0.2, 0.8))
    cells, margin = voronoi(rng, grid, seeds, uneven_px=spacing * rng.uniform(0, 0.8), stretch=rng.choice([1, 1, 1.8]))
    labels = cells + 1
    phases = rng.uniform(0.1, 0.9, int(rng.integers(1, 4)))
    spread = rng.uniform(0.0, 0.15) if len(phases) > 1 else rng.uniform(0.03, 0.2)
    phase_of = rng.integers(len(phases), size=len(seeds))
    tone = phases[phase_of] + rng.normal(0, spread, len(seeds))
    grey = tone.astype(np.float32)[cells]
    if rng.random() < 0.4:
        strength = rng.uniform(0, 0.12, len(seeds)).astype(np.float32)[cells]
        grey += strength * texture(rng, side_px)
    else:
        grey += np.float32(rng.uniform(0, 0.04)) * rough_noise(rng, side_px, scale_px=rng.uniform(3, 25))
    classes = phase_of.astype(np.int32)[cells] if len(phases) > 1 else None
    style = rng.integers(3)
    if style == 0:
        width = rng.uniform(1.0, 3.0)
        groove = np.exp(-((margin / np.float32(2 * width)) ** 2))
        grey += np.float32(rng.uniform(0.1, 0.4) * rng.choice([-1, 1])) * groove
        if classes is None:
            classes = (margin < 2 * width).astype(np.int32)
    elif style == 1:
        width = rng.uniform(2.0, min(0.25 * spacing, 14.0))
        wall = margin < 2 * width
        labels = np.where(wall, 0, labels).astype(np.int32)
        _, colour = two_greys(rng)
        grey = np.where(wall, np.float32(colour), grey)
        classes = np.where(wall, 0, 1 if classes is None else classes + 1).astype(np.int32)
    return Scene(grey.astype(np.float32), labels, phases_yx=classes)
