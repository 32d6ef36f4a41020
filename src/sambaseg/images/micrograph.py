"""A micrograph: the pixels as the file holds them, and what the file says about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.pixels import Pixels

PixelSize = tuple[float, float]
"""Size of one pixel in micrometres, (y, x)."""


@dataclass(frozen=True)
class ReadLimits:
    """What a file may ask for before it is refused: bytes of the decoded image, and pages.

    ``max_streamed_bytes`` counts where an image is read part by part, see `open_pixels`.
    """

    max_bytes: int = 1024 * 2**20
    max_pages: int = 10_000
    max_streamed_bytes: int = 262_144 * 2**20


@dataclass(frozen=True, kw_only=True)
class ImageInfo:
    """What was understood of an image file.

    ``dtype`` is that of the pixels as read, ``bits`` what one stored sample had. ``pages`` counts the images that can
    be chosen by ``page``, from 0; channels that a file keeps on pages of their own are no pages. ``nan_count`` and
    ``inf_count`` are 0 where nothing was decoded. ``notes`` are sentences about what was changed or left out.
    """

    file_name: str
    format: str
    width: int
    height: int
    channels: int
    channel_names: tuple[str, ...]
    is_rgb: bool
    pages: int
    page: int
    dtype: str
    bits: int
    pixel_size_um: PixelSize | None = None
    nan_count: int = 0
    inf_count: int = 0
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values; tuples become lists."""
        values = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ImageInfo:
        """Return what `to_json` wrote."""
        size = values["pixel_size_um"]
        return cls(
            **{
                **values,
                "channel_names": tuple(values["channel_names"]),
                "pixel_size_um": None if size is None else (float(size[0]), float(size[1])),
                "notes": tuple(values["notes"]),
            }
        )


@dataclass(frozen=True)
class Micrograph:
    """An image: its pixels (C, H, W) in the file's own dtype (native byte order), and its info.

    ``pixels_cyx`` is an array where the image is in memory, else something that is read by slices, see `Pixels`.
    """

    pixels_cyx: Pixels
    info: ImageInfo

    def array(self) -> NDArray[Any]:
        """Return all pixels (C, H, W) in memory, C-contiguous."""
        return np.ascontiguousarray(self.pixels_cyx[:])

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels_cyx.shape[1], self.pixels_cyx.shape[2]

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.pixels_cyx.shape[0])

    @classmethod
    def from_array(
        cls,
        pixels_cyx: NDArray[Any],
        *,
        is_rgb: bool | None = None,
        pixel_size_um: PixelSize | None = None,
        name: str = "array",
    ) -> Micrograph:
        """Return the micrograph of an array of shape (H, W) or (C, H, W).

        Three 8-bit channels are taken as RGB unless ``is_rgb`` says otherwise; booleans become 0 and 255, float16
        becomes float32, as from a file.
        """
        pixels = np.asarray(pixels_cyx)
        pixels = pixels[np.newaxis] if pixels.ndim == 2 else pixels
        bits = 1 if pixels.dtype == np.bool_ else pixels.dtype.itemsize * 8
        pixels = plain_samples(pixels)
        channels = pixels.shape[0]
        rgb = (channels == 3 and pixels.dtype == np.uint8) if is_rgb is None else is_rgb
        nan_count, inf_count = count_not_finite(pixels)
        info = ImageInfo(
            file_name=name,
            format="array",
            width=pixels.shape[2],
            height=pixels.shape[1],
            channels=channels,
            channel_names=default_channel_names(channels, is_rgb=rgb),
            is_rgb=rgb,
            pages=1,
            page=0,
            dtype=pixels.dtype.name,
            bits=bits,
            pixel_size_um=pixel_size_um,
            nan_count=nan_count,
            inf_count=inf_count,
        )
        return cls(pixels, info)


def plain_samples(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return `pixels` C-contiguous in native byte order; booleans become 0 and 255, float16 becomes float32."""
    if pixels.dtype == np.bool_:
        # some libraries let other bytes than 0 and 1 stand for booleans
        return np.where(np.ascontiguousarray(pixels).view(np.uint8) != 0, np.uint8(255), np.uint8(0))
    dtype = np.dtype(np.float32) if pixels.dtype == np.float16 else pixels.dtype.newbyteorder("=")
    return np.ascontiguousarray(pixels, dtype=dtype)


def count_not_finite(pixels: NDArray[Any]) -> tuple[int, int]:
    """Return how many samples are NaN, and how many are infinite."""
    if pixels.dtype.kind != "f":
        return 0, 0
    not_finite = pixels.size - int(np.count_nonzero(np.isfinite(pixels)))
    nan_count = int(np.count_nonzero(np.isnan(pixels))) if not_finite else 0
    return nan_count, not_finite - nan_count


def default_channel_names(channels: int, *, is_rgb: bool) -> tuple[str, ...]:
    """Return names for channels that a file does not name."""
    if is_rgb:
        return ("Red", "Green", "Blue")
    return ("Grey",) if channels == 1 else tuple(f"Channel {index + 1}" for index in range(channels))
