"""Particles: powders that touch and overlap, from smooth spheres to rough flakes; bright, dark or shaded."""

from __future__ import annotations

import numpy as np

from training.families.surfaces import background, two_greys
from training.fields import Plane, rough_noise
from training.scene import Scene
from training.shapes import Labels, blobs, lognormal_radii, paint, scattered


def _shade(rng: np.random.Generator, labels: Labels, depth: Plane, grey: float) -> Plane:
    """Return brightness of particles: one grey each, a lit side or a rim as in secondary electrons, roughness."""
    n = int(labels.max()) + 1
    tone = (grey + rng.normal(0, rng.uniform(0, 0.12), n)).astype(np.float32)[labels]
    style = rng.integers(4)
    if style == 1:
        tone += np.float32(rng.uniform(0.1, 0.5)) * (depth ** np.float32(rng.uniform(2, 6)) - np.float32(0.3))
    elif style == 2:
        tone -= np.float32(rng.uniform(0.1, 0.4)) * (depth ** np.float32(rng.uniform(1.5, 4)) - np.float32(0.3))
    elif style == 3:
        slope_y, slope_x = np.gradient(depth)
        angle = rng.uniform(0, 2 * np.pi)
        tone += np.clip((np.sin(angle) * slope_y + np.cos(angle) * slope_x) * 3, -0.25, 0.25).astype(np.float32)
    if rng.random() < 0.5:
        rough = rough_noise(rng, labels.shape[0], scale_px=rng.uniform(3, 20))
        tone += np.float32(rng.uniform(0.01, 0.08)) * rough
    return tone


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return a powder or a dispersion of particles over a background."""
    middle = float(np.exp(rng.uniform(np.log(4), np.log(45))))
    crowd = rng.uniform(0.9, 3.2)
    centres = scattered(rng, side_px, max(middle * crowd, 5.0), disorder=rng.uniform(0.2, 0.9))
    rng.shuffle(centres)
    centres = centres[: max(3, int(len(centres) * rng.uniform(0.4, 1)))][:1500]
    radii = lognormal_radii(rng, len(centres), middle_px=middle, spread=rng.uniform(0.05, 0.6))
    shape = {
        "aspect": rng.choice([1.0, 1.3, 2.5]),
        "power": rng.choice([2.0, 2.0, 2.5, 4.0]),
        "bumps": rng.choice([0.0, 0.05, 0.15]),
    }
    labels, depth = paint(blobs(rng, centres, radii, **shape), side_px, over=rng.random() < 0.7)
    dark, light = two_greys(rng, least=0.1)
    ground = background(rng, side_px, dark)
    grey = np.where(labels > 0, _shade(rng, labels, depth, light), ground).astype(np.float32)
    return Scene(grey, labels, phases_yx=(labels > 0).astype(np.int32))
