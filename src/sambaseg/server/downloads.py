"""Files made from a project to be saved: named after it, built beside the projects, gone after they were sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from sambaseg.errors import NotFoundError
from sambaseg.images.save import Values, save_label_image, save_planes
from sambaseg.labels.classes import LabelClass
from sambaseg.project.results import ResultInfo
from sambaseg.project.store import ProjectStore
from sambaseg.server.services import Services
from sambaseg.server.uploads import temporary_path

LONGEST_STEM = 100
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
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


def segmentation(store: ProjectStore, services: Services, values: Values) -> Response:
    """Return the newest complete segmentation with the edits applied. Raises NotFoundError."""
    result = _complete_result(store)

    def build(path: Path) -> None:
        save_label_image(
            path,
            store.edited_segmentation(),
            classes=_classes_with(store, result),
            pixel_size_um=store.description().image.pixel_size_um,
            values=values,
        )

    return _built(store, services, build, "segmentation.tif")


def labels(store: ProjectStore, services: Services, values: Values) -> Response:
    """Return the labels."""

    def build(path: Path) -> None:
        labels_yx, classes = store.labels_array(), store.classes()
        size = store.description().image.pixel_size_um
        save_label_image(path, labels_yx, classes=classes, pixel_size_um=size, values=values)

    return _built(store, services, build, "labels.tif")


def uncertainty(store: ProjectStore, services: Services) -> Response:
    """Return the newest complete result's uncertainty. Raises NotFoundError."""
    _complete_result(store)

    def build(path: Path) -> None:
        save_planes(
            path,
            store.uncertainty_array()[None],
            names=["uncertainty"],
            pixel_size_um=store.description().image.pixel_size_um,
            extra={"scale": "255 = 1.0"},
        )

    return _built(store, services, build, "uncertainty.tif")


def probabilities(store: ProjectStore, services: Services) -> Response:
    """Compute and return the class probabilities of the whole image. Raises NotFoundError without a classifier."""
    from sambaseg.pipeline.apply import segment

    classifier = store.classifier()
    if classifier is None:
        raise _no_classifier()
    services.kernels.wait(stop=lambda: False)

    def build(path: Path) -> None:
        computed = segment(classifier, store.micrograph(), threads=services.settings.threads)
        assert computed.probabilities_kyx is not None
        save_planes(
            path,
            computed.probabilities_kyx,
            names=[entry.name for entry in classifier.classes],
            pixel_size_um=store.description().image.pixel_size_um,
            extra={"class_ids": list(computed.class_ids)},
        )

    return _built(store, services, build, "probabilities.tif")


def classifier(store: ProjectStore) -> Response:
    """Return the project's classifier file. Raises NotFoundError."""
    path = store.classifier_file()
    if path is None:
        raise _no_classifier()
    return _sent(path, store, "classifier.sambaseg", "application/zip")


def _complete_result(store: ProjectStore) -> ResultInfo:
    result = store.complete_result()
    if result is None:
        raise NotFoundError("This project has no segmentation yet.", hint="Train first, then save.")
    return result


def _classes_with(store: ProjectStore, result: ResultInfo) -> list[LabelClass]:
    """Return the classes of a result and of the project, which edits may use; today's names count."""
    by_id = {entry.id: entry for entry in (*result.classes, *store.classes())}
    return [by_id[class_id] for class_id in sorted(by_id)]


def _built(store: ProjectStore, services: Services, build: Callable[[Path], None], ending: str) -> Response:
    """Let `build` write a file, and send it."""
    path = temporary_path(services.temporary_folder, Path(ending).suffix)
    try:
        build(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return _sent(path, store, ending, "image/tiff", BackgroundTask(path.unlink, missing_ok=True))


def _sent(
    path: Path, store: ProjectStore, ending: str, media_type: str, afterwards: BackgroundTask | None = None
) -> Response:
    name = f"{safe_stem(store.description().name)} {ending}"
    headers = {"Cache-Control": "no-store", "Content-Disposition": as_attachment(name)}
    return FileResponse(path, media_type=media_type, headers=headers, background=afterwards)


def _no_classifier() -> NotFoundError:
    return NotFoundError("This project has no classifier yet.", hint="Train one, or load a classifier file.")
