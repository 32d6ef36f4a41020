"""Saving images that are never whole in memory: label images and planes as tiled TIFF, or all of it as OME-Zarr."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import DTypeLike, NDArray

from sambaseg.durable import sync_folder
from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.inspection import Pairs
from sambaseg.images.label_values import LabelValues, NamedClass, Values
from sambaseg.images.layer_building import fill_layer
from sambaseg.images.micrograph import ImageInfo, PixelSize
from sambaseg.images.pixels import Pixels
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.tiff_writer import TiffWriter as TiffWriter
from sambaseg.images.tiff_writer import open_tiff_writer as open_tiff_writer
from sambaseg.images.zarr_metadata import write_metadata

_RGB = ("FF0000", "00FF00", "0000FF")


class LabelWriter:
    """Takes class ids, 0 where there is none, in tiles or bands as `TiffWriter` does."""

    def __init__(self, writer: TiffWriter, numbers: LabelValues) -> None:
        self._writer, self._numbers = writer, numbers

    def write_tile(self, ty: int, tx: int, classes_yx: NDArray[Any], *, page: int = 0) -> None:
        """Write one tile (h, w) of ids, from any thread. Raises ParameterError for unknown ids."""
        self._writer.write_tile(ty, tx, self._numbers.of(classes_yx), page=page)

    def write(self, classes_yx: NDArray[Any], *, page: int = 0) -> None:
        """Write the next rows (h, W) of ids of a page. Raises ParameterError for unknown ids."""
        self._writer.write(self._numbers.of(classes_yx), page=page)


@contextlib.contextmanager
def open_label_writer(
    path: Path,
    shape_yx: tuple[int, int],
    *,
    classes: Sequence[NamedClass],
    pages: int = 1,
    page_names: Sequence[str] = (),
    pixel_size_um: PixelSize | None = None,
    values: Values = "ids",
    extra: Mapping[str, Any] | None = None,
) -> Iterator[LabelWriter]:
    """Yield a writer for a file as `save_label_image` makes it, of one page or of several of the same size.

    Raises as `save_label_image` and `open_tiff_writer` do.
    """
    numbers = LabelValues(classes, values)
    with open_tiff_writer(
        path,
        shape_yx,
        numbers.dtype,
        pages=pages,
        description=numbers.description(extra),
        page_names=page_names,
        pixel_size_um=pixel_size_um,
    ) as writer:
        yield LabelWriter(writer, numbers)


@contextlib.contextmanager
def open_plane_writer(
    path: Path,
    shape_yx: tuple[int, int],
    dtype: DTypeLike,
    *,
    names: Sequence[str],
    pixel_size_um: PixelSize | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Iterator[TiffWriter]:
    """Yield a writer for a file as `save_planes` makes it: one page for each of `names`.

    Raises as `open_tiff_writer` does.
    """
    with open_tiff_writer(
        path,
        shape_yx,
        dtype,
        pages=len(names),
        description={"kind": "planes", "names": list(names), **(extra or {})},
        page_names=names,
        pixel_size_um=pixel_size_um,
    ) as writer:
        yield writer


@dataclass(frozen=True)
class NamedLabels:
    """Labels of an image for an OME-Zarr: class ids (1, H, W), unsigned integers, and their classes."""

    name: str
    pixels_cyx: Pixels
    classes: Sequence[NamedClass]


def write_ome_zarr(
    folder: Path,
    pixels_cyx: Pixels,
    info: ImageInfo,
    *,
    labels: Sequence[NamedLabels] = (),
    pixel_size_um: PixelSize | None = None,
    threads: int = 1,
    progress: Callable[[float], None] = lambda _: None,
) -> None:
    """Save an image with its labels as an OME-Zarr 0.5 at `folder`, with all coarser levels.

    Colours and names of the classes are kept as "image-label" metadata. `progress` is called with the share that is
    done. Raises ParameterError for labels of another size, and StorageError where there is something at `folder`
    already or it cannot be written; then nothing is left there.
    """
    for entry in labels:
        if tuple(entry.pixels_cyx.shape) != (1, *pixels_cyx.shape[1:]):
            raise ParameterError(f"The labels {entry.name} have not the size of the image.")
    if folder.exists():
        raise StorageError(f"There is something at {folder} already.", hint="Choose another name.")
    temporary = folder.with_name(f".{folder.name[:40]}.{secrets.token_hex(8)}.part")
    parts = 1 + len(labels)

    def part(number: int) -> Callable[[float], None]:
        return lambda share: progress((number + share) / parts)

    try:
        _write_image(temporary, pixels_cyx, info, pixel_size_um, threads, part(0))
        for number, entry in enumerate(labels, start=1):
            _write_labels(temporary / "labels" / entry.name, entry, pixel_size_um, threads, part(number))
        if labels:
            attributes = {"ome": {"version": "0.5", "labels": [entry.name for entry in labels]}}
            write_metadata(temporary / "labels", {"zarr_format": 3, "node_type": "group", "attributes": attributes})
        temporary.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise StorageError(
            f"{folder.name} could not be saved in {folder.parent}: {error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_image(
    folder: Path,
    pixels_cyx: Pixels,
    info: ImageInfo,
    pixel_size_um: PixelSize | None,
    threads: int,
    progress: Callable[[float], None],
) -> None:
    channels, height, width = pixels_cyx.shape
    layer = TileLayer.create(
        folder, (channels, height, width), pixels_cyx.dtype, pixel_size_um=pixel_size_um, name=info.file_name
    )
    facts = fill_layer(layer, pixels_cyx, threads=threads, progress=progress)
    layer.describe({"omero": _shown(info, facts.contrast, facts.value_range)})
    layer.flush()


def _write_labels(
    folder: Path, labels: NamedLabels, pixel_size_um: PixelSize | None, threads: int, progress: Callable[[float], None]
) -> None:
    _, height, width = labels.pixels_cyx.shape
    colours = [{"label-value": entry.id, "rgba": [*bytes.fromhex(entry.colour[1:]), 255]} for entry in labels.classes]
    named = [{"label-value": entry.id, "name": entry.name} for entry in labels.classes]
    meaning = {"image-label": {"colors": colours, "properties": named, "source": {"image": "../../"}}}
    layer = TileLayer.create(
        folder,
        (1, height, width),
        labels.pixels_cyx.dtype,
        "label",
        pixel_size_um=pixel_size_um,
        name=labels.name,
        extra=meaning,
    )
    fill_layer(layer, labels.pixels_cyx, threads=threads, progress=progress)
    layer.flush()


def _shown(info: ImageInfo, contrast: Pairs, value_range: Pairs) -> dict[str, Any]:
    """Return how a viewer should show the channels, as OMERO says it."""
    colours = _RGB if info.is_rgb else ("FFFFFF",) * info.channels
    channels = [
        {
            "label": name,
            "color": colour,
            "active": True,
            "window": {"start": shown[0], "end": shown[1], "min": occurring[0], "max": occurring[1]},
        }
        for name, colour, shown, occurring in zip(info.channel_names, colours, contrast, value_range, strict=True)
    ]
    return {"channels": channels, "rdefs": {"model": "color" if info.is_rgb else "greyscale"}}
