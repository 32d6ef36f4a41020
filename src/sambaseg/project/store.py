"""One project on disk: image, labels with their history, results, classifier.

The folder holds ``project.json`` (name, image facts), ``original/`` (the file as it came), ``image/`` (its pixels as
tiles, in their own dtype), ``thumbnail.png``, ``log.sqlite`` (operations, settings), ``results/``, ``classifiers/``
and ``lock``. Only names made here are used as paths.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import DamagedProjectError, NotFoundError, StorageError
from sambaseg.images.micrograph import Micrograph, PixelSize
from sambaseg.images.pyramid import TileLayer
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.labels.delta import TileKey
from sambaseg.project.classifier_folder import ClassifierFolder, classes_of
from sambaseg.project.description import ProjectDescription, StoredDescription, modified, tile_dtype
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.labelling import Labelling, LabelView
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import LAYERS, Ack, History, ImportReport, LayerName, Operation
from sambaseg.project.original import keep_original
from sambaseg.project.result_folder import ResultFolder, ResultWriter
from sambaseg.project.results import Result, ResultInfo, ResultLayer
from sambaseg.project.thumbnail import read_thumbnail, write_thumbnail

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

ClassifierSource = Literal["trained", "loaded"]
_LOG = "log.sqlite"


@dataclass(frozen=True, eq=False)
class TrainingInput:
    """A consistent copy of the labels for a job: ``labels_yx`` (H, W), uint8, at ``revision``.

    ``state`` is equal whenever the labels are, whatever was undone and redone in between.
    """

    revision: int
    labels_yx: NDArray[np.uint8]
    classes: tuple[LabelClass, ...]
    state: int


class ProjectStore:
    """A project that is open. All methods may be called from any thread."""

    def __init__(self, folder: Path, lock: FolderLock) -> None:
        self.folder = folder
        self._lock = lock
        self._described = threading.Lock()
        self._classifying = threading.Lock()
        self._description = StoredDescription.read(folder)
        self._image = TileLayer.open(folder / "image")
        shape_yx = (self._description.info.height, self._description.info.width)
        if self._image.level_shape(0) != (self._description.info.channels, *shape_yx):
            raise DamagedProjectError("The project's image is not of the size that project.json tells.")
        self._results = ResultFolder(folder / "results", shape_yx)
        self._labelling = Labelling.open(folder / _LOG)
        self._classifiers = ClassifierFolder(folder / "classifiers")
        self._classifiers.keep_only(self._classifier_name())

    @classmethod
    def create(
        cls,
        folder: Path,
        micrograph: Micrograph,
        source_file: Path,
        *,
        name: str,
        classes: Sequence[LabelClass] = DEFAULT_CLASSES,
    ) -> None:
        """Make a project in the empty `folder` from an image as decoded and the file it was decoded from.

        What was made can be opened; a folder in which this did not come to its end must be thrown away.
        Raises ParameterError for a bad name and StorageError where the disk is full.
        """
        try:
            for part in ("original", "results", "classifiers"):
                (folder / part).mkdir()
        except OSError as error:
            raise StorageError(f"The project could not be saved: {error.strerror}.") from error
        original, sha256 = keep_original(source_file, micrograph.info.file_name, folder / "original")
        image = TileLayer.create(folder / "image", micrograph.pixels_cyx.shape, micrograph.pixels_cyx.dtype)
        image.write_array(micrograph.pixels_cyx)
        description = StoredDescription.of(micrograph, name=name, original=original, sha256=sha256)
        write_thumbnail(folder, image, description.contrast, is_rgb=micrograph.info.is_rgb)
        facts = {"shape_yx": list(micrograph.shape_yx)}
        OperationLog.create(folder / _LOG, facts=facts, classes=tuple(classes)).close()
        description.write(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the project in `folder`.

        Raises ProjectBusyError where another process has it open, and DamagedProjectError where it is not whole.
        """
        lock = FolderLock(folder)
        try:
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Stop using the folder; the project cannot be used afterwards."""
        self._results.close()
        self._labelling.close()
        self._lock.release()

    # facts

    @property
    def id(self) -> str:
        """The project's id: the name of its folder."""
        return self.folder.name

    def description(self) -> ProjectDescription:
        """Return name, times and image."""
        stored = self._description
        return ProjectDescription(
            id=self.id, name=stored.name, created=stored.created, modified=modified(self.folder), image=stored.image()
        )

    def rename(self, name: str) -> None:
        """Give the project another name. Raises ParameterError and StorageError."""
        with self._described:
            self._write_description(self._description.renamed(name))

    def set_pixel_size(self, pixel_size_um: PixelSize | None) -> None:
        """Set the size (y, x) of a pixel in micrometres. Raises ParameterError and StorageError."""
        with self._described:
            self._write_description(self._description.with_pixel_size(pixel_size_um))

    def settings(self) -> dict[str, Any] | None:
        """Return the settings as last set, JSON values; None where they never were."""
        settings: dict[str, Any] | None = self._labelling.facts().get("settings")
        return settings

    def set_settings(self, settings: Mapping[str, Any]) -> None:
        """Store settings, JSON values. Raises StorageError."""
        self._labelling.set_facts({"settings": dict(settings)})

    def classes(self) -> tuple[LabelClass, ...]:
        """Return the class list."""
        return self._labelling.view().classes

    def history(self) -> History:
        """Return the revision, and what undo and redo would do."""
        return self._labelling.history()

    def layer_tiles(self) -> dict[LayerName, list[TileKey]]:
        """Return the tiles of each layer that hold anything."""
        view = self._labelling.view()
        return {name: view.layers[name].keys for name in LAYERS}

    def thumbnail(self) -> bytes:
        """Return a PNG of the image, at most 256 px a side. Raises DamagedProjectError."""
        return read_thumbnail(self.folder)

    def original_file(self) -> Path:
        """Return the file that the project was made from."""
        return self.folder / "original" / self._description.original

    # pixels

    def read_image_tile(self, level: int, ty: int, tx: int) -> NDArray[Any]:
        """Return a tile (C, h, w) in the description's tile dtype. Raises ParameterError where there is none."""
        tile_cyx = self._image.read_tile(level, ty, tx)
        with np.errstate(over="ignore"):  # float64 beyond float32 is shown as infinite
            return tile_cyx.astype(tile_dtype(self._description.info.dtype), copy=False)

    def read_label_tile(self, layer: LayerName, ty: int, tx: int) -> NDArray[np.uint8]:
        """Return a tile (h, w) of labels or edits, uint8. Raises ParameterError where there is none."""
        return self._labelling.tile(layer, ty, tx)

    def micrograph(self) -> Micrograph:
        """Return the image as it was decoded, its pixels mapped into memory."""
        return Micrograph(self._image.array(0), self._description.info)

    def labels(self) -> LabelView:
        """Return labels, edits and classes as they are now; costs next to nothing."""
        return self._labelling.view()

    def labels_array(self, layer: LayerName = "labels") -> NDArray[np.uint8]:
        """Return a copy of all labels or edits (H, W), uint8."""
        return self._labelling.view().layers[layer].to_array()

    def labels_at(self, revision: int, layer: LayerName = "labels") -> NDArray[np.uint8]:
        """Return labels or edits as they were after `revision`. Raises RevisionConflictError where there is none."""
        return self._labelling.view_at(revision).layers[layer].to_array()

    def training_input(self) -> TrainingInput:
        """Return a consistent copy of labels and classes for a job."""
        view = self._labelling.view()
        return TrainingInput(view.revision, view.layers["labels"].to_array(), view.classes, view.labels_state)

    # steps

    def apply(self, operation: Operation) -> Ack:
        """Take a step, after COMMIT; see `Labelling.apply`."""
        return self._labelling.apply(operation)

    def import_labels(self, labels_yx: NDArray[np.integer], *, mode: Literal["replace", "add"]) -> ImportReport:
        """Take labels (H, W), integers, as one step; see `Labelling.import_labels`."""
        return self._labelling.import_labels(labels_yx, mode=mode)

    # results

    def begin_result(self, used: TrainingInput | None, classes: Sequence[LabelClass]) -> ResultWriter:
        """Begin a result with a classifier's `classes`, trained on `used`, or not trained here (None).

        A result that is running is cancelled. Raises StorageError where the disk has no room.
        """
        view = self._labelling.view()
        revision, state = (view.revision, view.labels_state) if used is None else (used.revision, used.state)
        return self._results.begin(revision=revision, labels_state=state, classes=tuple(classes))

    def result(self) -> ResultInfo | None:
        """Return what is known of the running result, else of the newest complete one."""
        running = self._results.running
        if running is None:
            return self.complete_result()
        return self._result_info(running.result, "running", running.seconds)

    def complete_result(self) -> ResultInfo | None:
        """Return what is known of the newest complete result."""
        complete = self._results.complete
        return None if complete is None else self._result_info(complete, "complete", complete.stored.seconds)

    def read_result_tile(self, result_id: str, layer: ResultLayer, level: int, ty: int, tx: int) -> NDArray[np.uint8]:
        """Return a tile (h, w), uint8; 0 where not computed yet. Raises NotFoundError and ParameterError."""
        return self._results.find(result_id).read_tile(layer, level, ty, tx)

    def edited_segmentation(self) -> NDArray[np.uint8]:
        """Return the newest complete segmentation (H, W), uint8, with the edits on top. Raises NotFoundError."""
        return self._complete().edited(self._labelling.view())

    def uncertainty_array(self) -> NDArray[np.uint8]:
        """Return the newest complete uncertainty (H, W), uint8, 255 = 1.0. Raises NotFoundError."""
        return np.array(self._complete().array("uncertainty"))

    # classifier

    def set_classifier(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier as the project's; a loaded one brings its classes and recipe.

        File, classes and recipe change together or not at all. Raises StorageError, and ClassifierMismatchError for
        a loaded one with class ids that a project cannot hold.
        """
        if source == "trained":
            self.keep_classifier(classifier, source=source)
            return
        locked = frozenset(entry.id for entry in self.classes() if entry.locked)
        classes = classes_of(classifier, locked)
        with self._classifying:
            facts = {
                "classifier": {"file": self._classifiers.save(classifier), "source": source},
                "settings": {**(self.settings() or {}), "recipe": classifier.recipe.to_json()},
            }
            self._labelling.take_classifier(classes, facts)
            self._classifiers.keep_only(self._classifier_name())

    def keep_classifier(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier as the project's, whose classes and settings stay. Raises StorageError."""
        with self._classifying:
            self._labelling.set_facts({"classifier": {"file": self._classifiers.save(classifier), "source": source}})
            self._classifiers.keep_only(self._classifier_name())

    def classifier(self) -> Classifier | None:
        """Return the project's classifier. Raises ClassifierFileError where its file was damaged."""
        with self._classifying:
            name = self._classifier_name()
            return None if name is None else self._classifiers.load(name)

    def classifier_source(self) -> ClassifierSource | None:
        """Return where the classifier came from."""
        known = self._labelling.facts().get("classifier")
        return known["source"] if known else None

    def classifier_file(self) -> Path | None:
        """Return the file of the project's classifier."""
        name = self._classifier_name()
        return None if name is None else self._classifiers.folder / name

    def _classifier_name(self) -> str | None:
        known = self._labelling.facts().get("classifier")
        return known["file"] if known else None

    def _complete(self) -> Result:
        complete = self._results.complete
        if complete is None:
            raise NotFoundError("The project has no segmentation yet.", hint="Train first.")
        return complete

    def _result_info(self, result: Result, state: Literal["running", "complete"], seconds: float) -> ResultInfo:
        view, stored = self._labelling.view(), result.stored
        return ResultInfo(
            id=stored.id,
            state=state,
            revision=stored.revision,
            outdated=stored.labels_state != view.labels_state,
            levels=result.levels,
            classes=stored.classes,
            fractions=result.fractions(view) if state == "complete" else (),
            mean_uncertainty=stored.mean_uncertainty,
            seconds=seconds,
        )

    def _write_description(self, description: StoredDescription) -> None:
        description.write(self.folder)
        self._description = description
