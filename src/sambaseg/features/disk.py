"""The disk that mean, minimum, maximum, median, variance and entropy look at; it includes its radius.

A disk of radius r holds every pixel with dy² + dx² ≤ r²: five pixels for r = 1. Below r = 1 it is the pixel itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from sambaseg.features.arrays import IndexArray
from sambaseg.features.family import ComputeStep, Scales, Source, Step, scale_text


@lru_cache(maxsize=64)
def half_widths(radius_px: float) -> IndexArray:
    """Return how far the disk reaches to each side in the row `dy` below the centre, for dy = 0 to the radius."""
    rows = range(int(radius_px) + 1)
    return np.array([math.floor(math.sqrt(radius_px**2 - dy**2)) for dy in rows], np.int64)


@lru_cache(maxsize=64)
def rows_of_half_width(radius_px: float) -> IndexArray:
    """Return, for each half width from 0 to the radius, the first dy that has it and the one after the last."""
    half_width_dy = half_widths(radius_px)
    spans = [
        (np.searchsorted(-half_width_dy, -h, side="left"), np.searchsorted(-half_width_dy, -h, side="right"))
        for h in range(half_width_dy.size)
    ]
    return np.array(spans, np.int64)


def disk_area(radius_px: float) -> int:
    """Return how many pixels the disk holds; always an odd number."""
    half_width_dy = half_widths(radius_px)
    row_pixels = 2 * half_width_dy + 1
    return int(2 * row_pixels.sum() - row_pixels[0])


def disk_steps(
    names: tuple[str, ...],
    scales: Scales,
    compute_for: Callable[[float], ComputeStep],
    ns_per_pixel: Callable[[float], float],
    *,
    scratch_planes: int,
) -> tuple[Step, ...]:
    """Return one step a scale that reads the image itself in a disk whose radius is the scale, in both conventions."""
    return tuple(
        Step(
            names=names,
            scale_px=radius_px,
            scale_text=scale_text(radius_px),
            sources=(Source(0.0, int(radius_px)),),
            compute=compute_for(radius_px),
            ns_per_pixel=ns_per_pixel(radius_px),
            scratch_planes=scratch_planes,
        )
        for radius_px in scales.listed_px
    )
