"""A result: class and uncertainty of every pixel as tiles on disk, what it was computed from, and the classes' shares.

``result.json``, written last, makes a result complete: one that was cut off is never taken for whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import DamagedProjectError
from sambaseg.images.pyramid import TileLayer
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.runs import TILE_SIDE
from sambaseg.project.labelling import LabelView

ResultLayer = Literal["segmentation", "uncertainty"]
RESULT_LAYERS: tuple[ResultLayer, ...] = ("segmentation", "uncertainty")
_FILE_NAME = "result.json"


@dataclass(frozen=True)
class ClassFraction:
    """Shares of the image's pixels, 0 to 1: as predicted, as labelled by the person, and as predicted with edits."""

    class_id: int
    predicted: float
    labelled: float
    edited: float


@dataclass(frozen=True, kw_only=True)
class ResultInfo:
    """A result: the revision of the labels it was computed from, and whether the labels are others now."""

    id: str
    state: Literal["running", "complete", "cancelled"]
    revision: int
    outdated: bool
    levels: int
    classes: tuple[LabelClass, ...]
    fractions: tuple[ClassFraction, ...]
    mean_uncertainty: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StoredResult:
    """What a result was computed from, and what is known of it once it is complete.

    ``number`` counts the project's results; ``labels_state`` is that of `LabelView`.
    """

    id: str
    number: int
    revision: int
    labels_state: int
    classes: tuple[LabelClass, ...]
    seconds: float = 0.0
    pixels_of_class: dict[int, int] | None = None
    mean_uncertainty: float | None = None

    def write(self, folder: Path) -> None:
        """Put this into `folder`, whole or not at all. Raises StorageError."""
        with replace_durably(folder / _FILE_NAME) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> StoredResult:
        """Return the result in `folder`. Raises DamagedProjectError where it is not complete."""
        try:
            values = json.loads((folder / _FILE_NAME).read_text(encoding="utf-8"))
            values["classes"] = tuple(LabelClass(**entry) for entry in values["classes"])
            values["pixels_of_class"] = {int(key): int(count) for key, count in values["pixels_of_class"].items()}
            return cls(**values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedProjectError(f"The result in {folder.name} is not complete: {error}.") from error


def is_complete(folder: Path) -> bool:
    """Return whether the result in `folder` was finished."""
    return (folder / _FILE_NAME).is_file()


class Result:
    """A result whose tiles can be read, also while they are being computed."""

    def __init__(self, folder: Path, stored: StoredResult, layers: Mapping[ResultLayer, TileLayer]) -> None:
        self.folder = folder
        self.stored = stored
        self.layers = layers

    @classmethod
    def open(cls, folder: Path) -> Result:
        """Open a complete result. Raises DamagedProjectError or StorageError where it is not whole."""
        stored = StoredResult.read(folder)
        return cls(folder, stored, {layer: TileLayer.open(folder / layer) for layer in RESULT_LAYERS})

    @property
    def levels(self) -> int:
        """Number of levels of the tiles."""
        return self.layers["segmentation"].levels

    def read_tile(self, layer: ResultLayer, level: int, ty: int, tx: int) -> NDArray[np.uint8]:
        """Return one tile (h, w), uint8. Raises ParameterError where there is no such tile."""
        tile_yx: NDArray[np.uint8] = self.layers[layer].read_tile(level, ty, tx)[0]
        return tile_yx

    def array(self, layer: ResultLayer) -> NDArray[np.uint8]:
        """Return a layer at full resolution (H, W), uint8, memory-mapped."""
        array_yx: NDArray[np.uint8] = self.layers[layer].array(0)[0]
        return array_yx

    def edited(self, view: LabelView) -> NDArray[np.uint8]:
        """Return the class of every pixel (H, W), uint8, with the edits in `view` on top."""
        edited_yx = np.array(self.array("segmentation"))
        edits = view.layers["edits"]
        for ty, tx in edits.keys:
            edit = edits.tile((ty, tx))
            height, width = edit.shape
            top, left = ty * TILE_SIDE, tx * TILE_SIDE
            window = edited_yx[top : top + height, left : left + width]
            np.copyto(window, edit, where=edit != 0)
        return edited_yx

    def fractions(self, view: LabelView) -> tuple[ClassFraction, ...]:
        """Return the shares of each class that was predicted, labelled or edited."""
        predicted = self.stored.pixels_of_class or {}
        labelled = view.layers["labels"].counts()
        edited = self._count_edited(predicted, view)
        pixels = self.array("segmentation").size
        listed = [entry.id for entry in self.stored.classes]
        more = sorted({*predicted, *labelled, *edited} - set(listed))
        return tuple(
            ClassFraction(
                class_id,
                predicted.get(class_id, 0) / pixels,
                labelled.get(class_id, 0) / pixels,
                edited.get(class_id, 0) / pixels,
            )
            for class_id in (*listed, *more)
        )

    def _count_edited(self, predicted: dict[int, int], view: LabelView) -> dict[int, int]:
        counts = np.zeros(256, dtype=np.int64)
        counts[list(predicted)] = list(predicted.values())
        edits = view.layers["edits"]
        for ty, tx in edits.keys:
            edit = edits.tile((ty, tx))
            touched = edit != 0
            counts += np.bincount(edit[touched], minlength=256)
            counts -= np.bincount(self.read_tile("segmentation", 0, ty, tx)[touched], minlength=256)
        return {int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts[1:] > 0) + 1}
