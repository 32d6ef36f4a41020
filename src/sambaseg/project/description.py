"""What a project says about itself: its name and its image, stored as ``project.json``, read for lists."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import DamagedProjectError, ParameterError
from sambaseg.images.contrast import display_window
from sambaseg.images.micrograph import ImageInfo, Micrograph, PixelSize
from sambaseg.images.pyramid import TILE_PX, level_shapes

FORMAT = 1
MAX_NAME_LENGTH = 120
TileDtype = Literal["uint8", "uint16", "float32"]
_FILE_NAME = "project.json"


@dataclass(frozen=True)
class Window:
    """Two grey values, the lower and the higher."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ImageDescription:
    """The image of a project, see `ImageInfo`, with what a viewer needs.

    ``tile_dtype`` is that of tiles for the page, ``contrast`` what to show as black and white, and ``value_range`` the
    finite grey values that occur, one pair a channel.
    """

    sha256: str
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
    tile_dtype: TileDtype
    tile_size: int
    levels: int
    pixel_size_um: PixelSize | None
    contrast: tuple[Window, ...]
    value_range: tuple[Window, ...]
    nan_count: int
    inf_count: int
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProjectDescription:
    """A project; times are ISO 8601 in UTC."""

    id: str
    name: str
    created: str
    modified: str
    image: ImageDescription


@dataclass(frozen=True, kw_only=True)
class StoredDescription:
    """The content of ``project.json``; ``original`` names the file in ``original/``."""

    name: str
    created: str
    info: ImageInfo
    sha256: str
    original: str
    contrast: tuple[Window, ...]
    value_range: tuple[Window, ...]

    @classmethod
    def of(cls, micrograph: Micrograph, *, name: str, original: str, sha256: str) -> Self:
        """Return the description of a new project."""
        channels = list(micrograph.pixels_cyx)
        return cls(
            name=checked_name(name),
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            info=micrograph.info,
            sha256=sha256,
            original=original,
            contrast=tuple(Window(*display_window(channel)) for channel in channels),
            value_range=tuple(_value_range(channel) for channel in channels),
        )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the description in `folder`. Raises DamagedProjectError where it is missing or not understood."""
        try:
            values = json.loads((folder / _FILE_NAME).read_text(encoding="utf-8"))
            if values["format"] != FORMAT:
                raise DamagedProjectError(
                    f"The project has format {values['format']}, but this version reads format {FORMAT}.",
                    hint="Use a newer version of sambaseg.",
                )
            return cls(
                name=str(values["name"]),
                created=str(values["created"]),
                info=ImageInfo.from_json(values["info"]),
                sha256=str(values["sha256"]),
                original=str(values["original"]),
                contrast=tuple(Window(*pair) for pair in values["contrast"]),
                value_range=tuple(Window(*pair) for pair in values["value_range"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedProjectError(f"{_FILE_NAME} of the project cannot be read: {error}.") from error

    def write(self, folder: Path) -> None:
        """Put the description into `folder`, whole or not at all. Raises StorageError."""
        values: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "created": self.created,
            "info": self.info.to_json(),
            "sha256": self.sha256,
            "original": self.original,
            "contrast": [[window.low, window.high] for window in self.contrast],
            "value_range": [[window.low, window.high] for window in self.value_range],
        }
        with replace_durably(folder / _FILE_NAME) as temporary:
            temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")

    def renamed(self, name: str) -> Self:
        """Return the description with another name. Raises ParameterError for an empty or very long one."""
        return replace(self, name=checked_name(name))

    def with_pixel_size(self, pixel_size_um: PixelSize | None) -> Self:
        """Return the description with another pixel size (y, x). Raises ParameterError unless both are above 0."""
        if pixel_size_um is not None and not all(0 < size < float("inf") for size in pixel_size_um):
            raise ParameterError(f"A pixel size must be above 0 µm, not {pixel_size_um}.")
        return replace(self, info=replace(self.info, pixel_size_um=pixel_size_um))

    def image(self) -> ImageDescription:
        """Return what is known of the image."""
        info = {field.name: getattr(self.info, field.name) for field in fields(self.info)}
        return ImageDescription(
            **info,
            sha256=self.sha256,
            tile_dtype=tile_dtype(self.info.dtype),
            tile_size=TILE_PX,
            levels=len(level_shapes((1, self.info.height, self.info.width))),
            contrast=self.contrast,
            value_range=self.value_range,
        )


def modified(folder: Path) -> str:
    """Return when the project in `folder` was last changed, ISO 8601 in UTC; it needs not be open."""
    newest = 0.0
    for name in (_FILE_NAME, "log.sqlite", "log.sqlite-wal"):
        with contextlib.suppress(FileNotFoundError):
            status = (folder / name).stat()
            newest = max(newest, status.st_mtime if status.st_size else 0.0)
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds")


def checked_name(name: str) -> str:
    """Return `name` without blanks around it. Raises ParameterError for an empty or very long one."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME_LENGTH:
        raise ParameterError(f"A project's name must have 1 to {MAX_NAME_LENGTH} characters, not {len(trimmed)}.")
    return trimmed


def tile_dtype(dtype: str) -> TileDtype:
    """Return in which kind of samples tiles of an image go to the page: those it can hold exactly, else float32."""
    return "uint8" if dtype == "uint8" else "uint16" if dtype == "uint16" else "float32"


def _value_range(pixels_yx: NDArray[Any]) -> Window:
    finite = pixels_yx[np.isfinite(pixels_yx)] if pixels_yx.dtype.kind == "f" else pixels_yx
    return Window(float(finite.min()), float(finite.max())) if finite.size else Window(0.0, 1.0)
