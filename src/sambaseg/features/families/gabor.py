"""Gabor bank, two planes a scale: how strongly stripes as wide as the scale stand out, whichever way they run.

The scale is the width of a stripe, half the wavelength, in both conventions; a scale below 1 px has no planes, since no
image holds finer stripes. Waves in eight orientations, 22.5° apart, lie under a Gaussian of 0.56 wavelengths (one
octave wide), cut off at 3 sigma and normalised to sum 1; at each pixel the magnitudes of the eight complex responses
are projected to their maximum and their mean. The even wave's own sum is taken off, so that flat images give zero.
Source: D. Gabor (1946); `skimage.filters.gabor_kernel`. The waves are products of waves along y and x, and two mirrored
orientations share them. Support: 3 sigma, some 3.4 scales.
"""

from __future__ import annotations

import functools
import math
from functools import lru_cache

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import FloatArray
from sambaseg.features.family import Family, Plane, Scales, Source, Step, Target, scale_text
from sambaseg.features.scratch import Scratch
from sambaseg.features.separable import HalfKernel, filter_columns_into, filter_rows_into

ORIENTATIONS = 8
WINDOW = 3.0
SIGMA_BY_WAVELENGTH = 3 / math.pi * math.sqrt(math.log(2) / 2)
"""Of a filter one octave wide."""
SMALLEST_PX = 1.0
STRIP_ROWS = 32
"""What is computed at a time, so that all products stay in the second-level cache."""
NAMES = ("Gabor maximum", "Gabor mean")
SHARE = np.float32(1 / ORIENTATIONS)


