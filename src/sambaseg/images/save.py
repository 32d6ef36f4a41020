"""Saved segmentations, labels and planes: deflate TIFF that other programs open.

The description of the image (tag ImageDescription) is JSON: what the values mean, the classes with ids, names and
colours, the pixel size. The resolution tags say the pixel size in centimetres, as the TIFF standard has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.label_values import LabelValues, NamedClass, Values, grey_values, smallest_label_dtype
from sambaseg.images.micrograph import PixelSize
from sambaseg.images.tiff_description import described, resolution, software

__all__ = ["NamedClass", "Values", "grey_values", "save_label_image", "save_planes", "smallest_label_dtype"]

_CLASSIC_TIFF_BYTES = 2**32 - 2**25


def save_label_image(
    path: Path,
    classes_yx: NDArray[Any],
    *,
    classes: Sequence[NamedClass],
    pixel_size_um: PixelSize | None = None,
    values: Values = "ids",
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Save class ids (H, W), 0 where there is none, as a grey TIFF with the classes in its description.

    `values` are those of `LabelValues`; `extra` is added to the description. Raises ParameterError for ids that are not
    in `classes` or for more than 255 classes to spread, and StorageError where the file cannot be written; then nothing
    changed at `path`.
    """
    numbers = LabelValues(classes, values)
    written_yx = numbers.of(classes_yx)
    _save(path, written_yx[np.newaxis], description=numbers.description(extra), pixel_size_um=pixel_size_um)


def save_planes(
    path: Path,
    planes_cyx: NDArray[Any],
    *,
    names: Sequence[str],
    pixel_size_um: PixelSize | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Save planes (C, H, W), such as probabilities or features, one TIFF page each, with their names.

    Raises ParameterError where names and planes do not fit, and StorageError where the file cannot be written.
    """
    if len(names) != len(planes_cyx):
        raise ParameterError(f"{len(planes_cyx)} planes need as many names, not {len(names)}.")
    description = {"kind": "planes", "names": list(names), **(extra or {})}
    _save(path, planes_cyx, description=description, pixel_size_um=pixel_size_um)


def _save(
    path: Path, planes_cyx: NDArray[Any], *, description: Mapping[str, Any], pixel_size_um: PixelSize | None
) -> None:
    """Write the planes as pages, read them back, and only then let the file take its place."""
    import tifffile

    text = described(description, pixel_size_um)
    with replace_durably(path) as temporary:
        with tifffile.TiffWriter(temporary, bigtiff=planes_cyx.nbytes > _CLASSIC_TIFF_BYTES) as writer:
            for index, plane_yx in enumerate(planes_cyx):
                writer.write(
                    plane_yx,
                    photometric="minisblack",
                    compression="adobe_deflate",
                    metadata=None,
                    description=text if index == 0 else None,
                    software=software() if index == 0 else False,
                    **_resolution(pixel_size_um),
                )
        with tifffile.TiffFile(temporary) as written:
            same = len(written.pages) == len(planes_cyx) and all(
                np.array_equal(page.asarray(), plane_yx, equal_nan=plane_yx.dtype.kind == "f")
                for page, plane_yx in zip(written.pages, planes_cyx, strict=True)
            )
        if not same:
            raise StorageError(f"{path.name} was not saved: what was written could not be read back.")


def _resolution(pixel_size_um: PixelSize | None) -> dict[str, Any]:
    """Return tifffile's arguments for pixels per centimetre; none where the tags cannot hold them."""
    stated = resolution(pixel_size_um)
    return {} if stated is None else {"resolution": stated, "resolutionunit": "centimeter"}
