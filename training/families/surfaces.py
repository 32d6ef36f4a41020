"""What families share: a plain or uneven background, and two brightnesses that differ enough to be seen."""

from __future__ import annotations

import numpy as np

from training.fields import Plane, rough_noise, smooth_noise, texture


def two_greys(rng: np.random.Generator, *, least: float = 0.08) -> tuple[float, float]:
    """Return two brightnesses, 0.05 to 0.95, at least `least` apart."""
    while True:
        a, b = rng.uniform(0.05, 0.95, 2)
        if abs(a - b) >= least:
            return float(a), float(b)


def background(rng: np.random.Generator, side_px: int, grey: float) -> Plane:
    """Return a surface of brightness `grey`: flat, clouded, rough or textured."""
    plane = np.full((side_px, side_px), grey, np.float32)
    kind = rng.integers(5)
    if kind == 1:
        plane += np.float32(rng.uniform(0.02, 0.12)) * smooth_noise(rng, side_px, scale_y_px=rng.uniform(20, 90))
    elif kind == 2:
        plane += np.float32(rng.uniform(0.01, 0.06)) * rough_noise(rng, side_px, scale_px=rng.uniform(6, 40))
    elif kind == 3:
        plane += np.float32(rng.uniform(0.01, 0.07)) * texture(rng, side_px)
    return plane


def wavy(rng: np.random.Generator) -> tuple[float, float]:
    """Return a scale and a shift in pixels by which outlines are bent."""
    scale = float(rng.uniform(8, 40))
    return scale, float(rng.uniform(0, 0.35) * scale)
