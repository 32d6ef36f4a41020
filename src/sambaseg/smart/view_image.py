"""A view: the pixels of a rectangle of an image as a person sees them, 0 for black and 1 for white."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.images.contrast import display_window

MAX_PIXELS = 2_000_000
"""Of one view that suggestions are prepared for, by the server's rule."""
MAX_SIDE_PX = 65_535
"""What two bytes can count, as tables do."""

Window = tuple[float, float]


@dataclass(frozen=True)
class ViewImage:
    """Pixels (C, h, w), float32 from 0 to 1, finite; `is_rgb` says that the first three channels are colours."""

    pixels_cyx: npt.NDArray[np.float32]
    is_rgb: bool

    def __post_init__(self) -> None:
        pixels = self.pixels_cyx
        if pixels.dtype != np.float32 or pixels.ndim != 3 or pixels.size == 0:
            raise ParameterError(
                f"The pixels of a view must be float32 of shape (C, h, w), not {pixels.dtype} of shape {pixels.shape}."
            )
        if self.is_rgb and pixels.shape[0] < 3:
            raise ParameterError(f"A view in colours needs three channels, not {pixels.shape[0]}.")

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels_cyx.shape[1], self.pixels_cyx.shape[2]

    @classmethod
    def from_pixels(
        cls, pixels_cyx: npt.NDArray[Any], *, is_rgb: bool, windows: Sequence[Window] | None = None
    ) -> ViewImage:
        """Return the view of pixels (C, h, w) or (h, w) of any real dtype, shown by `windows`, one (low, high) each.

        Without windows those of `display_window` are taken; colours then share the widest one, so that they keep
        their hue. NaN becomes 0, infinities become 0 and 1. Raises ParameterError for other shapes.
        """
        pixels_cyx = pixels_cyx[np.newaxis] if pixels_cyx.ndim == 2 else pixels_cyx
        if pixels_cyx.ndim != 3 or pixels_cyx.size == 0 or pixels_cyx.dtype.kind not in "biuf":
            raise ParameterError(
                f"A view needs real pixels of shape (C, h, w), not {pixels_cyx.dtype} of shape {pixels_cyx.shape}."
            )
        chosen = _default_windows(pixels_cyx, is_rgb) if windows is None else list(windows)
        if len(chosen) != pixels_cyx.shape[0]:
            raise ParameterError(f"A view of {pixels_cyx.shape[0]} channels needs as many windows, not {len(chosen)}.")
        planes = [_shown(pixels_yx, *window) for pixels_yx, window in zip(pixels_cyx, chosen, strict=True)]
        return cls(np.stack(planes), is_rgb)

    def as_rgb(self) -> npt.NDArray[np.float32]:
        """Return the view as (3, h, w): its first three channels, or its first one three times where it has fewer."""
        pixels = self.pixels_cyx
        return pixels[:3] if pixels.shape[0] >= 3 else np.repeat(pixels[:1], 3, axis=0)


def _default_windows(pixels_cyx: npt.NDArray[Any], is_rgb: bool) -> list[Window]:
    windows = [display_window(pixels_yx) for pixels_yx in pixels_cyx]
    if is_rgb:
        low, high = min(low for low, _ in windows[:3]), max(high for _, high in windows[:3])
        windows[:3] = [(low, high)] * len(windows[:3])
    return windows


def _shown(pixels_yx: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float32]:
    if not low < high:
        raise ParameterError(f"The high value of a window must be above the low one, not {high:g} above {low:g}.")
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is clipped, what is no number is replaced
        scaled = (pixels_yx.astype(np.float64) - low) * (1.0 / (high - low))
    return np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0).clip(0.0, 1.0).astype(np.float32)
