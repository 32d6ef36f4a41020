"""Random fields: smooth noise, textures and lines from which scenes are made."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


@numba.njit(cache=True)
def _interpolate(grid_yx: Plane, side_px: int, step_y: float, step_x: float) -> Plane:
    out = np.empty((side_px, side_px), np.float32)
    for y in range(side_px):
        gy = y * step_y
        iy = int(gy)
        fy = gy - iy
        fy = fy * fy * (3 - 2 * fy)
        for x in range(side_px):
            gx = x * step_x
            ix = int(gx)
            fx = gx - ix
            fx = fx * fx * (3 - 2 * fx)
            upper = grid_yx[iy, ix] * (1 - fx) + grid_yx[iy, ix + 1] * fx
            lower = grid_yx[iy + 1, ix] * (1 - fx) + grid_yx[iy + 1, ix + 1] * fx
            out[y, x] = upper * (1 - fy) + lower * fy
    return out


def smooth_noise(
    rng: np.random.Generator, side_px: int, *, scale_y_px: float, scale_x_px: float | None = None
) -> Plane:
    """Return value noise (float32, about -1 to 1, mean near 0) that changes over `scale` pixels along each axis."""
    step_y = 1 / max(scale_y_px, 1.0)
    step_x = 1 / max(scale_x_px or scale_y_px, 1.0)
    grid = rng.uniform(-1, 1, (int(side_px * step_y) + 2, int(side_px * step_x) + 2)).astype(np.float32)
    return _interpolate(grid, side_px, step_y, step_x)


def rough_noise(rng: np.random.Generator, side_px: int, *, scale_px: float, octaves: int = 3) -> Plane:
    """Return noise with ever finer and weaker detail, as rough surfaces have; float32, standard deviation 1, mean 0."""
    total = np.zeros((side_px, side_px), np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, side_px, scale_y_px=scale_px / 2**octave) * np.float32(0.55**octave)
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def warped_grid(rng: np.random.Generator, side_px: int, *, scale_px: float, shift_px: float) -> tuple[Plane, Plane]:
    """Return y and x of every pixel, each moved smoothly by up to about `shift_px`: straight edges become wavy."""
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32)
    if shift_px > 0:
        y = y + np.float32(shift_px) * smooth_noise(rng, side_px, scale_y_px=scale_px)
        x = x + np.float32(shift_px) * smooth_noise(rng, side_px, scale_y_px=scale_px)
    return y, x


def stripes(rng: np.random.Generator, side_px: int, *, period_px: float, angle: float, waviness: float = 0.15) -> Plane:
    """Return lamellae: a wave of about -1 to 1 along `angle` whose phase wanders by `waviness` periods."""
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32)
    phase = (y * np.sin(angle) + x * np.cos(angle)) / period_px
    wander = smooth_noise(rng, side_px, scale_y_px=4 * period_px) * waviness
    wave = np.sin(2 * np.pi * (phase + wander + rng.uniform()))
    return np.tanh(wave * rng.uniform(0.8, 3)).astype(np.float32)


def texture(rng: np.random.Generator, side_px: int) -> Plane:
    """Return one texture of a random kind (grain, speckle, stripes, streaks); float32, mean 0, about -1 to 1."""
    kind = rng.integers(5)
    scale = float(np.exp(rng.uniform(np.log(1.5), np.log(12))))
    if kind == 0:
        return smooth_noise(rng, side_px, scale_y_px=scale)
    if kind == 1:
        return stripes(rng, side_px, period_px=max(2 * scale, 3.5), angle=rng.uniform(0, np.pi))
    if kind == 2:
        return np.clip(rough_noise(rng, side_px, scale_px=2 * scale, octaves=2) * 0.5, -1, 1)
    if kind == 3:
        return smooth_noise(rng, side_px, scale_y_px=scale, scale_x_px=scale * rng.uniform(2, 6))
    dots = (smooth_noise(rng, side_px, scale_y_px=min(scale, 3.5)) > rng.uniform(0.3, 0.6)).astype(np.float32)
    return 2 * (dots - dots.mean())
