"""A project of a part of another one's image, with the labels, classes, settings and classifier it had there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sambaseg.durable import replace_durably
from sambaseg.errors import ParameterError
from sambaseg.images.micrograph import Micrograph, count_not_finite
from sambaseg.project.description import MAX_NAME_LENGTH
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore


@dataclass(frozen=True)
class Rectangle:
    """Rows ``top`` to ``bottom`` - 1 and columns ``left`` to ``right`` - 1."""

    top: int
    left: int
    bottom: int
    right: int


def crop_into(
    folder: Path, source: ProjectStore, rectangle: Rectangle, *, name: str | None = None, image: int = 0
) -> None:
    """Make a project in the empty `folder` from the part of an image of `source` in `rectangle`.

    Its original file is a TIFF of that part. Raises ParameterError for a rectangle that is empty or leaves the image,
    and StorageError.
    """
    micrograph = _crop(source.micrograph(image), rectangle)
    view = source.labels()
    original = folder / "part.tif"
    _save(original, micrograph)
    chosen = name or f"{source.description().name[: MAX_NAME_LENGTH - 7]} (part)"
    new = NewImage.of(micrograph, original, name=source.image(image).name)
    ProjectStore.create(folder, [new], name=chosen, classes=view.classes)
    original.unlink()
    part = ProjectStore.open(folder)
    try:
        labels_yx = view.of(image)["labels"].to_array()[_window(rectangle)]
        if labels_yx.any():
            part.import_labels(labels_yx, mode="replace")
        settings, classifier, origin = source.settings(), source.classifier(), source.classifier_source()
        if settings is not None:
            part.set_settings(settings)
        if classifier is not None and origin is not None:
            part.keep_classifier(classifier, source=origin)
    finally:
        part.close()


def _save(path: Path, micrograph: Micrograph) -> None:
    """Save the pixels as a TIFF that reads as this micrograph: kind of pixels, channels, pixel size."""
    import tifffile

    info, pixels_cyx = micrograph.info, micrograph.array()
    several = len(pixels_cyx) > 1
    size = info.pixel_size_um
    if size is not None and 10_000 / min(size) > 2**32 - 1:  # more than the tags can hold
        size = None
    with (
        replace_durably(path) as temporary,
        tifffile.TiffWriter(temporary, bigtiff=pixels_cyx.nbytes > 2**31) as writer,
    ):
        writer.write(
            pixels_cyx if several else pixels_cyx[0],
            photometric="rgb" if info.is_rgb else "minisblack",
            planarconfig="separate" if several else None,
            extrasamples=["unspecified"] * (len(pixels_cyx) - (3 if info.is_rgb else 1)),
            compression="adobe_deflate",
            metadata=None,
            resolution=None if size is None else (10_000 / size[1], 10_000 / size[0]),
            resolutionunit=None if size is None else "centimeter",
        )


def _crop(micrograph: Micrograph, rectangle: Rectangle) -> Micrograph:
    height, width = micrograph.shape_yx
    inside = 0 <= rectangle.top < rectangle.bottom <= height and 0 <= rectangle.left < rectangle.right <= width
    if not inside:
        raise ParameterError(
            f"The rectangle must hold at least one pixel of the image of {height} rows and {width} columns, "
            f"not rows {rectangle.top} to {rectangle.bottom - 1} and columns {rectangle.left} to {rectangle.right - 1}."
        )
    rows, columns = _window(rectangle)
    pixels_cyx = np.array(micrograph.pixels_cyx[:, rows, columns], order="C")
    nan_count, inf_count = count_not_finite(pixels_cyx)
    where = f"rows {rectangle.top} to {rectangle.bottom - 1}, columns {rectangle.left} to {rectangle.right - 1}"
    info = replace(
        micrograph.info,
        file_name=f"{Path(micrograph.info.file_name).stem}.tif",
        format="TIFF",
        width=pixels_cyx.shape[2],
        height=pixels_cyx.shape[1],
        pages=1,
        page=0,
        nan_count=nan_count,
        inf_count=inf_count,
        notes=(*micrograph.info.notes, f"This is a part of {micrograph.info.file_name}: {where}."),
    )
    return Micrograph(pixels_cyx, info)


def _window(rectangle: Rectangle) -> tuple[slice, slice]:
    return slice(rectangle.top, rectangle.bottom), slice(rectangle.left, rectangle.right)
