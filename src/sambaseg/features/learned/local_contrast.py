"""What the encoder sees: how much brighter a pixel is than its surroundings, by how much these vary.

The pixel less the local mean, over √(local variance + 1e-3²), within ±8; the surroundings are weighted by a Gaussian of
16 px, cut off at 3 sigma. So the encoder sees the same whatever the contrast of an image.
"""

from __future__ import annotations

import numpy as np

from sambaseg.compiled import compiled
from sambaseg.features.arrays import DoubleArray, FloatArray
from sambaseg.features.blur import blur_into, gaussian_radius_px
from sambaseg.features.scratch import Scratch

SIGMA_PX, WINDOW = 16.0, 3.0
RADIUS_PX = gaussian_radius_px(SIGMA_PX, WINDOW)
LEAST_VARIANCE = 1e-3**2
LARGEST = 8.0


def local_contrast_into(out_yx: FloatArray, source_yx: FloatArray, y: int, x: int, scratch: Scratch) -> None:
    """Write the local contrast of `source_yx`, from row `y`, column `x` on, into `out_yx`; both C-contiguous.

    `source_yx` must hold `RADIUS_PX` pixels more on each side. Means are sums in double precision: variance is the mean
    square less the squared mean, and scaled pixels may be 1e4.
    """
    height, width = out_yx.shape
    wide = height + 2 * RADIUS_PX, width + 2 * RADIUS_PX
    pixels_yx: DoubleArray = scratch.array("contrast pixels", wide, np.float64)
    pixels_yx[...] = source_yx[y - RADIUS_PX :, x - RADIUS_PX :][: wide[0], : wide[1]]
    mean_yx: DoubleArray = scratch.array("contrast mean", out_yx.shape, np.float64)
    blur_into(mean_yx, pixels_yx, RADIUS_PX, RADIUS_PX, SIGMA_PX, scratch, window=WINDOW)
    np.square(pixels_yx, out=pixels_yx)
    square_yx: DoubleArray = scratch.array("contrast square", out_yx.shape, np.float64)
    blur_into(square_yx, pixels_yx, RADIUS_PX, RADIUS_PX, SIGMA_PX, scratch, window=WINDOW)
    _contrast(source_yx, y, x, mean_yx, square_yx, out_yx)


@compiled
def _contrast(
    source_yx: FloatArray, y0: int, x0: int, mean_yx: DoubleArray, square_yx: DoubleArray, out_yx: FloatArray
) -> None:
    height, width = out_yx.shape
    for y in range(height):
        row = source_yx[y0 + y, x0 : x0 + width]
        for x in range(np.uint64(width)):
            mean = mean_yx[y, x]
            variance = max(square_yx[y, x] - mean * mean, 0.0) + LEAST_VARIANCE
            contrast = (np.float64(row[x]) - mean) / np.sqrt(variance)
            out_yx[y, x] = np.float32(min(max(contrast, -LARGEST), LARGEST))
