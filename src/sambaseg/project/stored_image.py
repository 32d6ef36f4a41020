"""What is stored of one image of a project: its name, where its file is, what is in it, and whether its tiles are made.

The tiles lie in ``images/ID/``; the file lies in ``original/`` under its hash, or stays where it is and is linked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from sambaseg.errors import DamagedProjectError
from sambaseg.images.micrograph import ImageInfo
from sambaseg.images.pyramid import TILE_PX, level_shapes
from sambaseg.project.description import ImageDescription, ImageState, Window, tile_dtype
from sambaseg.project.linked_file import LinkedFile
from sambaseg.project.tables import ImageRow


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """The row of one image. ``original`` is the name of its file in ``original/``, or the file that is linked.

    ``state`` is "ready" when the tiles are whole and on the disk, "failed" when the file could not be read; ``error``
    is the kind of that error, ``message`` and ``hint`` what it said. ``finest_stored`` tells whether the finest level
    is among the tiles; else it is read from the linked file. ``contrast`` and ``value_range`` are empty until known.
    """

    id: int
    name: str
    info: ImageInfo
    original: str | LinkedFile
    sha256: str = ""
    state: Literal["new", "ready", "failed"] = "new"
    error: str = ""
    message: str = ""
    hint: str = ""
    finest_stored: bool = True
    contrast: tuple[Window, ...] = ()
    value_range: tuple[Window, ...] = ()

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.info.height, self.info.width

    def to_row(self) -> ImageRow:
        """Return the row that holds this."""
        original = self.original
        content = {
            **{field.name: getattr(self, field.name) for field in fields(self)},
            "info": self.info.to_json(),
            "original": original
            if isinstance(original, str)
            else {"path": str(original.path), "size": original.size, "mtime_ns": original.mtime_ns},
            "contrast": [[window.low, window.high] for window in self.contrast],
            "value_range": [[window.low, window.high] for window in self.value_range],
        }
        return ImageRow(self.id, self.shape_yx, json.dumps(content), linked=not isinstance(original, str))

    @classmethod
    def from_row(cls, row: ImageRow) -> Self:
        """Return what a row holds. Raises DamagedProjectError where it is not understood."""
        try:
            values: dict[str, Any] = json.loads(row.content)
            original = values["original"]
            if isinstance(original, dict):
                original = LinkedFile(Path(original["path"]), int(original["size"]), int(original["mtime_ns"]))
            return cls(
                **{
                    **values,
                    "id": row.id,
                    "info": ImageInfo.from_json(values["info"]),
                    "original": original,
                    "contrast": tuple(Window(*pair) for pair in values["contrast"]),
                    "value_range": tuple(Window(*pair) for pair in values["value_range"]),
                }
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedProjectError(f"What is stored of image {row.id} is not understood: {error}.") from error

    def describe(self, state: ImageState | None = None, message: str = "") -> ImageDescription:
        """Return what is told of the image; `state` and `message` where they are others now than is stored."""
        info = {field.name: getattr(self.info, field.name) for field in fields(self.info)}
        return ImageDescription(
            **info,
            id=self.id,
            name=self.name,
            state=state or self.state,
            message=message or self.message,
            linked=isinstance(self.original, LinkedFile),
            sha256=self.sha256,
            tile_dtype=tile_dtype(self.info.dtype),
            tile_size=TILE_PX,
            levels=len(level_shapes((1, self.info.height, self.info.width))),
            contrast=self.contrast or _whole_range(self.info),
            value_range=self.value_range or _whole_range(self.info),
        )


def _whole_range(info: ImageInfo) -> tuple[Window, ...]:
    """Return for each channel what its kind of samples can hold, until it is known what it does hold."""
    dtype = np.dtype(info.dtype)
    if dtype.kind == "f":
        return (Window(0.0, 1.0),) * info.channels
    limits = np.iinfo(dtype)
    largest = 2**info.bits - 1 if 8 < info.bits < 8 * dtype.itemsize else limits.max
    return (Window(float(limits.min), float(largest)),) * info.channels
