"""Scaling of an image's pixels to about 0..1 before features are computed; it travels with every classifier.

8- and 16-bit integers are divided by the range of their dtype, so that a grey value means the same in every image. All
other kinds are scaled by percentiles of the training image, which are recorded. float32 keeps 24 bits of a value
whatever its size, so a 16-bit image that uses only its lowest levels loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.features.arrays import FloatArray
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pixels import Pixels, sampled_channels

ScalingKind = Literal["dtype", "percentiles"]

LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5
CLIP = 1e4
"""Scaled values are clipped to ±CLIP, so that every feature stays finite in float32."""
NAN_VALUE, MINUS_INFINITY_VALUE, PLUS_INFINITY_VALUE = 0.0, 0.0, 1.0
"""What pixels that are no numbers become after scaling: the low end, the low end, the high end."""
LARGEST_END = 8e307
"""The ends of a window lie within ±LARGEST_END, so that their difference is a number."""
SAMPLE_LIMIT = 4_000_000
"""Percentiles are taken from at most about this many pixels of a channel, evenly spaced rows and columns."""

_DTYPE_RANGES = {
    "bool": (0, 1),
    **{n: (np.iinfo(n).min, np.iinfo(n).max) for n in ("uint8", "int8", "uint16", "int16")},
}
_OTHER_DTYPES = ("uint32", "int32", "uint64", "int64", "float16", "float32", "float64")


@dataclass(frozen=True)
class Scaling:
    """Linear scaling of pixels of one dtype: `low_c` becomes 0 and `high_c` becomes 1, one pair a channel.

    ``kind`` is "dtype" (the range of the dtype) or "percentiles" (of the training image). Raises ParameterError for
    anything else, for values that are not finite, and for a high that is not above its low.
    """

    kind: ScalingKind
    dtype: str
    low_c: tuple[float, ...]
    high_c: tuple[float, ...]

    def __post_init__(self) -> None:
        known = {"dtype": tuple(_DTYPE_RANGES), "percentiles": _OTHER_DTYPES}.get(self.kind)
        if known is None:
            raise ParameterError(f"The kind of scaling must be 'dtype' or 'percentiles', not {self.kind!r:.200}.")
        if self.dtype not in known:
            raise ParameterError(f"Scaling by {self.kind} is for {', '.join(known)}, not {self.dtype!r:.200}.")
        pairs = list(zip(self.low_c, self.high_c, strict=False))
        if not pairs or len(self.low_c) != len(self.high_c):
            raise ParameterError("A scaling needs one low and one high value for each channel.")
        if not all(math.isfinite(high - low) for low, high in pairs):
            raise ParameterError("The low and high values of a scaling, and their difference, must be finite numbers.")
        if not all(low < high for low, high in pairs):
            raise ParameterError("The high value of a scaling must be above the low value.")

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.low_c)

    @classmethod
    def for_image(cls, micrograph: Micrograph) -> Scaling:
        """Return the scaling for an image that a classifier is trained on."""
        return cls.for_pixels(micrograph.pixels_cyx)

    @classmethod
    def for_pixels(cls, pixels_cyx: Pixels) -> Scaling:
        """Return the scaling for pixels of shape (C, H, W); raises ParameterError for a dtype that is no number."""
        dtype, channels = pixels_cyx.dtype.name, pixels_cyx.shape[0]
        if dtype in _DTYPE_RANGES:
            low, high = _DTYPE_RANGES[dtype]
            return cls("dtype", dtype, (float(low),) * channels, (float(high),) * channels)
        if dtype not in _OTHER_DTYPES:
            raise ParameterError(f"Pixels must be integers or real numbers, not {dtype}.")
        windows = [_percentile_window(sample_yx) for sample_yx in sampled_channels(pixels_cyx, SAMPLE_LIMIT)]
        return cls("percentiles", dtype, tuple(low for low, _ in windows), tuple(high for _, high in windows))

    def apply(self, pixels_cyx: npt.NDArray[Any]) -> FloatArray:
        """Return `pixels_cyx` (C, H, W), of the scaling's dtype, as float32, finite and within ±1e4.

        NaN and minus infinity become 0, plus infinity becomes 1. Raises ParameterError for another dtype or number of
        channels.
        """
        if pixels_cyx.dtype.name != self.dtype or pixels_cyx.ndim != 3 or pixels_cyx.shape[0] != self.channels:
            raise ParameterError(
                f"This scaling is for {self.channels} channels of {self.dtype}, "
                f"not for pixels of shape {pixels_cyx.shape} and {pixels_cyx.dtype.name}."
            )
        scaled_cyx = np.empty(pixels_cyx.shape, np.float32)
        for channel, (low, high) in enumerate(zip(self.low_c, self.high_c, strict=True)):
            if self.kind == "dtype":
                levels = pixels_cyx[channel].astype(np.float32)
                levels -= np.float32(low)
                np.multiply(levels, np.float32(1 / (high - low)), out=scaled_cyx[channel])
            else:
                scaled_cyx[channel] = _scale_by_window(pixels_cyx[channel], low, high)
        return scaled_cyx

    def to_json(self) -> dict[str, Any]:
        """Return the scaling as JSON values."""
        return {"kind": self.kind, "dtype": self.dtype, "low": list(self.low_c), "high": list(self.high_c)}

    @classmethod
    def from_json(cls, values: object) -> Scaling:
        """Return the scaling that `to_json` wrote; raises ParameterError where anything is missing, extra or wrong."""
        if not isinstance(values, Mapping) or set(values) != {"kind", "dtype", "low", "high"}:
            raise ParameterError("A scaling must be an object with kind, dtype, low and high.")
        for name in ("low", "high"):
            numbers = values[name]
            if not isinstance(numbers, list) or not all(type(number) in (int, float) for number in numbers):
                raise ParameterError(f"The {name} values of a scaling must be a list of numbers.")
        if not isinstance(values["kind"], str) or not isinstance(values["dtype"], str):
            raise ParameterError("The kind and dtype of a scaling must be texts.")
        try:
            low_c, high_c = tuple(map(float, values["low"])), tuple(map(float, values["high"]))
        except OverflowError:
            raise ParameterError("The low and high values of a scaling must be finite numbers.") from None
        return cls(values["kind"], values["dtype"], low_c, high_c)  # type: ignore[arg-type]


def _percentile_window(sample_yx: npt.NDArray[Any]) -> tuple[float, float]:
    """Return the percentiles of the finite pixels, or the smallest and largest where the percentiles coincide."""
    finite = sample_yx.astype(np.float64)
    finite = finite[np.isfinite(finite)].clip(-LARGEST_END, LARGEST_END)
    if finite.size == 0:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (LOW_PERCENTILE, HIGH_PERCENTILE)))
    if low < high:
        return low, high
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low, low + max(1.0, abs(low) * 2.0**-40))


def _scale_by_window(pixels_yx: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.float64]:
    scaled = pixels_yx.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is clipped, what is no number is replaced
        scaled -= low
        scaled /= high - low
        np.clip(scaled, -CLIP, CLIP, out=scaled)
    if pixels_yx.dtype.kind == "f" and not np.isfinite(pixels_yx).all():
        scaled[np.isnan(pixels_yx)] = NAN_VALUE
        scaled[np.isneginf(pixels_yx)] = MINUS_INFINITY_VALUE
        scaled[np.isposinf(pixels_yx)] = PLUS_INFINITY_VALUE
    return scaled
