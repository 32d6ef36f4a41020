"""A result: class and uncertainty of every pixel of an image as tiles on disk, and what they were computed from.

Its row in the project's database, changed last, makes a result complete: one that was cut off is never taken for whole.
Where it was cleaned up, whoever reads its segmentation gets the cleaned classes; the predicted ones stay beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.steps import CleaningStep
from sambaseg.errors import DamagedProjectError, StorageError
from sambaseg.images.pyramid import TileLayer, level_shapes
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.delta import TileKey
from sambaseg.labels.layer import LabelLayer
from sambaseg.labels.packed import PackedTile
from sambaseg.labels.runs import TILE_SIDE
from sambaseg.project.cleaned import CleanedClasses
from sambaseg.project.layer_cache import LayerCache
from sambaseg.project.operations import LayerName
from sambaseg.project.tables import ResultRow, ResultState

ResultLayer = Literal["segmentation", "uncertainty"]
RESULT_LAYERS: tuple[ResultLayer, ...] = ("segmentation", "uncertainty")


@dataclass(frozen=True)
class ClassFraction:
    """Shares of the image's pixels, 0 to 1: as predicted, as labelled by the person, after cleaning up (as predicted
    where nothing was cleaned), and after that with edits.
    """

    class_id: int
    predicted: float
    labelled: float
    cleaned: float
    edited: float


@dataclass(frozen=True, kw_only=True)
class ResultInfo:
    """A result of ``image``: the revision of the labels it was computed from, and whether the labels are others now.

    ``id`` names it with the classes that readers get, ``predicted_id`` with those that the classifier predicted: they
    differ where it was cleaned up, by ``cleaning``. ``classifier_id`` is what its maker called the classifier.
    """

    id: str
    predicted_id: str
    image: int
    state: Literal["running", "complete", "cancelled"]
    revision: int
    outdated: bool
    levels: int
    classes: tuple[LabelClass, ...]
    fractions: tuple[ClassFraction, ...]
    mean_uncertainty: float | None
    seconds: float
    cleaning: tuple[CleaningStep, ...] = ()
    classifier_id: str = ""


@dataclass(frozen=True)
class TileShare:
    """What one tile adds to a result: pixels of each class, and the sum of its uncertainty (0 to 255 a pixel)."""

    pixels_of_class: Mapping[int, int]
    uncertainty: int

    @classmethod
    def of(cls, classes_yx: NDArray[np.uint8], uncertainty_yx: NDArray[np.uint8]) -> Self:
        """Return the share of a tile (h, w)."""
        counts = np.bincount(classes_yx.ravel(), minlength=256)
        pixels = {int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts)}
        return cls(pixels, int(uncertainty_yx.sum(dtype=np.int64)))


@dataclass(frozen=True, kw_only=True)
class StoredResult:
    """What a result was computed from, and what is known of it once it is complete.

    ``labels_state`` is that of `LabelView`. ``tiles`` are those that are done while it is paused. ``trust`` is what is
    known of how far it can be trusted, as JSON values, where that was found out. ``cleaned`` is there once it was
    cleaned up.
    """

    id: str
    image: int = 0
    revision: int
    labels_state: int
    classes: tuple[LabelClass, ...]
    classifier_id: str = ""
    seconds: float = 0.0
    pixels_of_class: Mapping[int, int] | None = None
    mean_uncertainty: float | None = None
    tiles: Mapping[TileKey, TileShare] | None = None
    trust: Mapping[str, Any] | None = None
    cleaned: CleanedClasses | None = None

    @property
    def class_ids(self) -> list[int]:
        """The ids of the classes that it may have."""
        return [entry.id for entry in self.classes]

    def to_row(self, state: ResultState) -> ResultRow:
        """Return the row that holds this."""
        content = asdict(self)
        content["tiles"] = self.tiles and [
            [*key, share.uncertainty, *(value for pair in share.pixels_of_class.items() for value in pair)]
            for key, share in self.tiles.items()
        ]
        return ResultRow(self.id, self.image, state, self.labels_state, json.dumps(content))

    @classmethod
    def from_row(cls, row: ResultRow) -> Self:
        """Return what a row holds. Raises DamagedProjectError where it is not understood."""
        try:
            return cls.from_json({**json.loads(row.content), "image": row.image})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedProjectError(f"What is stored of the result {row.id} is not understood: {error}.") from error

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_row` stored, or format 1 in a ``result.json``. Raises what reading bad values raises."""
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        known["classes"] = tuple(LabelClass(**entry) for entry in values["classes"])
        if known.get("pixels_of_class") is not None:
            known["pixels_of_class"] = {int(key): int(count) for key, count in values["pixels_of_class"].items()}
        if known.get("tiles") is not None:
            known["tiles"] = {
                (tile[0], tile[1]): TileShare(dict(zip(tile[3::2], tile[4::2], strict=True)), tile[2])
                for tile in values["tiles"]
            }
        if known.get("cleaned") is not None:
            known["cleaned"] = CleanedClasses.from_json(values["cleaned"])
        return cls(**known)


