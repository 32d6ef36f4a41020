"""Files made from one image to be saved: named after it, built beside the projects, gone after they were sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from sambaseg.images.label_values import Values
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.writing import open_label_writer, open_plane_writer
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import CancelToken
from sambaseg.project.store import ProjectStore
from sambaseg.server.export_bands import (
    UNCERTAINTY_SCALE,
    LabelPixels,
    SegmentationPixels,
    UncertaintyPixels,
    bands_of,
    classes_of_results,
    classifier_for,
    no_classifier,
    threads_for_probabilities,
    write_probabilities,
)
from sambaseg.server.services import Services
from sambaseg.server.uploads import temporary_path

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

LONGEST_STEM = 100
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_ENDING = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,5}$")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def safe_stem(name: str) -> str:
    """Return a project's name as the beginning of a file name that every system takes."""
    parted = _NOT_IN_NAMES.sub(" ", unicodedata.normalize("NFC", name))
    printable = "".join(character for character in parted if unicodedata.category(character)[0] != "C")
    stem = " ".join(printable.split()).strip(". ")[:LONGEST_STEM].strip(". ")
    return "project" if not stem or _RESERVED.fullmatch(stem) else stem


def as_attachment(name: str) -> str:
    """Return a Content-Disposition for a file name without quotes: in ASCII, and whole as RFC 8187 has it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip() or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def segmentation(store: ProjectStore, services: Services, image: int, values: Values) -> Response:
    """Return the newest complete segmentation of an image with the edits applied. Raises NotFoundError."""
    pixels, classes = SegmentationPixels(store, image), classes_of_results(store, [image])
    return _built(store, services, image, partial(write_labels, store, image, pixels, classes, values), "segmentation")


def labels(store: ProjectStore, services: Services, image: int, values: Values) -> Response:
    """Return the labels of an image."""
    write = partial(write_labels, store, image, LabelPixels(store, image), list(store.classes()), values)
    return _built(store, services, image, write, "labels")


def uncertainty(store: ProjectStore, services: Services, image: int) -> Response:
    """Return the uncertainty of an image's newest complete result. Raises NotFoundError."""
    write = partial(write_uncertainty, store, image, UncertaintyPixels(store, image))
    return _built(store, services, image, write, "uncertainty")


def probabilities(store: ProjectStore, services: Services, image: int) -> Response:
    """Compute and return the class probabilities of a whole image.

    Raises NotFoundError without a classifier, ClassifierMismatchError, and MemoryBudgetError before anything begins.
    """
    classifier = classifier_for(store, [image])
    threads = threads_for_probabilities(classifier, services.settings)
    services.kernels.wait(stop=lambda: False)
    write = partial(write_all_probabilities, store, image, classifier, threads)
    return _built(store, services, image, write, "probabilities")


def classifier(store: ProjectStore) -> Response:
    """Return the project's classifier file. Raises NotFoundError."""
    path = store.classifier_file()
    if path is None:
        raise no_classifier()
    return sent(path, f"{safe_stem(store.description().name)} classifier.sambaseg", "application/zip")


def write_labels(
    store: ProjectStore,
    image: int,
    pixels: RegionPixels,
    classes: Sequence[LabelClass],
    values: Values,
    path: Path,
    cancelled: CancelToken,
) -> None:
    """Write class ids of an image as a TIFF. Raises StorageError and CancelledError."""
    described = store.image(image)
    with open_label_writer(
        path,
        (described.height, described.width),
        classes=classes,
        pixel_size_um=described.pixel_size_um,
        values=values,
        extra={"image": described.name},
    ) as writer:
        for band_yx in bands_of(pixels, cancelled):
            writer.write(band_yx)


def write_uncertainty(
    store: ProjectStore, image: int, pixels: RegionPixels, path: Path, cancelled: CancelToken
) -> None:
    """Write the uncertainty of an image as a TIFF. Raises StorageError and CancelledError."""
    described = store.image(image)
    with open_plane_writer(
        path,
        (described.height, described.width),
        np.uint8,
        names=["uncertainty"],
        pixel_size_um=described.pixel_size_um,
        extra={"image": described.name, **UNCERTAINTY_SCALE},
    ) as writer:
        for band_yx in bands_of(pixels, cancelled):
            writer.write(band_yx)


def write_all_probabilities(
    store: ProjectStore, image: int, classifier: Classifier, threads: int, path: Path, cancelled: CancelToken
) -> None:
    """Compute the probabilities of an image and write them as a TIFF, one page a class. Raises as that does."""
    described = store.image(image)
    with open_plane_writer(
        path,
        (described.height, described.width),
        np.float32,
        names=[entry.name for entry in classifier.classes],
        pixel_size_um=described.pixel_size_um,
        extra={"image": described.name, "class_ids": [entry.id for entry in classifier.classes]},
    ) as writer:
        write_probabilities(writer, store, image, classifier, threads=threads, cancelled=cancelled)


def file_stem(store: ProjectStore, image: int) -> str:
    """Return the beginning of the name of a file that is made of one image: the project, and which of several."""
    description = store.description()
    if description.kind == "single":
        return safe_stem(description.name)
    return safe_stem(f"{description.name} {image_stem(store.image(image).name)}")


def image_stem(name: str, *, digits: int = 1) -> str:
    """Return the name of an image without the ending of its file: "a.tif · 12" as "a 0012" where 4 digits are asked."""
    file_name, _, page = name.rpartition(" · ")
    if file_name and page.isdecimal():
        return f"{_ENDING.sub('', file_name)} {page.zfill(digits)}"
    return _ENDING.sub("", name)


def sent(path: Path, name: str, media_type: str, afterwards: BackgroundTask | None = None) -> Response:
    """Return the answer that sends a file under a name."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": as_attachment(name)}
    return FileResponse(path, media_type=media_type, headers=headers, background=afterwards)


def _built(
    store: ProjectStore, services: Services, image: int, write: Callable[[Path, CancelToken], None], ending: str
) -> Response:
    """Let `write` write a file, and send it."""
    path = temporary_path(services.temporary_folder, ".tif")
    try:
        write(path, CancelToken())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    name = f"{file_stem(store, image)} {ending}.tif"
    return sent(path, name, "image/tiff", BackgroundTask(path.unlink, missing_ok=True))
