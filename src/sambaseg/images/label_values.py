"""Which numbers stand for classes in a saved label image, and what its description says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import ParameterError

Values = Literal["ids", "spread"]


class NamedClass(Protocol):
    """What a class needs so that it can be written into a file."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def colour(self) -> str: ...


def smallest_label_dtype(largest_id: int) -> np.dtype[Any]:
    """Return the smallest unsigned integer type that holds `largest_id`."""
    return np.min_scalar_type(max(largest_id, 1))


class LabelValues:
    """The numbers that class ids become in a file.

    `values` "ids" writes the ids in the smallest unsigned integers that hold them; "spread" writes 8-bit grey values
    spread evenly, round(255 * rank / count) with rank 1 for the smallest id, so that classes can be told apart in any
    viewer. Raises ParameterError for more than 255 classes to spread.
    """

    def __init__(self, classes: Sequence[NamedClass], values: Values) -> None:
        self._classes = list(classes)
        self._values = values
        self._value_of_id = grey_values(classes, values)
        self._ids_n = np.array(sorted({0, *self._value_of_id}), dtype=np.int64)
        values_n = np.array([self._value_of_id.get(int(class_id), 0) for class_id in self._ids_n])
        self.dtype = smallest_label_dtype(int(values_n.max()))
        self._values_n = values_n.astype(self.dtype)

    def description(self, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the file says of its classes, with `extra` beside."""
        entries = [
            {"id": c.id, "name": c.name, "colour": c.colour, "value": self._value_of_id[c.id]} for c in self._classes
        ]
        return {"kind": "labels", "values": self._values, "classes": entries, **(extra or {})}

    def of(self, classes_yx: NDArray[Any]) -> NDArray[Any]:
        """Return class ids (H, W), 0 where there is none, as the numbers in the file. Raises ParameterError."""
        position = np.searchsorted(self._ids_n, classes_yx)
        position[position == len(self._ids_n)] = 0
        unknown = self._ids_n[position] != classes_yx
        if unknown.any():
            raise ParameterError(
                f"The class id {classes_yx[unknown][0]} in the image is not among the classes "
                f"{[int(class_id) for class_id in self._ids_n[1:]]}."
            )
        return np.asarray(self._values_n[position])


def grey_values(classes: Sequence[NamedClass], values: Values) -> dict[int, int]:
    """Return the grey value that stands for each class id. Raises ParameterError for more than 255 to spread."""
    ids = sorted({entry.id for entry in classes})
    if values == "ids":
        return {class_id: class_id for class_id in ids}
    if len(ids) > 255:
        raise ParameterError(
            f"{len(ids)} classes cannot be spread over the grey values 1 to 255.", hint="Save class ids instead."
        )
    return {class_id: (2 * 255 * rank + len(ids)) // (2 * len(ids)) for rank, class_id in enumerate(ids, start=1)}
