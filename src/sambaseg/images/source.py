"""One opened image file: what every format must offer, and the checks that all of them share."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import (
    BrokenImageError,
    DecodingLimitError,
    ImageTooLargeError,
    MissingFileError,
    SambasegError,
    UsageError,
)
from sambaseg.images.micrograph import ImageInfo, PixelSize, ReadLimits, default_channel_names
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.samples import SampleLayout, check_layout


class ImageSource(Protocol):
    """An image file whose header was read and checked."""

    def info(self, page: int) -> ImageInfo:
        """Return what the header says about a page. Raises UsageError where there is no such page."""
        ...

    def picture(self, page: int) -> NDArray[Any]:
        """Return the channels (C, H, W) of a page."""
        ...

    def indices(self, page: int) -> NDArray[Any]:
        """Return the stored numbers (S, H, W) of a page: palette indices and polarity as they are, no alpha."""
        ...

    def pixels(self, page: int) -> RegionPixels | None:
        """Return the channels of a page to be read part by part; None where it is only decoded as a whole."""
        ...

    def description(self) -> str:
        """Return the text that describes the image; empty where the format has none."""
        ...


def check_bytes(
    layout: SampleLayout, file_name: str, limits: ReadLimits, *, planes: int = 1, streamed: bool = False
) -> None:
    """Raise ImageTooLargeError where `planes` images of this layout exceed the budget, and check the layout itself.

    `streamed` tells that the image is read part by part, for which a larger budget holds.
    """
    height, width = layout.shape_yx
    if height < 1 or width < 1:
        raise BrokenImageError(f"{file_name} claims a size of {width} by {height} pixels.")
    check_layout(layout, file_name)
    needed, most = layout.nbytes * planes, limits.max_streamed_bytes if streamed else limits.max_bytes
    if needed > most:
        setting = "SAMBASEG_MAX_STREAMED_MB" if streamed else "SAMBASEG_MAX_IMAGE_MB"
        elsewhere = "" if streamed else "; images in TIFF files of tiles are opened part by part"
        raise ImageTooLargeError(
            f"{file_name} claims {width} by {height} pixels, which need {needed / 2**20:,.0f} MB; "
            f"at most {most / 2**20:,.0f} MB are read.",
            hint=f"Crop or split the image, or raise {setting}{elsewhere}.",
        )


def checked_page(page: int, pages: int, file_name: str) -> int:
    """Return `page`, counted from 0. Raises UsageError where a file of `pages` pages has none of that number."""
    if not 0 <= page < pages:
        raise UsageError(
            f"{file_name} has {pages} page{'' if pages == 1 else 's'}; there is no page {page}.",
            hint=f"Pages are counted from 0 to {pages - 1}.",
        )
    return page


@contextlib.contextmanager
def named_errors(file_name: str) -> Iterator[None]:
    """Turn whatever a decoder raises over a hostile file into BrokenImageError; may be used in several threads.

    Decoders raise exceptions of nearly every class over broken input; this is the one place that catches them all.
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except (SambasegError, KeyboardInterrupt):
        raise
    except FileNotFoundError as error:
        raise MissingFileError(f"{file_name} does not exist.") from error
    except MemoryError as error:
        raise DecodingLimitError(f"There is not enough memory to decode {file_name}.") from error
    except Exception as error:
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise BrokenImageError(
            f"{file_name} is broken or truncated: {reason.rstrip('.')}.", hint="Export or download it again."
        ) from error


@contextlib.contextmanager
def decoding(file_name: str) -> Iterator[None]:
    """Do what `named_errors` does, without the decoders' warnings."""
    with named_errors(file_name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def info_of(
    layout: SampleLayout,
    *,
    file_name: str,
    format: str,  # noqa: A002
    pages: int = 1,
    page: int = 0,
    planes: int = 1,
    channel_names: tuple[str, ...] = (),
    pixel_size_um: PixelSize | None = None,
    notes: tuple[str, ...] = (),
) -> ImageInfo:
    """Return what is known of a page of `planes` images of one layout, whose channels follow each other.

    `pixel_size_um` is that of the stored rows and columns, before the image is turned.
    """
    height, width = layout.shape_yx
    channels = layout.channels * planes
    is_rgb = layout.is_rgb and planes == 1
    named = len(channel_names) == channels and all(channel_names)
    return ImageInfo(
        file_name=file_name,
        format=format,
        width=width,
        height=height,
        channels=channels,
        channel_names=channel_names if named else default_channel_names(channels, is_rgb=is_rgb),
        is_rgb=is_rgb,
        pages=pages,
        page=page,
        dtype=layout.picture_dtype.name,
        bits=layout.bits,
        pixel_size_um=pixel_size_um[::-1] if pixel_size_um and layout.is_turned else pixel_size_um,
        notes=(*layout.notes(), *notes),
    )
