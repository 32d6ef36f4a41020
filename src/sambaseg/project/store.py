"""One project on disk: images, labels with their history, results, classifier.

The folder holds ``project.json`` (name, kind), ``original/`` (files as they came), ``images/ID/`` (pixels as tiles, in
their own dtype), ``thumbnails/``, ``log.sqlite`` (operations, settings, what is known of images and results),
``results/IMAGE/ID/``, ``classifiers/`` and ``lock``. Only names made here are used as paths.

This is the one door to a project, hence its length: most methods hand on to the part that does the work.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import DamagedProjectError, NotFoundError, ParameterError, StorageError
from sambaseg.images.micrograph import Micrograph, PixelSize
from sambaseg.labels.classes import DEFAULT_CLASSES, LabelClass
from sambaseg.labels.delta import TileKey
from sambaseg.labels.layer import LabelSource
from sambaseg.project.builds import BuildQueue
from sambaseg.project.description import (
    ImageDescription,
    ProjectDescription,
    ProjectKind,
    StoredDescription,
    modified,
)
from sambaseg.project.folder_lock import FolderLock
from sambaseg.project.image_rows import ImageRows
from sambaseg.project.image_shelf import BuildSettings, ImageShelf
from sambaseg.project.label_view import LabelView, TrainingInput
from sambaseg.project.labelling import Labelling
from sambaseg.project.layer_cache import LayerCache
from sambaseg.project.log import OperationLog
from sambaseg.project.new_image import NewImage, kind_of, take_in
from sambaseg.project.operations import LAYERS, Ack, History, ImportReport, LayerName, Operation
from sambaseg.project.original import Originals
from sambaseg.project.point_checks import PointChecks
from sambaseg.project.project_classifier import ClassifierSource, ProjectClassifier
from sambaseg.project.result_cleaning import ResultCleaning
from sambaseg.project.result_folder import ResultFolder, Summary, new_result_id
from sambaseg.project.result_writer import ResultWriter
from sambaseg.project.results import Result, ResultInfo, ResultLayer, StoredResult
from sambaseg.project.tables import ImageTable, ResultTable
from sambaseg.project.upgrade import LOG_NAME, open_log

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

__all__ = ["ProjectStore", "TrainingInput"]

TRAININGS_REMEMBERED = 50
"""In the trend of how far trainings could be trusted."""


class ProjectStore:
    """A project that is open. All methods may be called from any thread. ``cleaning`` cleans its results up,
    ``point_checks`` has what people said of them at random points.

    Methods that concern one image raise NotFoundError where the project has none with that id.
    """

    def __init__(
        self, folder: Path, lock: FolderLock, builds: BuildQueue | None = None, building: BuildSettings | None = None
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._described = threading.RLock()
        log = open_log(folder)
        try:
            self._description = StoredDescription.read(folder)
            cache = LayerCache()
            self._images = ImageRows(ImageTable(log.database))
            self._shelf = ImageShelf(folder, self._images, cache, builds or BuildQueue(), building or BuildSettings())
            if not self._images.ids:
                raise DamagedProjectError("The project has no image.")
            self._labelling = Labelling(log)
            self._shapes = {image: self._images.shape(image) for image in self._images.ids}
            self._results = ResultFolder(folder / "results", ResultTable(log.database), self._shapes, cache)
            self._classifier = ProjectClassifier(folder / "classifiers", self._labelling)
            self.cleaning = ResultCleaning(self._results, self._classifier)
            self.point_checks = PointChecks(log.database, self._results, self._labelling)
            self._summarise()
        except BaseException:
            log.close()
            raise
        self._remove_leftovers()

    @classmethod
    def create(
        cls,
        folder: Path,
        images: Sequence[NewImage],
        *,
        name: str,
        kind: ProjectKind | None = None,
        classes: Sequence[LabelClass] = DEFAULT_CLASSES,
    ) -> None:
        """Make a project of images in the empty `folder`; `kind` "set" keeps images of one size from being a stack.

        What was made can be opened; a folder in which this did not come to its end must be thrown away.
        Raises ParameterError for a bad name or no image, MissingFileError, and StorageError where the disk is full.
        """
        if not images:
            raise ParameterError("A project needs one image at least.")
        try:
            for part in ("original", "results", "classifiers", "images", "thumbnails"):
                (folder / part).mkdir()
        except OSError as error:
            raise StorageError(f"The project could not be saved: {error.strerror}.") from error
        originals = Originals(folder / "original")
        stored = [take_in(new, image, folder, originals) for image, new in enumerate(images)]
        described = StoredDescription.new(
            name=name,
            kind=kind_of([image.info for image in stored], kind),
            images=len(stored),
            first=0,
            shape_yx=stored[0].shape_yx,
        )
        OperationLog.create(
            folder / LOG_NAME, images=[image.to_row() for image in stored], classes=tuple(classes)
        ).close()
        described.write(folder)

    @classmethod
    def open(cls, folder: Path, *, builds: BuildQueue | None = None, building: BuildSettings | None = None) -> Self:
        """Open the project in `folder`; one of an older format is brought up to date first.

        Raises ProjectBusyError where another process has it open, and DamagedProjectError where it is not whole.
        """
        lock = FolderLock(folder)
        try:
            store = cls(folder, lock, builds, building)
        except BaseException:
            lock.release()
            raise
        store._shelf.check_files_soon()
        return store

    def close(self) -> None:
        """Stop using the folder; the project cannot be used afterwards."""
        self._shelf.close()
        self._results.close()
        self._labelling.close()
        self._lock.release()

    # facts

    @property
    def id(self) -> str:
        """The project's id: the name of its folder."""
        return self.folder.name

    def description(self) -> ProjectDescription:
        """Return name, times and images."""
        stored = self._description
        return ProjectDescription(
            id=self.id,
            name=stored.name,
            kind=stored.kind,
            created=stored.created,
            modified=modified(self.folder),
            images=tuple(self._shelf.describe(image) for image in self._images.ids),
        )

    def image(self, image: int) -> ImageDescription:
        """Return what is known of one image."""
        return self._shelf.describe(image)

    def rename(self, name: str) -> None:
        """Give the project another name. Raises ParameterError and StorageError."""
        with self._described:
            self._write_description(self._description.renamed(name))

    def set_pixel_size(self, pixel_size_um: PixelSize | None, *, image: int = 0) -> None:
        """Set the size (y, x) of a pixel in micrometres; slices of a stack have one size. Raises ParameterError."""
        images = self._images.ids if self._description.kind == "stack" else (image,)
        self._images.set_pixel_size(images, pixel_size_um)

    def settings(self) -> dict[str, Any] | None:
        """Return the settings as last set, JSON values; None where they never were."""
        return self._classifier.settings()

    def set_settings(self, settings: Mapping[str, Any]) -> None:
        """Store settings, JSON values; the classifier cleans up by their steps. Raises ParameterError, StorageError."""
        self._classifier.set_settings(settings)

    def classes(self) -> tuple[LabelClass, ...]:
        """Return the class list."""
        return self._labelling.classes()

    def history(self) -> History:
        """Return the revision, and what undo and redo would do."""
        return self._labelling.history()

    def layer_tiles(self, image: int = 0) -> dict[LayerName, list[TileKey]]:
        """Return the tiles of each layer of an image that hold anything."""
        return {name: self._labelling.keys(name, image=image) for name in LAYERS}

    def thumbnail(self, image: int | None = None) -> bytes:
        """Return a PNG of an image, of the first where it is left out, at most 256 px a side."""
        return self._shelf.thumbnail(self._images.ids[0] if image is None else image)

    def original_file(self, image: int = 0) -> Path:
        """Return the file that an image was made from."""
        return self._shelf.original_file(image)

    # images

    def add_images(self, images: Sequence[NewImage]) -> tuple[int, ...]:
        """Add images behind the others and return their ids. Raises MissingFileError, ParameterError, StorageError."""
        with self._described:
            first = self._labelling.next_image_id()
            originals = Originals(self.folder / "original")
            stored = [take_in(new, first + place, self.folder, originals) for place, new in enumerate(images)]
            self._images.add(stored, self._labelling.add_images)
            self._shapes.update({image.id: image.shape_yx for image in stored})
            self._summarise()
            return tuple(image.id for image in stored)

    def remove_image(self, image: int) -> None:
        """Remove an image with its labels, edits and results; what was done to it cannot be undone any more.

        Raises ParameterError for the last image, and StorageError.
        """
        with self._described:
            self._images.get(image)
            if len(self._images.ids) == 1:
                raise ParameterError("A project needs one image at least.", hint="Delete the project instead.")
            self._labelling.remove_image(image)
            self._results.remove_image(image)
            self._shapes.pop(image, None)
            self._shelf.remove(image)
            self._summarise()

    def reorder(self, ids: Sequence[int]) -> None:
        """Put the images into another order. Raises ParameterError unless each is named once, and StorageError."""
        with self._described:
            self._images.reorder(ids)
            self._summarise()

    def rename_image(self, image: int, name: str) -> None:
        """Give an image another name. Raises ParameterError and StorageError."""
        self._images.rename(image, name)

    def relink(self, image: int, path: Path) -> None:
        """Say where the file of a linked image is now; see `ImageShelf.relink`."""
        self._shelf.relink(image, path)

    def ensure_image(self, image: int, *, wait: bool, stop: Callable[[], bool] | None = None) -> None:
        """Have the tiles of an image made where they are not; see `ImageShelf.ensure`."""
        self._shelf.ensure(image, wait=wait, stop=stop)

    def image_progress(self, image: int) -> float:
        """Return which share of the tiles of an image is made, 0 to 1."""
        return self._shelf.progress(image)

    def check_files(self) -> None:
        """Look at all linked files, so that it is known which are missing or changed; reads those that look changed."""
        self._shelf.check_files()

    def on_image_change(self, callback: Callable[[int], None]) -> None:
        """Have `callback` called, from any thread, with each image whose state changed."""
        self._shelf.on_change(callback)

    # pixels

    def read_image_tile(self, level: int, ty: int, tx: int, *, image: int = 0) -> NDArray[Any]:
        """Return a tile (C, h, w) in the description's tile dtype; see `ImageShelf.read_tile`."""
        return self._shelf.read_tile(image, level, ty, tx)

    def read_label_tile(self, layer: LayerName, ty: int, tx: int, *, image: int = 0) -> NDArray[np.uint8]:
        """Return a tile (h, w) of labels or edits, uint8. Raises ParameterError where there is none."""
        return self._labelling.tile(layer, ty, tx, image=image)

    def micrograph(self, image: int = 0, *, stop: Callable[[], bool] | None = None) -> Micrograph:
        """Return an image as its file holds it, pixels read as they are asked for; see `ImageShelf.micrograph`."""
        return self._shelf.micrograph(image, stop)

    def labels(self) -> LabelView:
        """Return labels, edits and classes as they are now; costs next to nothing."""
        return self._labelling.view()

    def labels_array(self, layer: LayerName = "labels", *, image: int = 0) -> NDArray[np.uint8]:
        """Return a copy of all labels or edits of an image (H, W), uint8."""
        return self._labelling.view().of(image)[layer].to_array()

    def labels_at(self, revision: int, layer: LayerName = "labels", image: int = 0) -> NDArray[np.uint8]:
        """Return labels or edits as they were after `revision`. Raises RevisionConflictError where there is none."""
        return self._labelling.view_at(revision).of(image)[layer].to_array()

    def training_input(self) -> TrainingInput:
        """Return a consistent copy of the labels of all images and of the classes for a job."""
        return self._labelling.view().training_input()

    # steps

    def apply(self, operation: Operation) -> Ack:
        """Take a step, after COMMIT; see `Labelling.apply`."""
        return self._labelling.apply(operation)

    def import_labels(
        self, labels: NDArray[np.integer] | LabelSource, *, mode: Literal["replace", "add"], image: int = 0
    ) -> ImportReport:
        """Take labels of an image, integers (H, W) or tiles, as one step; see `Labelling.import_labels`."""
        return self._labelling.import_labels(labels, mode=mode, image=image)

    # results

    def begin_result(
        self,
        used: TrainingInput | None,
        classes: Sequence[LabelClass],
        *,
        image: int = 0,
        classifier_id: str = "",
        resume: bool = False,
    ) -> ResultWriter:
        """Begin a result of an image with a classifier's `classes`, trained on `used`, or not trained here (None).

        A result of the image that is running is cancelled. With `resume`, one of the same `classifier_id` that was
        paused is taken up: `ResultWriter.done` tells what is there. Raises StorageError where the disk has no room.
        """
        self._images.get(image)
        view = self._labelling.view()
        stored = StoredResult(
            id=new_result_id(),
            image=image,
            revision=view.revision if used is None else used.revision,
            labels_state=view.labels_state if used is None else used.state,
            classes=tuple(classes),
            classifier_id=classifier_id,
        )
        return self._results.begin(stored, resume=resume)

    def result(self, image: int = 0) -> ResultInfo | None:
        """Return what is known of the running result of an image, else of the newest complete one."""
        self._images.get(image)
        running = self._results.running(image)
        if running is None:
            return self.complete_result(image)
        return self._result_info(running.result, "running", running.seconds)

    def complete_result(self, image: int = 0) -> ResultInfo | None:
        """Return what is known of the newest complete result of an image."""
        self._images.get(image)
        complete = self._results.complete(image)
        return None if complete is None else self._result_info(complete, "complete", complete.stored.seconds)

    def note_trust(self, result_id: str, trust: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        """Keep how far a complete result can be trusted, and add an `entry` of this training to the trend.

        Both are JSON values. Where a newer result took its place only the trend is told. Raises StorageError.
        """
        self._results.note_trust(result_id, trust)
        self._labelling.set_facts({"trust_trend": [*self.trust_trend(), dict(entry)][-TRAININGS_REMEMBERED:]})

    def trust_of(self, image: int = 0) -> Mapping[str, Any] | None:
        """Return what is known of how far the newest complete result of an image can be trusted."""
        self._images.get(image)
        complete = self._results.complete(image)
        return None if complete is None else complete.stored.trust

    def trust_trend(self) -> list[dict[str, Any]]:
        """Return the entries of the last trainings, the oldest first."""
        return list(self._labelling.fact("trust_trend") or [])

    def result_states(self) -> dict[int, Summary]:
        """Return how the results of all images stand, those without one left out; costs next to nothing."""
        return self._results.summaries(self._labelling.labels_state())

    def mean_uncertainties(self) -> dict[int, float]:
        """Return the mean uncertainty, 0 to 1, of the newest complete result of each image that has one."""
        return self._results.mean_uncertainties()

    def read_result_tile(self, result_id: str, layer: ResultLayer, level: int, ty: int, tx: int) -> NDArray[np.uint8]:
        """Return a tile (h, w), uint8; 0 where not computed yet. Raises NotFoundError and ParameterError."""
        return self._results.find(result_id).read_tile(layer, level, ty, tx)

    def read_predicted(self, predicted_id: str, y0: int, y1: int) -> NDArray[np.uint8]:
        """Return rows `y0` to `y1` - 1 of a result as predicted, (h, W), uint8. Raises NotFoundError."""
        return self._results.find(predicted_id).read_rows("segmentation", y0, y1)

    def read_edited(self, image: int, y0: int, y1: int) -> NDArray[np.uint8]:
        """Return rows `y0` to `y1` - 1 of the newest complete segmentation, (h, W), uint8, with the edits on top.

        Raises NotFoundError where there is none.
        """
        edits = self._labelling.view().of(image)["edits"]
        return self._complete(image).read_edited(edits, y0, y1)

    def read_uncertainty(self, image: int, y0: int, y1: int) -> NDArray[np.uint8]:
        """Return rows `y0` to `y1` - 1 of the newest complete uncertainty, (h, W), uint8, 255 = 1.0.

        Raises NotFoundError where there is none.
        """
        return self._complete(image).read_rows("uncertainty", y0, y1)

    def edited_segmentation(self, image: int = 0) -> NDArray[np.uint8]:
        """Return the newest complete segmentation (H, W), uint8, with the edits on top. Raises NotFoundError."""
        return self.read_edited(image, 0, self._images.shape(image)[0])

    def uncertainty_array(self, image: int = 0) -> NDArray[np.uint8]:
        """Return the newest complete uncertainty (H, W), uint8, 255 = 1.0. Raises NotFoundError."""
        return self.read_uncertainty(image, 0, self._images.shape(image)[0])

    # classifier

    def set_classifier(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier as the project's; a loaded one brings its classes, recipe and steps of cleaning.

        File, classes and settings change together or not at all. Raises StorageError, and ClassifierMismatchError for
        a loaded one with class ids that a project cannot hold.
        """
        self._classifier.set(classifier, source=source)

    def keep_classifier(self, classifier: Classifier, *, source: ClassifierSource) -> None:
        """Keep a classifier as the project's, whose classes and settings stay. Raises StorageError."""
        self._classifier.keep(classifier, source=source)

    def classifier(self) -> Classifier | None:
        """Return the project's classifier. Raises ClassifierFileError where its file was damaged."""
        return self._classifier.get()

    def classifier_source(self) -> ClassifierSource | None:
        """Return where the classifier came from."""
        return self._classifier.source()

    def classifier_file(self) -> Path | None:
        """Return the file of the project's classifier."""
        return self._classifier.file()

    def _complete(self, image: int) -> Result:
        complete = self._results.complete(image)
        if complete is None:
            raise NotFoundError("The image has no segmentation yet.", hint="Train first.")
        return complete

    def _result_info(self, result: Result, state: Literal["running", "complete"], seconds: float) -> ResultInfo:
        view, stored = self._labelling.view(), result.stored
        return ResultInfo(
            id=result.id,
            predicted_id=result.row.id,
            image=stored.image,
            state=state,
            revision=stored.revision,
            outdated=stored.labels_state != view.labels_state,
            levels=result.levels,
            classes=stored.classes,
            fractions=result.fractions(view.of(stored.image)) if state == "complete" else (),
            mean_uncertainty=stored.mean_uncertainty,
            seconds=seconds,
            cleaning=() if result.cleaned is None else result.cleaned.steps,
            classifier_id=stored.classifier_id,
        )

    def _write_description(self, description: StoredDescription) -> None:
        if description != self._description:
            description.write(self.folder)
            self._description = description

    def _summarise(self) -> None:
        """Bring what a list of projects shows up to date with the images that there are."""
        ids = self._images.ids
        height, width = self._images.shape(ids[0])
        kind = self._description.kind
        if len(ids) != self._description.images:
            kind = kind_of([self._images.get(image).info for image in ids], kind)
        self._write_description(
            replace(self._description, kind=kind, images=len(ids), first=ids[0], width=width, height=height)
        )

    def _remove_leftovers(self) -> None:
        """Remove the tiles of images whose adding or removal was cut off."""
        known = {str(image) for image in self._images.ids}
        for path in (self.folder / "images").iterdir():
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)
