"""Layers: coatings with rough interfaces one above the other, with cracks through them and pores inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from training.families.surfaces import background
from training.fields import smooth_noise, texture
from training.scene import Scene
from training.shapes import Labels, blobs, lognormal_radii, paint


def _stack(rng: np.random.Generator, side_px: int) -> Labels:
    """Return layers 0 to n from top to bottom, their interfaces uneven on two scales."""
    count = int(rng.integers(1, 6))
    heights = np.sort(rng.uniform(0.05, 0.95, count)) * side_px
    slope = rng.normal(0, 0.08)
    x = np.arange(side_px)
    layer = np.zeros((side_px, side_px), np.int32)
    for height in heights:
        scale = rng.uniform(15, 80)
        wave = smooth_noise(rng, side_px, scale_y_px=scale)[0] * rng.uniform(0, 0.3) * scale
        fine = smooth_noise(rng, side_px, scale_y_px=rng.uniform(2, 8))[1] * rng.uniform(0, 2.5)
        edge = height + slope * (x - side_px / 2) + wave + fine
        layer += (np.arange(side_px)[:, None] > edge[None, :]).astype(np.int32)
    return layer


def _cracks(rng: np.random.Generator, layer: Labels) -> NDArray[np.bool_]:
    """Return which pixels belong to cracks: wandering lines, mostly across one layer, 1 to 5 px wide."""
    side = len(layer)
    crack = np.zeros_like(layer, bool)
    for _ in range(int(rng.integers(0, 6))):
        y, x = rng.integers(side, size=2).astype(float)
        home = layer[int(y), int(x)]
        heading = np.pi / 2 + rng.normal(0, 0.4) if rng.random() < 0.7 else rng.uniform(0, np.pi)
        half, course = rng.uniform(0.6, 2.6), heading
        for _ in range(int(rng.uniform(30, side))):
            if not (0 <= y < side and 0 <= x < side) or layer[int(y), int(x)] != home:
                break
            reach = int(np.ceil(half))
            crack[max(0, int(y - half)) : int(y + reach), max(0, int(x - half)) : int(x + reach)] = True
            heading += rng.normal(0, 0.35) + 0.25 * (course - heading)
            y, x = y + np.sin(heading), x + np.cos(heading)
    return crack


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return a section through a coating; each layer, crack and pore is a region."""
    layer = _stack(rng, side_px)
    count = int(layer.max()) + 1
    tones = rng.uniform(0.05, 0.95, count).astype(np.float32)
    close = rng.random(count) < 0.3
    tones[1:] = np.where(close[1:], tones[:-1] + rng.choice([-0.07, 0.07], count - 1), tones[1:])
    grey = tones[layer] + background(rng, side_px, 0.0)
    for index in range(count):
        if rng.random() < 0.5:
            grey += (layer == index) * np.float32(rng.uniform(0.02, 0.12)) * texture(rng, side_px)
    regions = layer.copy()
    n = int(rng.integers(0, 60))
    centres = rng.uniform(0, side_px, (n, 2))
    radii = lognormal_radii(rng, n, middle_px=rng.uniform(2, 7), spread=0.5)
    pores, _ = paint(blobs(rng, centres, radii, aspect=4.0, bumps=0.12), side_px)
    pores = ndi.label(pores > 0)[0].astype(np.int32)
    porous = pores * np.isin(layer, np.flatnonzero(rng.random(count) < 0.5))
    crack = _cracks(rng, layer) & (porous == 0)
    void = rng.choice([0.02, 0.98], p=[0.85, 0.15])
    grey = np.where((porous > 0) | crack, np.float32(void), grey)
    regions = np.where(porous > 0, porous + count, regions)
    regions = np.where(crack, count + n + 1, regions).astype(np.int32)
    phases = np.where(porous > 0, count, layer)
    phases = np.where(crack, count + 1 if rng.random() < 0.5 else count, phases).astype(np.int32)
    if rng.random() < 0.5:
        grey, regions, phases = grey.T.copy(), regions.T.copy(), phases.T.copy()
    return Scene(grey.astype(np.float32), regions, phases_yx=phases)
