"""What a project says about itself: its name and kind, stored as ``project.json``, read for lists; and its images."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from sambaseg.durable import replace_durably
from sambaseg.errors import DamagedProjectError, ParameterError
from sambaseg.images.micrograph import PixelSize

FORMAT = 2
MAX_NAME_LENGTH = 120
FILE_NAME = "project.json"
TileDtype = Literal["uint8", "uint16", "float32"]
ProjectKind = Literal["single", "stack", "set"]
_KINDS: dict[str, ProjectKind] = {"single": "single", "stack": "stack", "set": "set"}
ImageState = Literal["new", "building", "ready", "failed", "missing", "changed"]


@dataclass(frozen=True)
class Window:
    """Two grey values, the lower and the higher."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ImageDescription:
    """An image of a project, see `ImageInfo`, with what a viewer needs.

    ``tile_dtype`` is that of tiles for the page, ``contrast`` what to show as black and white, and ``value_range`` the
    finite grey values that occur, one pair a channel. ``state`` tells whether its tiles are there: "new" before
    anybody asked for one, "building", "ready"; "failed" where the file could not be read, "missing" and "changed"
    where a ``linked`` file is not what it was; ``message`` says why. ``sha256`` is "" until it is known.
    """

    id: int
    name: str
    state: ImageState
    message: str
    linked: bool
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
    """A project and its images in order; times are ISO 8601 in UTC."""

    id: str
    name: str
    kind: ProjectKind
    created: str
    modified: str
    images: tuple[ImageDescription, ...]

    @property
    def image(self) -> ImageDescription:
        """The first image."""
        return self.images[0]


@dataclass(frozen=True, kw_only=True)
class StoredDescription:
    """The content of ``project.json``: what a list of projects shows, without opening any.

    Name, time and kind are stored here alone; how many images there are, and id and size of the first, follow from the
    project's database and are written anew when they change there.
    """

    name: str
    created: str
    kind: ProjectKind
    images: int
    first: int
    width: int
    height: int

    @classmethod
    def new(cls, *, name: str, kind: ProjectKind, images: int, first: int, shape_yx: tuple[int, int]) -> Self:
        """Return the description of a project that is being made. Raises ParameterError for a bad name."""
        height, width = shape_yx
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        return cls(
            name=checked_name(name),
            created=created,
            kind=kind,
            images=images,
            first=first,
            width=width,
            height=height,
        )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the description in `folder`, of format 1 too.

        Raises DamagedProjectError where it is missing or not understood.
        """
        values = read_description_file(folder)
        try:
            if values["format"] == 1:
                kind, images, first, size = "single", 1, 0, values["info"]
            else:
                kind, images, first, size = values["kind"], values["images"], values["first"]["id"], values["first"]
            return cls(
                name=str(values["name"]),
                created=str(values["created"]),
                kind=_KINDS[kind],
                images=int(images),
                first=int(first),
                width=int(size["width"]),
                height=int(size["height"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedProjectError(f"{FILE_NAME} of the project cannot be read: {error}.") from error

    def write(self, folder: Path) -> None:
        """Put the description into `folder`, whole or not at all. Raises StorageError."""
        values: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "created": self.created,
            "kind": self.kind,
            "images": self.images,
            "first": {"id": self.first, "width": self.width, "height": self.height},
        }
        with replace_durably(folder / FILE_NAME) as temporary:
            temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")

    def renamed(self, name: str) -> Self:
        """Return the description with another name. Raises ParameterError for an empty or very long one."""
        return replace(self, name=checked_name(name))


def read_description_file(folder: Path) -> dict[str, Any]:
    """Return the values in ``project.json``, of a known format. Raises DamagedProjectError."""
    try:
        values = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if values["format"] not in (1, FORMAT):
            raise DamagedProjectError(
                f"The project has format {values['format']}, but this version reads formats 1 to {FORMAT}.",
                hint="Use a newer version of sambaseg.",
            )
        return dict(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedProjectError(f"{FILE_NAME} of the project cannot be read: {error}.") from error


def modified(folder: Path) -> str:
    """Return when the project in `folder` was last changed, ISO 8601 in UTC; it needs not be open."""
    newest = 0.0
    for name in (FILE_NAME, "log.sqlite", "log.sqlite-wal"):
        with contextlib.suppress(FileNotFoundError):
            status = (folder / name).stat()
            newest = max(newest, status.st_mtime if status.st_size else 0.0)
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds")


def checked_name(name: str, what: str = "A project's name") -> str:
    """Return `name` without blanks around it. Raises ParameterError for an empty or very long one."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME_LENGTH:
        raise ParameterError(f"{what} must have 1 to {MAX_NAME_LENGTH} characters, not {len(trimmed)}.")
    return trimmed


def tile_dtype(dtype: str) -> TileDtype:
    """Return in which kind of samples tiles of an image go to the page: those it can hold exactly, else float32."""
    return "uint8" if dtype == "uint8" else "uint16" if dtype == "uint16" else "float32"
