"""Fibres: long rods that cross over each other, thin or thick, straight or bent, shaded across their width."""

from __future__ import annotations

import numpy as np

from training.families.surfaces import background, two_greys
from training.fields import Plane, warped_grid
from training.scene import Scene
from training.shapes import Labels


def _rods(rng: np.random.Generator, side_px: int) -> tuple[Labels, Plane]:
    """Return labels of rods, later ones on top, and how far off its axis each pixel lies (0 to 1)."""
    grid_y, grid_x = warped_grid(rng, side_px, scale_px=rng.uniform(40, 120), shift_px=rng.choice([0.0, 12.0]))
    half = float(np.exp(rng.uniform(np.log(2), np.log(14))))
    count = int(np.clip(rng.uniform(0.2, 1.2) * side_px / (2 * half), 3, 45))
    common, disorder = rng.uniform(0, np.pi), rng.choice([0.1, 0.5, 3.0])
    labels = np.zeros((side_px, side_px), np.int32)
    across = np.ones((side_px, side_px), np.float32)
    for index in range(count):
        angle = common + rng.normal(0, disorder)
        cy, cx = rng.uniform(0, side_px, 2)
        width = half * rng.uniform(0.7, 1.3)
        length = side_px * rng.uniform(0.2, 1.5)
        off = (np.float32(np.cos(angle)) * (grid_y - cy) - np.float32(np.sin(angle)) * (grid_x - cx)) / width
        along = np.float32(np.sin(angle)) * (grid_y - cy) + np.float32(np.cos(angle)) * (grid_x - cx)
        here = (np.abs(off) < 1) & (np.abs(along) < length / 2)
        labels[here] = index + 1
        across[here] = np.abs(off[here])
    return labels, across


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return rods over a background; each visible rod is one region."""
    labels, across = _rods(rng, side_px)
    dark, light = two_greys(rng, least=0.12)
    tone = (light + rng.normal(0, rng.uniform(0, 0.08), int(labels.max()) + 1)).astype(np.float32)[labels]
    tone += np.float32(rng.uniform(-0.25, 0.25)) * (across**2 - np.float32(0.4))
    grey = np.where(labels > 0, tone, background(rng, side_px, dark))
    return Scene(grey.astype(np.float32), labels, phases_yx=(labels > 0).astype(np.int32))
