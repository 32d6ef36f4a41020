"""Files made from all images of a project: a zip that is sent while it is made, a stack, an OME-Zarr.

What cannot be saved is said before the answer begins. After that everything is made piece by piece, in a thread beside
the one that sends, so that a client who goes away ends the work.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from anyio import CancelScope, to_thread
from starlette.responses import Response, StreamingResponse

from sambaseg.errors import NotFoundError, ParameterError
from sambaseg.images.label_values import LabelValues, Values
from sambaseg.images.writing import NamedLabels, open_label_writer, open_plane_writer, write_ome_zarr
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import CancelToken
from sambaseg.project.description import ImageDescription
from sambaseg.project.store import ProjectStore
from sambaseg.server.downloads import (
    as_attachment,
    file_stem,
    image_stem,
    safe_stem,
    write_all_probabilities,
    write_labels,
    write_uncertainty,
)
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
)
from sambaseg.server.export_readme import ImagePart, write_readme
from sambaseg.server.services import Services
from sambaseg.server.uploads import temporary_path
from sambaseg.server.zip_stream import READ_BYTES, Member, stream_zip

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier

Part = Literal["segmentation", "labels", "uncertainty", "probabilities", "classifier"]
Form = Literal["zip", "stack"]
Write = Callable[[Path, CancelToken], None]
IMAGE_PARTS: tuple[ImagePart, ...] = ("segmentation", "labels", "uncertainty", "probabilities")
SECONDS_BETWEEN_LOOKS = 0.2


def everything(store: ProjectStore, services: Services, what: Sequence[Part], form: Form, values: Values) -> Response:
    """Return what is asked for of all images. Raises what keeps it from being made, before anything is.

    NotFoundError where there is nothing of it, ClassifierMismatchError and MemoryBudgetError for probabilities,
    ParameterError for what is no stack.
    """
    return (_stack if form == "stack" else _zip)(_Export.of(store, services, what, values))


def ome_zarr(store: ProjectStore, services: Services, image: int) -> Response:
    """Return a zip of an OME-Zarr of an image, with its labels and its segmentation, as far as there are any."""
    described = store.image(image)
    store.ensure_image(image, wait=False)  # says at once what keeps the image from being read
    labels, classes = [], classes_of_results(store, [image])
    if image in store.labels().labelled_images():
        labels.append(NamedLabels("labels", LabelPixels(store, image), list(store.classes())))
    if store.complete_result(image) is not None:
        labels.append(NamedLabels("segmentation", SegmentationPixels(store, image), classes))

    def write(folder: Path, token: CancelToken) -> None:
        micrograph = store.micrograph(image, stop=lambda: token.cancelled)
        write_ome_zarr(
            folder,
            micrograph.pixels_cyx,
            micrograph.info,
            labels=labels,
            pixel_size_um=described.pixel_size_um,
            threads=services.settings.threads,
            progress=lambda _: token.raise_if_cancelled(),
        )

    stem = file_stem(store, image)

    def members() -> Iterator[Member | None]:
        folder = yield from _made(services, write, ".zarr")
        try:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                yield Member(f"{stem}.ome.zarr/{path.relative_to(folder).as_posix()}", path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return _streamed(stream_zip(members()), f"{stem}.ome.zarr.zip", "application/zip")


@dataclass(frozen=True)
class _Export:
    """What is to be saved, and of which images each part is there."""

    store: ProjectStore
    services: Services
    parts: dict[ImagePart, list[ImageDescription]]
    with_classifier: bool
    classes: list[LabelClass]
    values: Values
    classifier: Classifier | None
    threads: int

    @classmethod
    def of(cls, store: ProjectStore, services: Services, what: Sequence[Part], values: Values) -> _Export:
        """Look what there is. Raises as `everything` does."""
        images = store.description().images
        labelled = frozenset(store.labels().labelled_images())
        segmented = frozenset(image.id for image in images if store.complete_result(image.id) is not None)
        wanted = {
            "segmentation": [image for image in images if image.id in segmented],
            "labels": [image for image in images if image.id in labelled],
            "uncertainty": [image for image in images if image.id in segmented],
            "probabilities": list(images),
        }
        parts = {part: wanted[part] for part in IMAGE_PARTS if part in what}
        classes = classes_of_results(store, sorted(segmented))
        LabelValues(classes, values)
        classifier, threads = None, 1
        if "probabilities" in what:
            classifier = classifier_for(store, [image.id for image in images])
            threads = threads_for_probabilities(classifier, services.settings)
        elif store.classifier_file() is not None:
            classifier = store.classifier()
        elif what == ("classifier",):
            raise no_classifier()
        with_classifier = "classifier" in what and classifier is not None
        if not with_classifier and not any(parts.values()):
            raise NotFoundError(
                "There is nothing of this to save yet.", hint="Label, train, or apply the classifier to all images."
            )
        return cls(store, services, parts, with_classifier, classes, values, classifier, threads)

    def write_part(self, part: ImagePart, image: int) -> Write:
        """Return what writes one file."""
        store = self.store
        if part == "probabilities":
            return partial(self._write_probabilities, image)
        if part == "uncertainty":
            return partial(write_uncertainty, store, image, UncertaintyPixels(store, image))
        pixels = SegmentationPixels(store, image) if part == "segmentation" else LabelPixels(store, image)
        return partial(write_labels, store, image, pixels, self.classes, self.values)

    def _write_probabilities(self, image: int, path: Path, token: CancelToken) -> None:
        if self.classifier is None:
            raise no_classifier()
        self.services.kernels.wait(stop=lambda: token.cancelled)
        write_all_probabilities(self.store, image, self.classifier, self.threads, path, token)


def project_members(
    store: ProjectStore, services: Services, what: Sequence[Part], folder: str
) -> Iterator[Member | None]:
    """Yield the files of a zip of `everything` under `folder`. Raises as `everything` does."""
    yield from _members(_Export.of(store, services, what, "ids"), folder)


def streamed_zip(members: Iterable[Member | None], name: str) -> Response:
    """Return a zip called `name` that is sent while it is made."""
    return _streamed(stream_zip(members), name, "application/zip")


def _zip(export: _Export) -> Response:
    return streamed_zip(_members(export), f"{safe_stem(export.store.description().name)}.zip")


def _members(export: _Export, folder: str = "") -> Iterator[Member | None]:
    store, description = export.store, export.store.description()
    stems = _unique_stems(description.images)
    folders = {part: {image.id: f"{stems[image.id]}.tif" for image in images} for part, images in export.parts.items()}
    missing = {
        part: [image.name for image in description.images if image.id not in folders[part]] for part in export.parts
    }
    results = {image: store.complete_result(image) for image in folders.get("segmentation", ())}
    readme = write_readme(
        description,
        classes=export.classes,
        values=export.values,
        classifier=export.classifier,
        with_classifier=export.with_classifier,
        folders=folders,
        missing=missing,
        cleaned={image: result.cleaning for image, result in results.items() if result is not None},
    )
    yield Member(f"{folder}README.txt", readme.encode())
    classifier_file = store.classifier_file()
    if export.with_classifier and classifier_file is not None:
        yield Member(f"{folder}classifier.sambaseg", classifier_file)
    for part, files in folders.items():
        for image, name in files.items():
            path = yield from _made(export.services, export.write_part(part, image), ".tif")
            yield Member(f"{folder}{part}/{name}", path, temporary=True)


def _stack(export: _Export) -> Response:
    """Return one TIFF with a page an image. Raises ParameterError where that cannot be, NotFoundError."""
    part, images = _stackable(export)
    store, height, width = export.store, images[0].height, images[0].width
    names, size = [image.name for image in images], images[0].pixel_size_um

    def write(path: Path, token: CancelToken) -> None:
        if part == "uncertainty":
            with open_plane_writer(
                path, (height, width), np.uint8, names=names, pixel_size_um=size, extra=UNCERTAINTY_SCALE
            ) as planes:
                for page, image in enumerate(images):
                    for band_yx in bands_of(UncertaintyPixels(store, image.id), token):
                        planes.write(band_yx, page=page)
            return
        with open_label_writer(
            path,
            (height, width),
            classes=export.classes,
            pages=len(images),
            page_names=names,
            pixel_size_um=size,
            values=export.values,
            extra={"images": names},
        ) as writer:
            layer = SegmentationPixels if part == "segmentation" else LabelPixels
            for page, image in enumerate(images):
                for band_yx in bands_of(layer(store, image.id), token):
                    writer.write(band_yx, page=page)

    def content() -> Generator[bytes]:
        path = yield from _as_bytes(_made(export.services, write, ".tif"))
        try:
            with path.open("rb") as file:
                while block := file.read(READ_BYTES):
                    yield block
        finally:
            path.unlink(missing_ok=True)

    return _streamed(content(), f"{safe_stem(store.description().name)} {part}.tif", "image/tiff")


def _stackable(export: _Export) -> tuple[ImagePart, Sequence[ImageDescription]]:
    """Return the one part and all images, where they make a stack. Raises ParameterError and NotFoundError."""
    images = export.store.description().images
    if len(export.parts) != 1 or export.with_classifier or "probabilities" in export.parts:
        raise ParameterError(
            "A stack holds one of segmentation, labels and uncertainty, a page an image.",
            hint="Ask for one of them, or for a zip.",
        )
    part, there = next(iter(export.parts.items()))
    if len({(image.height, image.width) for image in images}) > 1:
        raise ParameterError("Images of different sizes make no stack.", hint="Ask for a zip.")
    missing = len(images) - len(there)
    if part != "labels" and missing:
        raise NotFoundError(
            f"{missing} of {len(images)} images {'has' if missing == 1 else 'have'} no segmentation yet.",
            hint="Apply the classifier to all images first, or ask for a zip.",
        )
    return part, images


def _made(services: Services, write: Write, suffix: str) -> Generator[None, None, Path]:
    """Let `write` make a file or folder in a thread; yield now and then, and return it. Leaves nothing when closed."""
    path, token = temporary_path(services.temporary_folder, suffix), CancelToken()
    with ThreadPoolExecutor(1, thread_name_prefix="export") as pool:
        writing = pool.submit(write, path, token)
        try:
            while not wait([writing], SECONDS_BETWEEN_LOOKS).done:
                yield None
            writing.result()
        except BaseException:
            token.cancel()
            wait([writing])
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
            raise
    return path


def _as_bytes(making: Generator[None, None, Path]) -> Generator[bytes, None, Path]:
    """Turn "not yet" into nothing to send."""
    while True:
        try:
            next(making)
        except StopIteration as made:
            path: Path = made.value
            return path
        try:
            yield b""
        except GeneratorExit:
            making.close()
            raise


def _unique_stems(images: Iterable[ImageDescription]) -> dict[int, str]:
    """Return for each image the beginning of its files' names; no two are alike, whatever the case."""
    stems: dict[int, str] = {}
    used: set[str] = set()
    for image in images:
        wanted = safe_stem(image_stem(image.name, digits=len(str(image.pages))))
        stem, number = wanted, 1
        while stem.casefold() in used:
            number += 1
            stem = f"{wanted} ({number})"
        used.add(stem.casefold())
        stems[image.id] = stem
    return stems


def _streamed(content: Generator[bytes], name: str, media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": as_attachment(name)}
    return StreamingResponse(_in_threads(content), media_type=media_type, headers=headers)


async def _in_threads(content: Generator[bytes]) -> AsyncIterator[bytes]:
    """Yield what a generator makes; it runs, and is closed where the client goes away, beside the event loop."""
    try:
        while (part := await to_thread.run_sync(next, content, None)) is not None:
            yield part
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(content.close)