class Waves:
    """The half kernels of one scale: `even` and `odd` waves under the Gaussian for each orientation up to 90°.

    Index j is the wave along x at j times 22.5°, and along y at 90° less that; the last is the Gaussian alone.
    """

    def __init__(self, scale_px: float) -> None:
        wavelength = 2 * scale_px
        sigma = SIGMA_BY_WAVELENGTH * wavelength
        self.radius_px = int(WINDOW * sigma + 0.5)
        distance = np.arange(self.radius_px + 1)
        gaussian = np.exp(-0.5 / sigma**2 * distance**2)
        gaussian /= 2 * gaussian.sum() - gaussian[0]
        angles = np.arange(ORIENTATIONS // 2 + 1) * math.pi / ORIENTATIONS
        numbers = 2 * math.pi / wavelength * np.cos(angles)
        numbers[-1] = 0
        even_aw, odd_aw = (gaussian * wave(np.outer(numbers, distance)) for wave in (np.cos, np.sin))
        self.even = [HalfKernel(weights.astype(np.float32), 1) for weights in even_aw]
        self.odd = [HalfKernel(weights.astype(np.float32), -1) for weights in odd_aw]
        self.sums = 2 * even_aw.sum(axis=1) - even_aw[:, 0]


@lru_cache(maxsize=32)
def waves_of(scale_px: float) -> Waves:
    """Return the kernels of a scale."""
    return Waves(scale_px)


@compiled
def _add_pair(
    products_cyx: FloatArray, blurred_yx: FloatArray, offset: np.float32, largest_yx: FloatArray, total_yx: FloatArray
) -> None:
    """Add the magnitudes of two mirrored orientations, from the products even·even, odd·odd, even·odd and odd·even."""
    height, width = blurred_yx.shape
    for y in range(height):
        both_even, both_odd = products_cyx[0, y], products_cyx[1, y]
        odd_x, odd_y = products_cyx[2, y], products_cyx[3, y]
        blurred, largest, total = blurred_yx[y], largest_yx[y], total_yx[y]
        for x in range(np.uint64(width)):
            even = both_even[x] - offset * blurred[x]
            even_1, even_2 = even - both_odd[x], even + both_odd[x]
            odd_1, odd_2 = odd_y[x] + odd_x[x], odd_y[x] - odd_x[x]
            magnitude_1 = np.sqrt(even_1 * even_1 + odd_1 * odd_1)
            magnitude_2 = np.sqrt(even_2 * even_2 + odd_2 * odd_2)
            largest[x] = np.maximum(largest[x], np.maximum(magnitude_1, magnitude_2))
            total[x] += magnitude_1 + magnitude_2


@compiled
def _add_one(
    even_yx: FloatArray,
    odd_yx: FloatArray,
    blurred_yx: FloatArray,
    offset: np.float32,
    largest_yx: FloatArray,
    total_yx: FloatArray,
) -> None:
    """Add the magnitude of an orientation along an axis."""
    height, width = blurred_yx.shape
    for y in range(height):
        odd, blurred, largest, total = odd_yx[y], blurred_yx[y], largest_yx[y], total_yx[y]
        even = even_yx[y]
        for x in range(np.uint64(width)):
            real = even[x] - offset * blurred[x]
            magnitude = np.sqrt(real * real + odd[x] * odd[x])
            largest[x] = np.maximum(largest[x], magnitude)
            total[x] += magnitude


def _compute(waves: Waves, sources: tuple[Plane, ...], target: Target, scratch: Scratch) -> None:
    (plane,) = sources
    for y in range(0, target.height, STRIP_ROWS):
        height = min(STRIP_ROWS, target.height - y)
        strip = target._replace(y=target.y + y, height=height)
        _compute_strip(waves, plane._replace(y=plane.y + y), strip, scratch)


def _compute_strip(waves: Waves, plane: Plane, target: Target, scratch: Scratch) -> None:
    size = target.height, target.width
    radius, last = waves.radius_px, ORIENTATIONS // 2
    tall_cyx: FloatArray = scratch.array("waves along y", (2, size[0], size[1] + 2 * radius))
    products_cyx: FloatArray = scratch.array("wave products", (4, *size))
    projected_cyx: FloatArray = scratch.array("wave projections", (3, *size))
    blurred_yx, largest_yx, total_yx = projected_cyx
    largest_yx.fill(0)
    total_yx.fill(0)

    def along_y(kernel: HalfKernel, index: int) -> None:
        filter_rows_into(tall_cyx[index], plane.array_yx, plane.y, plane.x - radius, kernel)

    def along_x(kernel: HalfKernel, index: int, out_yx: FloatArray) -> None:
        filter_columns_into(out_yx, tall_cyx[index], 0, radius, kernel)

    for j in range(last + 1):
        offset = np.float32(waves.sums[j] * waves.sums[last - j])
        along_y(waves.even[last - j], 0)
        if j == 0:
            along_x(waves.even[last], 0, blurred_yx)
            along_x(waves.even[0], 0, products_cyx[0])
            along_x(waves.odd[0], 0, products_cyx[1])
            _add_one(products_cyx[0], products_cyx[1], blurred_yx, offset, largest_yx, total_yx)
            continue
        along_y(waves.odd[last - j], 1)
        along_x(waves.even[j], 0, products_cyx[0])
        along_x(waves.even[j], 1, products_cyx[3])
        if j == last:
            _add_one(products_cyx[0], products_cyx[3], blurred_yx, offset, largest_yx, total_yx)
            continue
        along_x(waves.odd[j], 1, products_cyx[1])
        along_x(waves.odd[j], 0, products_cyx[2])
        _add_pair(products_cyx, blurred_yx, offset, largest_yx, total_yx)
    target.plane(0)[...] = largest_yx
    np.multiply(total_yx, SHARE, out=target.plane(1))


def _step(scale_px: float) -> Step:
    waves = waves_of(scale_px)
    return Step(
        names=NAMES,
        scale_px=scale_px,
        scale_text=scale_text(scale_px),
        sources=(Source(0.0, waves.radius_px),),
        compute=functools.partial(_compute, waves),
        ns_per_pixel=50 + 1.8 * waves.radius_px,
        scratch_planes=2,
    )


def _steps(scales: Scales) -> tuple[Step, ...]:
    return tuple(_step(scale_px) for scale_px in scales.listed_px if scale_px >= SMALLEST_PX)


GABOR = Family(
    id="gabor",
    name="Gabor",
    group="texture",
    summary="Stripes as wide as the scale, in any direction: lamellae, twins, woven and rippled textures.",
    planes="2 for each scale from 1 px on",
    default_weka=False,
    default_samba=False,
    uses_scales=True,
    steps=_steps,
)
