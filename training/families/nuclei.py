"""Nuclei: soft blobs alone or in clusters, of uneven brightness, often inside larger and fainter cells."""

from __future__ import annotations

import numpy as np

from training.families.surfaces import background, two_greys
from training.fields import rough_noise
from training.scene import Scene
from training.shapes import blobs, lognormal_radii, paint


def make(rng: np.random.Generator, side_px: int) -> Scene:
    """Return nuclei, each in its cell where the scene has cells; cells count as parts of the background."""
    n = int(rng.integers(5, 70))
    middle = float(np.exp(rng.uniform(np.log(5), np.log(22))))
    hubs = rng.uniform(0, side_px, (max(2, n // 6), 2))
    centres = hubs[rng.integers(len(hubs), size=n)] + rng.normal(0, middle * rng.uniform(1.5, 6), (n, 2))
    radii = lognormal_radii(rng, n, middle_px=middle, spread=rng.uniform(0.1, 0.4))
    nuclei = blobs(rng, centres, radii, aspect=1.7, bumps=rng.choice([0.02, 0.08]))
    labels, depth = paint(nuclei, side_px, over=rng.random() < 0.5)
    dark, light = two_greys(rng, least=0.12)
    grey = background(rng, side_px, dark)
    parts = None
    if rng.random() < 0.5:
        shift = rng.normal(0, middle * 0.5, (n, 2))
        around = blobs(rng, centres + shift, radii * rng.uniform(1.8, 4), aspect=1.6, bumps=0.12)
        parts, _ = paint(around, side_px)
        faint = rng.uniform(0.15, 0.6)
        grey = np.where(parts > 0, grey + (light - dark) * np.float32(faint), grey)
        grey += np.float32(0.03) * rough_noise(rng, side_px, scale_px=12) * (parts > 0)
    tone = (light + rng.normal(0, rng.uniform(0, 0.2) * abs(light - dark), n + 1)).astype(np.float32)[labels]
    tone += np.float32(rng.uniform(0, 0.08)) * rough_noise(rng, side_px, scale_px=rng.uniform(4, 12))
    soft = np.float32(rng.uniform(0, 0.5)) * depth**4
    grey = np.where(labels > 0, tone * (1 - soft) + grey * soft, grey)
    phases = (labels > 0).astype(np.int32)
    if parts is not None and rng.random() < 0.5:
        phases = np.where(labels > 0, 2, (parts > 0).astype(np.int32))
    return Scene(grey.astype(np.float32), labels, parts, phases.astype(np.int32))
