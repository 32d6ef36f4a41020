"""What an instrument does to a scene: blur, bright edges, charging, curtaining, scratches, inversion, noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from training.fields import Plane, smooth_noise


def _edge_brightening(rng: np.random.Generator, plane: Plane) -> Plane:
    """Add what secondary electrons add where the surface falls off: light along edges, on one side more."""
    sigma = rng.uniform(1, 4)
    detail = plane - ndi.gaussian_filter(plane, sigma)
    return plane + np.float32(rng.uniform(0.3, 1.2)) * detail


def _illumination(rng: np.random.Generator, plane: Plane) -> Plane:
    """Add charging: a slow gradient over the picture, plus or times."""
    cloud = smooth_noise(rng, len(plane), scale_y_px=len(plane) * rng.uniform(0.4, 1.2))
    strength = np.float32(rng.uniform(0.05, 0.35))
    return plane + strength * cloud if rng.random() < 0.5 else plane * (1 + strength * cloud)


def _curtains(rng: np.random.Generator, plane: Plane) -> Plane:
    """Add streaks along one axis, as ion beams and scan lines leave them."""
    thin, long = rng.uniform(1, 6), len(plane) * rng.uniform(0.5, 2)
    streaks = smooth_noise(rng, len(plane), scale_y_px=long, scale_x_px=thin)
    return plane + np.float32(rng.uniform(0.02, 0.12)) * (streaks if rng.random() < 0.5 else streaks.T)


def _scratches(rng: np.random.Generator, plane: Plane) -> Plane:
    y, x = np.mgrid[: len(plane), : len(plane)].astype(np.float32)
    for _ in range(int(rng.integers(1, 5))):
        angle, at = rng.uniform(0, np.pi), rng.uniform(0, len(plane), 2)
        off = (y - at[0]) * np.float32(np.cos(angle)) - (x - at[1]) * np.float32(np.sin(angle))
        plane = plane + np.float32(rng.normal(0, 0.15)) * np.exp(-((off / np.float32(rng.uniform(0.6, 2))) ** 2))
    return plane


def _noise(rng: np.random.Generator, plane: Plane) -> Plane:
    """Add shot and read-out noise, sometimes smoothed by the instrument's filter; most pictures have little."""
    level = 0.004 * np.exp(rng.uniform(0, 3.4))
    grain = rng.standard_normal(plane.shape, dtype=np.float32)
    if rng.random() < 0.35:
        sigma = rng.uniform(0.5, 1.2)
        grain = ndi.gaussian_filter(grain, sigma) * np.float32(2 * sigma)
    if rng.random() < 0.5:
        grain *= np.sqrt(np.clip(plane, 0.05, 2))
    return plane + np.float32(level) * grain


def photograph(rng: np.random.Generator, grey_yx: Plane) -> NDArray[np.float32]:
    """Return `grey_yx` as an instrument would record it: float32, 0 to 1."""
    plane = grey_yx - grey_yx.min()
    plane = plane / max(float(plane.max()), 1e-6)
    if rng.random() < 0.25:
        plane = _edge_brightening(rng, plane)
    if rng.random() < 0.8:
        plane = ndi.gaussian_filter(plane, rng.uniform(0.4, 1.0) if rng.random() < 0.6 else rng.uniform(1.0, 2.4))
    for chance, effect in ((0.35, _illumination), (0.12, _curtains), (0.08, _scratches)):
        if rng.random() < chance:
            plane = effect(rng, plane)
    plane = _noise(rng, plane)
    low, high = np.quantile(plane[::4, ::4], [0.002, 0.998])
    plane = np.clip((plane - low) / max(float(high - low), 1e-6), 0, 1)
    if rng.random() < 0.5:
        plane = 1 - plane
    plane = plane ** np.float32(np.exp(rng.normal(0, 0.3)))
    return (np.round(plane * 255) / 255).astype(np.float32)
