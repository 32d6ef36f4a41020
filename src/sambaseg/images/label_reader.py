"""Labels from an image file: whole numbers as they are stored, 0 where nothing is labelled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import LabelsFileError, LabelsSizeMismatchError
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.reader import DEFAULT_LIMITS, open_source

_LARGEST_ID = 2**31 - 1
_LONGEST_NAME = 80
_DESCRIPTION_START = '{"sambaseg"'


def read_labels(
    path: Path,
    shape_yx: tuple[int, int] | None = None,
    *,
    page: int = 0,
    limits: ReadLimits = DEFAULT_LIMITS,
    largest_id: int = _LARGEST_ID,
    file_name: str | None = None,
) -> NDArray[np.int32]:
    """Return the class ids (H, W) of a label image; ids stay as they are, {2, 4} stays {2, 4}.

    Palette images give their indices, 1-bit images 0 and 1; three equal channels count as one. A file that
    `save_label_image` wrote with spread values gives its ids. `shape_yx` is the size that the labels must have,
    `largest_id` the largest id that may occur.
    Raises LabelsFileError for numbers that are no class ids, LabelsSizeMismatchError for another size than `shape_yx`,
    and as `read_image` does.
    """
    name = file_name or path.name
    with open_source(path, limits, file_name) as source:
        info = source.info(page)
        if shape_yx is not None and (info.height, info.width) != tuple(shape_yx):
            raise LabelsSizeMismatchError(
                f"The labels in {name} have {info.width} by {info.height} pixels, "
                f"but the image has {shape_yx[1]} by {shape_yx[0]}.",
                hint="Labels must have the size of the image they belong to.",
            )
        stored_syx = source.indices(page)
        description = source.description()
    labels_yx = _as_ids(_single(stored_syx, name), name, largest_id)
    return _ids_of_values(labels_yx, description)


def _single(stored_syx: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the one plane of labels. Raises LabelsFileError where channels differ."""
    first = stored_syx[0]
    if any(not np.array_equal(first, other) for other in stored_syx[1:]):
        raise LabelsFileError(
            f"{name} has {len(stored_syx)} different channels; labels are one whole number a pixel.",
            hint="Save the labels as a grey or indexed image, not as a coloured picture.",
        )
    return np.asarray(first)


def _as_ids(stored_yx: NDArray[Any], name: str, largest_id: int) -> NDArray[np.int32]:
    if stored_yx.dtype.kind not in "bui":
        raise LabelsFileError(
            f"{name} holds {stored_yx.dtype} numbers; labels are whole numbers.",
            hint="Save the labels as 8- or 16-bit integers.",
        )
    lowest, highest = int(stored_yx.min()), int(stored_yx.max())
    if lowest < 0 or highest > largest_id:
        raise LabelsFileError(
            f"{name} holds the number {lowest if lowest < 0 else highest}; class ids go from 1 to {largest_id}, "
            "and 0 means not labelled."
        )
    return stored_yx.astype(np.int32)


def _ids_of_values(labels_yx: NDArray[np.int32], description: str) -> NDArray[np.int32]:
    """Return the ids for the grey values of a file of this program that was saved with spread values."""
    if not description.startswith(_DESCRIPTION_START):
        return labels_yx
    try:
        described = json.loads(description)
        if described.get("values") != "spread":
            return labels_yx
        id_of_value = {int(entry["value"]): int(entry["id"]) for entry in described["classes"]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return labels_yx
    values, positions = np.unique(labels_yx, return_inverse=True)
    ids = np.array([id_of_value.get(int(value), int(value)) for value in values], dtype=np.int32)
    return ids[positions].reshape(labels_yx.shape)


@dataclass(frozen=True)
class SavedClass:
    """A class as the description of a saved label image names it."""

    id: int
    name: str
    colour: str


def read_label_classes(
    path: Path, *, limits: ReadLimits = DEFAULT_LIMITS, file_name: str | None = None
) -> tuple[SavedClass, ...]:
    """Return the classes that `save_label_image` wrote into a file; none for files of other programs.

    Raises as `read_image` does.
    """
    with open_source(path, limits, file_name) as source:
        description = source.description()
    if not description.startswith(_DESCRIPTION_START):
        return ()
    try:
        return tuple(_saved_class(entry) for entry in json.loads(description)["classes"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _saved_class(entry: dict[str, Any]) -> SavedClass:
    """Return one class. Raises ValueError where it is none."""
    saved = SavedClass(int(entry["id"]), str(entry["name"]), str(entry["colour"]).lower())
    usable = saved.id > 0 and 1 <= len(saved.name) <= _LONGEST_NAME and re.fullmatch("#[0-9a-f]{6}", saved.colour)
    if not usable:
        raise ValueError
    return saved
