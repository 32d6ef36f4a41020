"""Classes of a project: id, name, colour, lock. Ids are any numbers from 1 to 255, in any order; 0 is "unlabelled"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sambaseg.errors import ParameterError, UnknownClassError

FIRST_COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b")
MORE_COLOURS = ("#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
MAX_CLASS_ID = 255
MAX_NAME_LENGTH = 80


@dataclass(frozen=True)
class LabelClass:
    """One class: ``id`` 1 to 255, ``name`` of 1 to 80 characters, ``colour`` as ``#rrggbb``; a locked one stays."""

    id: int
    name: str
    colour: str
    locked: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.id <= MAX_CLASS_ID:
            raise ParameterError(f"A class id must be between 1 and {MAX_CLASS_ID}, not {self.id}.")
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH:
            raise ParameterError(
                f"The name of class {self.id} must have 1 to {MAX_NAME_LENGTH} characters, not {len(self.name)}."
            )
        if not re.fullmatch(r"#[0-9a-f]{6}", self.colour):
            raise ParameterError(
                f"The colour of class {self.id} must be # and six hexadecimal digits, not {self.colour!r}."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


DEFAULT_CLASSES = (LabelClass(1, "Class 1", FIRST_COLOURS[0]), LabelClass(2, "Class 2", FIRST_COLOURS[1]))
"""The classes of a new project."""


def check_classes(classes: Iterable[LabelClass]) -> tuple[LabelClass, ...]:
    """Return `classes` as a tuple. Raises ParameterError for an empty list or an id that occurs twice."""
    listed = tuple(classes)
    if not listed:
        raise ParameterError("A class list needs one class at least.")
    ids = [entry.id for entry in listed]
    twice = sorted({class_id for class_id in ids if ids.count(class_id) > 1})
    if twice:
        raise ParameterError(f"Class id {twice[0]} occurs twice in the class list.")
    return listed


def next_class(classes: Sequence[LabelClass], class_id: int | None = None) -> LabelClass:
    """Return a new class with `class_id` (the smallest free id where None) and the first colour not used yet.

    Raises ParameterError where all 255 ids are taken.
    """
    taken = {entry.id for entry in classes}
    if class_id is None:
        class_id = next((number for number in range(1, MAX_CLASS_ID + 1) if number not in taken), None)
    if class_id is None:
        raise ParameterError(f"A project holds {MAX_CLASS_ID} classes at most.", hint="Delete a class first.")
    palette = FIRST_COLOURS + MORE_COLOURS
    used = {entry.colour for entry in classes}
    colour = next((colour for colour in palette if colour not in used), palette[(class_id - 1) % len(palette)])
    return LabelClass(class_id, f"Class {class_id}", colour)


def unknown_class(class_id: int | None, classes: Iterable[LabelClass]) -> UnknownClassError:
    """Return the error for a class that a project with these `classes` does not have."""
    known = ", ".join(str(entry.id) for entry in classes)
    return UnknownClassError(
        f"The project has no class {class_id}; it has {known}.", hint="The class may have been deleted."
    )
