"""Uploaded image files, decoded in another process within the limits of the settings."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.decode_apart import read_image_apart, read_labels_apart
from sambaseg.images.micrograph import Micrograph, ReadLimits
from sambaseg.settings import Settings

DECODERS_AT_ONCE = 2
"""Each may take the memory of the largest image that is allowed, several times."""

_decoders = threading.BoundedSemaphore(DECODERS_AT_ONCE)


def shown_name(file_name: str) -> str:
    """Return the last part of a file name as a browser sends it, for people to read."""
    return file_name.replace("\\", "/").rstrip("/").rpartition("/")[2] or file_name


def read_uploaded_image(path: Path, file_name: str, settings: Settings, *, page: int) -> Micrograph:
    """Return one page of an uploaded image. Raises as `read_image_apart` does, with `file_name` in the messages."""
    with _decoders:
        return read_image_apart(
            path,
            page=page,
            limits=_limits(settings),
            seconds=settings.decode_seconds,
            memory_mb=_memory_mb(settings),
            file_name=shown_name(file_name),
        )


def read_uploaded_labels(
    path: Path, file_name: str, shape_yx: tuple[int, int], settings: Settings
) -> NDArray[np.int32]:
    """Return uploaded labels of an image of `shape_yx`. Raises as `read_labels_apart` does."""
    with _decoders:
        return read_labels_apart(
            path,
            shape_yx,
            limits=_limits(settings),
            seconds=settings.decode_seconds,
            memory_mb=_memory_mb(settings),
            file_name=shown_name(file_name),
        )


def _limits(settings: Settings) -> ReadLimits:
    return ReadLimits(max_bytes=settings.max_image_mb * 2**20, max_pages=settings.max_pages)


def _memory_mb(settings: Settings) -> int:
    """Return what decoding may take: the image, its conversion, and what a decoder needs beside."""
    return 1024 + 3 * settings.max_image_mb