class Result:
    """A result whose tiles can be read, also while they are being computed."""

    def __init__(
        self,
        folder: Path,
        row: ResultRow,
        shape_yx: tuple[int, int],
        cache: LayerCache,
        layers: Mapping[ResultLayer, TileLayer] | None = None,
        *,
        shows_cleaned: bool = True,
    ) -> None:
        self.folder = folder
        self.row = row
        self.shape_yx = shape_yx
        self._cache = cache
        self._layers = layers
        self._shows_cleaned = shows_cleaned
        self._edit_changes: dict[TileKey, tuple[PackedTile | None, NDArray[np.int64]]] = {}
        self._classes_at: dict[tuple[int, int], int] = {}

    @cached_property
    def stored(self) -> StoredResult:
        """What is known of it; read when it is asked for, since a project may have thousands."""
        return StoredResult.from_row(self.row)

    @property
    def cleaned(self) -> CleanedClasses | None:
        """The cleaned classes, which its readers get in place of the predicted ones; None where there are none."""
        return self.stored.cleaned if self._shows_cleaned else None

    @property
    def id(self) -> str:
        """What names it with the classes that its readers get."""
        return self.row.id if self.cleaned is None else self.cleaned.id

    @cached_property
    def predicted(self) -> Result:
        """The same result with the classes that the classifier predicted."""
        if self.cleaned is None:
            return self
        return Result(self.folder, self.row, self.shape_yx, self._cache, self._layers, shows_cleaned=False)

    def computed_from(self, stored: StoredResult) -> Result:
        """Return the same tiles as a result of other labels or another classifier."""
        return Result(self.folder, stored.to_row("running"), self.shape_yx, self._cache, self._layers)

    @property
    def levels(self) -> int:
        """Number of levels of the tiles."""
        return len(level_shapes((1, *self.shape_yx)))

    def layer(self, name: ResultLayer) -> TileLayer:
        """Return one layer. Raises DamagedProjectError where its files are missing or damaged."""
        cleaned = self.cleaned if name == "segmentation" else None
        if self._layers is not None and cleaned is None:
            return self._layers[name]
        try:
            return self._cache.get(self.folder / (name if cleaned is None else cleaned.folder_name))
        except StorageError as error:
            raise DamagedProjectError(
                f"A result is damaged: {error.message}", hint="Segment the image again."
            ) from error

    def read_tile(self, layer: ResultLayer, level: int, ty: int, tx: int) -> NDArray[np.uint8]:
        """Return one tile (h, w), uint8. Raises ParameterError where there is no such tile."""
        tile_yx: NDArray[np.uint8] = self.layer(layer).read_tile(level, ty, tx)[0]
        return tile_yx

    def read_rows(self, layer: ResultLayer, y0: int, y1: int) -> NDArray[np.uint8]:
        """Return rows `y0` to `y1` - 1 of a layer at full resolution, (h, W), uint8."""
        rows_yx: NDArray[np.uint8] = self.layer(layer).read_region(0, y0, y1, 0, self.shape_yx[1])[0]
        return rows_yx

    def read_edited(self, edits: LabelLayer, y0: int, y1: int) -> NDArray[np.uint8]:
        """Return the class of each pixel of rows `y0` to `y1` - 1, (h, W), uint8, with `edits` on top."""
        rows_yx = self.read_rows("segmentation", y0, y1)
        for ty, tx in edits.keys:
            top, left = ty * TILE_SIDE, tx * TILE_SIDE
            first, last = max(top, y0), min(top + TILE_SIDE, y0 + rows_yx.shape[0])
            if first < last:
                edit = edits.tile((ty, tx))[first - top : last - top]
                window = rows_yx[first - y0 : last - y0, left : left + edit.shape[1]]
                np.copyto(window, edit, where=edit != 0)
        return rows_yx

    def class_at(self, y: int, x: int, edits: LabelLayer) -> int:
        """Return the class of one pixel of a complete result, with `edits` on top; its tile is read the first time."""
        key, place = (y // TILE_SIDE, x // TILE_SIDE), (y % TILE_SIDE, x % TILE_SIDE)
        edited = 0 if edits.packed(key) is None else int(edits.tile(key)[place])
        if edited:
            return edited
        if (y, x) not in self._classes_at:
            self._classes_at[y, x] = int(self.read_tile("segmentation", 0, *key)[place])
        return self._classes_at[y, x]

    def fractions(self, layers: Mapping[LayerName, LabelLayer]) -> tuple[ClassFraction, ...]:
        """Return the shares of each class that was predicted, labelled or edited."""
        predicted, cleaned = self.stored.pixels_of_class or {}, self._areas_without_edits()
        labelled, edited = layers["labels"].counts(), self.areas(layers["edits"])
        pixels = self.shape_yx[0] * self.shape_yx[1]
        listed = [entry.id for entry in self.stored.classes]
        more = sorted({*predicted, *labelled, *edited} - set(listed))
        return tuple(
            ClassFraction(
                class_id,
                predicted.get(class_id, 0) / pixels,
                labelled.get(class_id, 0) / pixels,
                cleaned.get(class_id, 0) / pixels,
                edited.get(class_id, 0) / pixels,
            )
            for class_id in (*listed, *more)
        )

    def areas(self, edits: LabelLayer) -> dict[int, int]:
        """Return how many pixels each class has, with `edits` on top."""
        unedited = self._areas_without_edits()
        counts = np.zeros(256, dtype=np.int64)
        counts[list(unedited)] = list(unedited.values())
        for key in edits.keys:
            counts += self._edit_change(key, edits)
        return {int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts[1:] > 0) + 1}

    def _areas_without_edits(self) -> Mapping[int, int]:
        return (self.stored.pixels_of_class or {}) if self.cleaned is None else self.cleaned.pixels_of_class

    def _edit_change(self, key: TileKey, edits: LabelLayer) -> NDArray[np.int64]:
        """Return by how many pixels each class grows by the edits of a tile; found anew only where they changed."""
        packed = edits.packed(key)
        known = self._edit_changes.get(key)
        if known is None or known[0] is not packed:
            edit = edits.tile(key)
            touched = edit != 0
            change = np.bincount(edit[touched], minlength=256)
            change -= np.bincount(self.read_tile("segmentation", 0, *key)[touched], minlength=256)
            known = self._edit_changes[key] = packed, change
        return known[1]
