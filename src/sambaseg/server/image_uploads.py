"""Image files from people, looked into and decoded within the limits of the settings: uploads in another process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.decode_apart import read_image_apart, read_labels_apart
from sambaseg.images.inspect_apart import find_images_apart, inspect_image_apart
from sambaseg.images.inspection import Inspected, inspect_image
from sambaseg.images.micrograph import Micrograph, ReadLimits
from sambaseg.images.stack import FoundImage, find_images
from sambaseg.project.image_shelf import BuildSettings
from sambaseg.settings import Settings

DECODERS_AT_ONCE = 2
"""Each may take the memory of the largest image that is allowed, several times."""

MOST_BUILDERS = 4
"""More threads than this wait for the disk."""

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
            limits=read_limits(settings),
            seconds=settings.decode_seconds,
            memory_mb=_memory_mb(settings),
            file_name=shown_name(file_name),
        )


def find_uploaded_images(paths: Sequence[Path], settings: Settings) -> list[FoundImage]:
    """Return the images in uploaded files, by their headers. Raises as `find_images_apart` does."""
    with _decoders:
        return find_images_apart(
            paths, read_limits(settings), seconds=settings.decode_seconds, memory_mb=_memory_mb(settings)
        )


def inspect_uploaded_image(path: Path, settings: Settings, *, page: int) -> Inspected:
    """Return what is known of one page of an uploaded file. Raises as `inspect_image_apart` does."""
    with _decoders:
        return inspect_image_apart(
            path,
            page=page,
            limits=read_limits(settings),
            seconds=settings.decode_seconds,
            memory_mb=_memory_mb(settings),
        )


def find_local_images(paths: Sequence[Path], settings: Settings) -> list[FoundImage]:
    """Return the images in files and folders of this machine, which are read in this process. Raises as it does."""
    return find_images(paths, read_limits(settings))


def inspect_local_image(path: Path, settings: Settings, *, page: int) -> Inspected:
    """Return what is known of one page of a file of this machine. Raises as `inspect_image` does."""
    return inspect_image(path, page=page, limits=read_limits(settings))


def read_uploaded_labels(
    path: Path, file_name: str, shape_yx: tuple[int, int], settings: Settings
) -> NDArray[np.int32]:
    """Return uploaded labels of an image of `shape_yx`. Raises as `read_labels_apart` does."""
    with _decoders:
        return read_labels_apart(
            path,
            shape_yx,
            limits=read_limits(settings),
            seconds=settings.decode_seconds,
            memory_mb=_memory_mb(settings),
            file_name=shown_name(file_name),
        )


def read_limits(settings: Settings) -> ReadLimits:
    """Return what a file may ask for."""
    return ReadLimits(
        max_bytes=settings.max_image_mb * 2**20,
        max_pages=settings.max_pages,
        max_streamed_bytes=settings.max_streamed_mb * 2**20,
    )


def build_settings(settings: Settings) -> BuildSettings:
    """Return what making the tiles of an image may take."""
    return BuildSettings(
        limits=read_limits(settings), memory_mb=_memory_mb(settings), threads=min(settings.threads, MOST_BUILDERS)
    )


def _memory_mb(settings: Settings) -> int:
    """Return what decoding may take: the image, its conversion, and what a decoder needs beside."""
    return 1024 + 3 * settings.max_image_mb
