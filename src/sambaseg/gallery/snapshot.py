"""Taking what is to be shared from a project: copies of its files as they are now, and what is known of them.

Images go through in rows of tiles and are never whole in memory. Nothing that a person drew or computed is changed.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import ParameterError
from sambaseg.gallery.content import (
    PARTS,
    THUMBNAIL_SIZES,
    EntryClass,
    EntryFile,
    Measured,
    Part,
    Snapshot,
    thumbnail_kind,
)
from sambaseg.gallery.instrument import instrument_of
from sambaseg.gallery.metadata import EntryMetadata, EntryPixelSize
from sambaseg.gallery.originals import OriginalForm, take_original
from sambaseg.gallery.thumbnails import Picture, colours_of, draw_image, draw_over, encode
from sambaseg.images.writing import LabelWriter, open_label_writer
from sambaseg.labels.classes import LabelClass
from sambaseg.labels.layer import LabelLayer
from sambaseg.project.results import ResultInfo
from sambaseg.project.store import ProjectStore
from sambaseg.storage.files import FileStore

PREVIEW_PX = 2048
BAND_PX = 256
_OWN_NAMES = {
    "preview": "image.png",
    "labels": "labels.tif",
    "segmentation": "segmentation.tif",
    "classifier": "classifier.sambaseg",
}


def take_from_project(
    files: FileStore,
    store: ProjectStore,
    image: int,
    parts: frozenset[Part] = frozenset(PARTS),
    *,
    form: OriginalForm = "cleaned",
) -> Snapshot:
    """Copy `parts` of an image of a project into the store of files; what the image does not have is left out.

    `form` is that of the image's own file, see `take_original`.

    Raises ParameterError where nothing is left, NotFoundError, and what keeps the image from being read.
    """
    store.ensure_image(image, wait=True)
    with tempfile.TemporaryDirectory(prefix="sambaseg-share-") as folder:
        taking = _Taking(files, store, image, Path(folder), form)
        taken: list[EntryFile] = []
        if "image" in parts:
            taken += taking.image_files()
        if "labels" in parts:
            taken += taking.labels()
        if "segmentation" in parts:
            taken += taking.segmentation()
        if "classifier" in parts:
            taken += taking.classifier()
    if not taken:
        raise ParameterError("There is nothing of this image to share.", hint="Label or train first, or share more.")
    return Snapshot(
        files=tuple(taken),
        measured=taking.measured(),
        metadata=_known(store, image),
        project_id=store.id,
        image=image,
    )


class _Taking:
    """One image of a project on its way into the store."""

    def __init__(self, files: FileStore, store: ProjectStore, image: int, folder: Path, form: OriginalForm) -> None:
        self._files, self._store, self._image, self._folder, self._form = files, store, image, folder, form
        self._described = store.image(image)
        self._shape_yx = (self._described.height, self._described.width)
        self._labels: LabelLayer = store.labels().of(image)["labels"]
        self._result: ResultInfo | None = store.complete_result(image)
        self._classes = _classes(store, self._result)
        self._picture: Picture | None = None
        self._shared: set[Part] = set()

    def image_files(self) -> Iterator[EntryFile]:
        """Take the image in the form that is asked for, with preview and thumbnails."""
        taken = take_original(self._store, self._image, self._folder, self._form)
        yield self._put("image", _safe_name(taken.name), taken.media_type, taken.path)
        yield self._put("preview", _OWN_NAMES["preview"], "image/png", encode(self._drawn(), PREVIEW_PX, "PNG"))
        yield from self._thumbnails("image", self._drawn())

    def labels(self) -> Iterator[EntryFile]:
        """Take the labels, where there are any."""
        if self._labels.counts():
            self._shared.add("labels")
            yield self._write("labels", lambda writer: self._write_labels(writer))

    def segmentation(self) -> Iterator[EntryFile]:
        """Take the newest complete segmentation with the edits on top, where there is one."""
        if self._result is None:
            return
        self._shared.add("segmentation")
        small: list[NDArray[np.uint8]] = []
        yield self._write("segmentation", lambda writer: self._write_segmentation(writer, small))
        over = draw_over(self._drawn(), np.concatenate(small), colours_of(self._classes))
        yield from self._thumbnails("segmentation", over)

    def classifier(self) -> Iterator[EntryFile]:
        """Take the classifier, where there is one."""
        path = self._store.classifier_file()
        if path is not None:
            yield self._put("classifier", _OWN_NAMES["classifier"], "application/zip", path)

    def measured(self) -> Measured:
        """Return size and classes, with the shares of what is shared."""
        info = self._store.micrograph(self._image).info
        pixels = self._shape_yx[0] * self._shape_yx[1]
        labelled = {class_id: count / pixels for class_id, count in self._labels.counts().items()}
        segmented = {share.class_id: share.edited for share in self._result.fractions} if self._result else {}
        return Measured(
            width=self._shape_yx[1],
            height=self._shape_yx[0],
            channels=info.channels,
            is_rgb=info.is_rgb,
            dtype=info.dtype,
            classes=tuple(
                EntryClass(
                    entry.id,
                    entry.name,
                    entry.colour,
                    segmented.get(entry.id, 0.0) if "segmentation" in self._shared else None,
                    labelled.get(entry.id, 0.0) if "labels" in self._shared else None,
                )
                for entry in self._classes
            )
            if self._shared
            else (),
        )

    def _drawn(self) -> Picture:
        if self._picture is None:
            self._picture = draw_image(self._store, self._image, side_px=PREVIEW_PX)
        return self._picture

    def _thumbnails(self, what: str, picture: Picture) -> Iterator[EntryFile]:
        for size in THUMBNAIL_SIZES:
            kind = thumbnail_kind("segmentation" if what == "segmentation" else "image", size)
            yield self._put(kind, f"{kind}.webp", "image/webp", encode(picture, size))

    def _write(self, kind: str, fill: Callable[[LabelWriter], None]) -> EntryFile:
        path = self._folder / _OWN_NAMES[kind]
        opened: AbstractContextManager[LabelWriter] = open_label_writer(
            path, self._shape_yx, classes=self._classes, pixel_size_um=self._described.pixel_size_um
        )
        with opened as writer:
            fill(writer)
        return self._put(kind, path.name, "image/tiff", path)

    def _write_labels(self, writer: LabelWriter) -> None:
        height, width = self._shape_yx
        held = frozenset(self._labels.keys)
        for top in range(0, height, BAND_PX):
            band_yx = np.zeros((min(BAND_PX, height - top), width), np.uint8)
            for left in range(0, width, BAND_PX):
                key = (top // BAND_PX, left // BAND_PX)
                if key in held:
                    tile_yx = self._labels.tile(key)
                    band_yx[:, left : left + tile_yx.shape[1]] = tile_yx
            writer.write(band_yx)

    def _write_segmentation(self, writer: LabelWriter, small: list[NDArray[np.uint8]]) -> None:
        """Write the rows, and keep those pixels of them that a preview shows."""
        height, width = self._shape_yx
        step = max(1, max(height, width) // PREVIEW_PX)
        for top in range(0, height, BAND_PX):
            band_yx = self._store.read_edited(self._image, top, min(top + BAND_PX, height))
            writer.write(band_yx)
            small.append(band_yx[-top % step :: step, ::step].copy())

    def _put(self, kind: str, name: str, media_type: str, content: Path | bytes) -> EntryFile:
        stored = self._files.put(content)
        return EntryFile(kind, name, media_type, stored.size, stored.sha256)


def _classes(store: ProjectStore, result: ResultInfo | None) -> list[LabelClass]:
    """Return the classes of the result and of the project, whose names count where both have one."""
    by_id: Mapping[int, LabelClass] = {
        entry.id: entry for entry in (*(result.classes if result else ()), *store.classes())
    }
    return [by_id[class_id] for class_id in sorted(by_id)]


def _known(store: ProjectStore, image: int) -> EntryMetadata:
    """Return the metadata that the file tells."""
    size = store.image(image).pixel_size_um
    return EntryMetadata(
        pixel_size=None if size is None else _in_fitting_unit(*size),
        instrument=instrument_of(store.original_file(image)),
    )


def _in_fitting_unit(y_um: float, x_um: float) -> EntryPixelSize:
    if max(y_um, x_um) < 1:
        return EntryPixelSize(_rounded(x_um * 1e3), _rounded(y_um * 1e3), "nm")
    return EntryPixelSize(_rounded(x_um), _rounded(y_um), "um")


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _safe_name(name: str) -> str:
    """Return a file name that every system takes, and that none of the other files has."""
    parted = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f]+', " ", unicodedata.normalize("NFC", name))
    printable = "".join(character for character in parted if unicodedata.category(character)[0] != "C")
    stem, dot, ending = " ".join(printable.split()).strip(". ").rpartition(".")
    kept = f"{stem[:100].strip('. ')}{dot}{ending[:10]}" if stem else ending[:100] or "image"
    return f"original-{kept}" if kept.lower() in _OWN_NAMES.values() else kept
