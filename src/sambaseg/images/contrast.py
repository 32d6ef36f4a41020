"""Display contrast: which grey values are shown as black and as white. It never touches the pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.micrograph import count_not_finite
from sambaseg.images.pixels import Pixels, sampled_channels, sampling_step

SHOWN_PERCENTILES = (0.2, 99.8)
SAMPLED_PIXELS = 1 << 20
_BAND_PX = 256


def display_window(pixels_yx: NDArray[Any]) -> tuple[float, float]:
    """Return the grey values (low, high) to show as black and white, with low < high, both finite.

    They are the percentiles `SHOWN_PERCENTILES` of the finite pixels, taken from about a million of them on a regular
    grid where there are more. An image of one value v gives (v, v + 1), one without finite pixels (0, 1).
    """
    step = sampling_step(pixels_yx.shape[0], pixels_yx.shape[1], SAMPLED_PIXELS)
    return window_of_sample(pixels_yx[::step, ::step])


def window_of_sample(sample: NDArray[Any]) -> tuple[float, float]:
    """Return the window of pixels of any shape, all of which count; see `display_window`."""
    sampled = np.asarray(sample, dtype=np.float64)
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


def display_windows(pixels_cyx: Pixels) -> tuple[tuple[float, float], ...]:
    """Return what `display_window` returns, for each channel of pixels that may lie in a file."""
    return tuple(window_of_sample(sample_yx) for sample_yx in sampled_channels(pixels_cyx, SAMPLED_PIXELS))


def value_ranges(pixels_cyx: Pixels) -> tuple[tuple[float, float], ...]:
    """Return the smallest and the largest finite value of each channel; (0, 1) where none is finite."""
    ranges = ValueRanges(pixels_cyx.shape[0])
    for y0 in range(0, pixels_cyx.shape[1], _BAND_PX):
        ranges.add(pixels_cyx[:, y0 : y0 + _BAND_PX])
    return ranges.result()


class ValueRanges:
    """Ranges of finite values, and counts of others, that grow part by part."""

    def __init__(self, channels: int) -> None:
        self._low_c: list[float | int | None] = [None] * channels
        self._high_c: list[float | int | None] = [None] * channels
        self.nan_count = 0
        self.inf_count = 0

    def add(self, part_cyx: NDArray[Any]) -> None:
        """Take in pixels (C, h, w)."""
        nan_count, inf_count = count_not_finite(part_cyx)
        self.nan_count += nan_count
        self.inf_count += inf_count
        for channel, part_yx in enumerate(part_cyx):
            finite = part_yx[np.isfinite(part_yx)] if nan_count or inf_count else part_yx
            if finite.size:
                self._widen(channel, finite.min().item(), finite.max().item())

    def merge(self, other: ValueRanges) -> None:
        """Take in what others saw."""
        self.nan_count += other.nan_count
        self.inf_count += other.inf_count
        for channel, (low, high) in enumerate(zip(other._low_c, other._high_c, strict=True)):
            if low is not None and high is not None:
                self._widen(channel, low, high)

    def _widen(self, channel: int, low: float, high: float) -> None:
        known_low, known_high = self._low_c[channel], self._high_c[channel]
        self._low_c[channel] = low if known_low is None else min(known_low, low)
        self._high_c[channel] = high if known_high is None else max(known_high, high)

    def result(self) -> tuple[tuple[float, float], ...]:
        """Return the ranges so far; (0, 1) where nothing was finite."""
        pairs = zip(self._low_c, self._high_c, strict=True)
        return tuple((0.0, 1.0) if low is None or high is None else (float(low), float(high)) for low, high in pairs)
