"""Display contrast: which grey values are shown as black and as white. It never touches the pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHOWN_PERCENTILES = (0.2, 99.8)
_SAMPLED_PIXELS = 1 << 20


def display_window(pixels_yx: NDArray[Any]) -> tuple[float, float]:
    """Return the grey values (low, high) to show as black and white, with low < high, both finite.

    They are the percentiles `SHOWN_PERCENTILES` of the finite pixels, taken from about a million of them on a regular
    grid where there are more. An image of one value v gives (v, v + 1), one without finite pixels (0, 1).
    """
    step = max(1, int(np.ceil(np.sqrt(pixels_yx.size / _SAMPLED_PIXELS))))
    sampled = np.asarray(pixels_yx[::step, ::step], dtype=np.float64)
    finite = sampled[np.isfinite(sampled)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, SHOWN_PERCENTILES, method="nearest"))
    if low == high:
        low, high = float(finite.min()), float(finite.max())
    if low == high:
        largest = float(np.finfo(np.float64).max)
        high = min(max(low + 1.0, math.nextafter(low, math.inf)), largest)
        low = min(low, math.nextafter(high, -math.inf))
    return low, high
