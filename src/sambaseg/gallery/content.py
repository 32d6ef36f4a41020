"""What an entry holds: its files, and what is known of them without anybody having written it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from sambaseg.gallery.metadata import EntryMetadata

Part = Literal["image", "labels", "segmentation", "classifier"]
PARTS: tuple[Part, ...] = ("image", "labels", "segmentation", "classifier")
"""What can be shared of an image; each can be left out."""

FileKind = Literal["image", "preview", "labels", "segmentation", "classifier"]
FILE_KINDS: tuple[FileKind, ...] = ("image", "preview", "segmentation", "labels", "classifier")
"""What can be downloaded, what most people want first; `preview` is a PNG of the image as it is shown."""

ThumbnailOf = Literal["image", "segmentation"]
THUMBNAIL_SIZES = (320, 640)

_PART_OF: Mapping[str, Part] = {
    "image": "image",
    "preview": "image",
    "thumbnail-image": "image",
    "labels": "labels",
    "segmentation": "segmentation",
    "thumbnail-segmentation": "segmentation",
    "classifier": "classifier",
}


def thumbnail_kind(what: ThumbnailOf, size: int) -> str:
    """Return the kind of the file that holds a thumbnail."""
    return f"thumbnail-{what}-{size}"


def part_of(kind: str) -> Part:
    """Return the part that a kind of file belongs to, thumbnails included."""
    return _PART_OF[kind.rpartition("-")[0] if kind.startswith("thumbnail-") else kind]


@dataclass(frozen=True)
class EntryFile:
    """A file of a version: `kind` is a `FileKind` or that of a thumbnail."""

    kind: str
    file_name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class EntryClass:
    """A class: shares of the image's pixels, 0 to 1, in the segmentation and as labelled; None where not shared."""

    id: int
    name: str
    colour: str
    segmented: float | None = None
    labelled: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Size and kind of the image, and its classes."""

    width: int
    height: int
    channels: int = 1
    is_rgb: bool = False
    dtype: str = "uint8"
    classes: tuple[EntryClass, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {**asdict(self), "classes": [asdict(entry) for entry in self.classes]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote."""
        return cls(**{**values, "classes": tuple(EntryClass(**entry) for entry in values["classes"])})

    def without(self, parts: frozenset[Part]) -> Measured:
        """Return what is left when parts are not shared."""
        if not parts & {"segmentation", "labels"}:
            return self
        classes = tuple(
            EntryClass(
                entry.id,
                entry.name,
                entry.colour,
                None if "segmentation" in parts else entry.segmented,
                None if "labels" in parts else entry.labelled,
            )
            for entry in self.classes
        )
        return Measured(**{**self.__dict__, "classes": classes})


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What was taken from a project to be shared; its files are in the store already."""

    files: tuple[EntryFile, ...]
    measured: Measured
    metadata: EntryMetadata = field(default_factory=EntryMetadata)
    project_id: str | None = None
    image: int | None = None
