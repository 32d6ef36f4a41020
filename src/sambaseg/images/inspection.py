"""What can be said of an image before it is read: its info, and how to show it, from samples all over it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.contrast import ValueRanges, window_of_sample
from sambaseg.images.micrograph import ImageInfo, ReadLimits
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.reader import DEFAULT_LIMITS, open_source

Pairs = tuple[tuple[float, float], ...]

_SPOTS_A_SIDE = 8
_SPOT_PX = 64


@dataclass(frozen=True)
class Inspected:
    """An image whose header was read.

    ``streamable`` tells that it can be read part by part (`open_pixels`); then ``contrast`` and ``value_range``, one
    pair (low, high) a channel, come from samples, else they are None.
    """

    info: ImageInfo
    streamable: bool
    contrast: Pairs | None = None
    value_range: Pairs | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "info": self.info.to_json(),
            "streamable": self.streamable,
            "contrast": self.contrast,
            "value_range": self.value_range,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(
            ImageInfo.from_json(values["info"]),
            values["streamable"],
            pairs_of(values["contrast"]),
            pairs_of(values["value_range"]),
        )


def pairs_of(values: list[list[float]] | None) -> Pairs | None:
    """Return pairs of numbers from JSON values."""
    return None if values is None else tuple((float(low), float(high)) for low, high in values)


def inspect_image(
    path: Path, *, page: int = 0, limits: ReadLimits = DEFAULT_LIMITS, file_name: str | None = None
) -> Inspected:
    """Return what the header of a page says, with samples where that is cheap.

    Raises as `read_image` does, with ``limits.max_streamed_bytes`` as the budget for what is read part by part.
    """
    with open_source(path, limits, file_name) as source:
        info = source.info(page)
        pixels = source.pixels(page)
    if pixels is None:
        return Inspected(info, streamable=False)
    spots = _spots(pixels)
    ranges = ValueRanges(pixels.shape[0])
    for spot_cyx in spots:
        ranges.add(spot_cyx)
    contrast = tuple(
        window_of_sample(np.concatenate([spot_cyx[channel].ravel() for spot_cyx in spots]))
        for channel in range(pixels.shape[0])
    )
    return Inspected(info, True, contrast, ranges.result())


def _spots(pixels: RegionPixels) -> list[NDArray[Any]]:
    """Return small rectangles (C, h, w) on a grid all over the image."""
    _, height, width = pixels.shape
    return [
        pixels[:, y0 : y0 + _SPOT_PX, x0 : x0 + _SPOT_PX] for y0 in _spot_starts(height) for x0 in _spot_starts(width)
    ]


def _spot_starts(size: int) -> list[int]:
    if size <= _SPOTS_A_SIDE * _SPOT_PX:
        return list(range(0, size, _SPOT_PX))
    return [round(step * (size - _SPOT_PX) / (_SPOTS_A_SIDE - 1)) for step in range(_SPOTS_A_SIDE)]
