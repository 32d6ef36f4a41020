"""Saved segmentations, labels and planes: deflate TIFF that other programs open.

The description of the image (tag ImageDescription) is JSON: what the values mean, the classes with ids, names and
colours, the pixel size. The resolution tags say the pixel size in centimetres, as the TIFF standard has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sambaseg.durable import replace_durably
from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.micrograph import PixelSize
from sambaseg.version import __version__

Values = Literal["ids", "spread"]
_CLASSIC_TIFF_BYTES = 2**32 - 2**25
_LARGEST_RATIONAL = 2**32 - 1


class NamedClass(Protocol):
    """What a class needs so that it can be written into a file."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def colour(self) -> str: ...


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

    `values` "ids" writes the ids in the smallest unsigned integers that hold them; "spread" writes 8-bit grey values
    spread evenly, round(255 * rank / count) with rank 1 for the smallest id, so that classes can be told apart in any
    viewer. `extra` is added to the description. Raises ParameterError for ids that are not in `classes` or for more
    than 255 classes to spread, and StorageError where the file cannot be written; then nothing changed at `path`.
    """
    value_of_id = _value_of_id(classes, values)
    written_yx = _with_values(classes_yx, value_of_id)
    entries = [{"id": c.id, "name": c.name, "colour": c.colour, "value": value_of_id[c.id]} for c in classes]
    description = {"kind": "labels", "values": values, "classes": entries, **(extra or {})}
    _save(path, written_yx[np.newaxis], description=description, pixel_size_um=pixel_size_um)


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


def smallest_label_dtype(largest_id: int) -> np.dtype[Any]:
    """Return the smallest unsigned integer type that holds `largest_id`."""
    return np.min_scalar_type(max(largest_id, 1))


def _value_of_id(classes: Sequence[NamedClass], values: Values) -> dict[int, int]:
    """Return the grey value that stands for each class id."""
    ids = sorted({entry.id for entry in classes})
    if values == "ids":
        return {class_id: class_id for class_id in ids}
    if len(ids) > 255:
        raise ParameterError(
            f"{len(ids)} classes cannot be spread over the grey values 1 to 255.", hint="Save class ids instead."
        )
    return {class_id: (2 * 255 * rank + len(ids)) // (2 * len(ids)) for rank, class_id in enumerate(ids, start=1)}


def _with_values(classes_yx: NDArray[Any], value_of_id: Mapping[int, int]) -> NDArray[Any]:
    """Return the ids replaced by their values, in the smallest unsigned integers."""
    ids = np.array(sorted({0, *value_of_id}), dtype=np.int64)
    values = np.array([value_of_id.get(int(class_id), 0) for class_id in ids])
    written = values.astype(smallest_label_dtype(int(values.max())))
    position = np.searchsorted(ids, classes_yx)
    position[position == len(ids)] = 0
    unknown = ids[position] != classes_yx
    if unknown.any():
        raise ParameterError(
            f"The class id {classes_yx[unknown][0]} in the image is not among the classes {[int(i) for i in ids[1:]]}."
        )
    return np.asarray(written[position])


def _save(
    path: Path, planes_cyx: NDArray[Any], *, description: Mapping[str, Any], pixel_size_um: PixelSize | None
) -> None:
    """Write the planes as pages, read them back, and only then let the file take its place."""
    import tifffile

    size = None if pixel_size_um is None else list(pixel_size_um)
    text = json.dumps({"sambaseg": __version__, **description, "pixel_size_um": size})
    with replace_durably(path) as temporary:
        with tifffile.TiffWriter(temporary, bigtiff=planes_cyx.nbytes > _CLASSIC_TIFF_BYTES) as writer:
            for index, plane_yx in enumerate(planes_cyx):
                writer.write(
                    plane_yx,
                    photometric="minisblack",
                    compression="adobe_deflate",
                    metadata=None,
                    description=text if index == 0 else None,
                    software=f"sambaseg {__version__}" if index == 0 else False,
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
    """Return tifffile's arguments for pixels per centimetre along x and y; none where the tags cannot hold them."""
    if pixel_size_um is None or 10_000 / min(pixel_size_um) > _LARGEST_RATIONAL:
        return {}
    per_cm_x, per_cm_y = (_rational(10_000 / size) for size in reversed(pixel_size_um))
    return {"resolution": (per_cm_x, per_cm_y), "resolutionunit": "centimeter"}


def _rational(value: float) -> tuple[int, int]:
    """Return numerator and denominator of at most 32 bits for a positive number."""
    if value >= 1:
        fraction = Fraction(value).limit_denominator(max(1, int(_LARGEST_RATIONAL / value)))
        return min(fraction.numerator, _LARGEST_RATIONAL), fraction.denominator
    denominator, numerator = _rational(1 / value)
    return numerator, denominator
