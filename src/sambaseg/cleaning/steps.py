"""Steps of cleaning up, in order: what is done, how far, and for which classes; as text and as JSON.

As text a step is ``NAME:SIZE`` or ``NAME:SIZE:CLASS+CLASS…``, and steps are separated by commas:
``fill_holes:100,remove_small:50:2+3,majority:2``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from sambaseg.errors import ParameterError

StepKind = Literal["fill_holes", "remove_small", "majority"]
STEP_KINDS: tuple[StepKind, ...] = get_args(StepKind)
LARGEST_PX = 2**31 - 1
LARGEST_RADIUS_PX = 32
MOST_STEPS = 16
MAX_CLASS_ID = 2**31 - 1
_SYNTAX = "fill_holes:100,remove_small:50:2+3,majority:2"


@dataclass(frozen=True)
class CleaningStep:
    """One step.

    - ``fill_holes``: holes of at most ``size`` pixels in a class become that class.
    - ``remove_small``: regions of a class of fewer than ``size`` pixels become what lies around them.
    - ``majority``: a pixel becomes the class of most pixels at most ``size`` pixels away.

    ``classes`` are the ids it is done for, in ascending order; empty for all. Raises ParameterError for values out of
    bounds.
    """

    kind: StepKind
    size: int
    classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check everything."""
        if self.kind not in STEP_KINDS:
            raise ParameterError(f"A step of cleaning is {', '.join(STEP_KINDS)}, not {self.kind!r:.40}.")
        largest = LARGEST_RADIUS_PX if self.kind == "majority" else LARGEST_PX
        if not 1 <= self.size <= largest:
            raise ParameterError(f"{self.kind} takes 1 to {largest} pixels, not {self.size}.")
        if list(self.classes) != sorted(set(self.classes)):
            raise ParameterError("The classes of a step must be in ascending order, each once.")
        if self.classes and not 1 <= self.classes[0] <= self.classes[-1] <= MAX_CLASS_ID:
            raise ParameterError(f"The classes of a step have ids from 1 to {MAX_CLASS_ID}.")

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON values."""
        return {"kind": self.kind, "size": self.size, "classes": list(self.classes)}


def steps_from_json(values: object) -> tuple[CleaningStep, ...]:
    """Return the steps in a list of JSON values. Raises ParameterError."""
    if not isinstance(values, list) or len(values) > MOST_STEPS:
        raise ParameterError(f"Cleaning is a list of at most {MOST_STEPS} steps.")
    return tuple(_step_from_json(entry) for entry in values)


def parse_steps(text: str) -> tuple[CleaningStep, ...]:
    """Return the steps in a text, see the module. Raises ParameterError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not 1 <= len(parts) <= MOST_STEPS:
        raise ParameterError(f"1 to {MOST_STEPS} steps of cleaning were expected, as in {_SYNTAX}.")
    return tuple(_parse_step(part) for part in parts)


def steps_for(steps: Sequence[CleaningStep], class_ids: Iterable[int]) -> tuple[CleaningStep, ...]:
    """Return steps as far as they are for these classes; one that is for none of them is left out."""
    known, kept = frozenset(class_ids), list[CleaningStep]()
    for step in steps:
        classes = tuple(class_id for class_id in step.classes if class_id in known)
        if classes or not step.classes:
            kept.append(replace(step, classes=classes))
    return tuple(kept)


def in_words(steps: Sequence[CleaningStep]) -> str:
    """Return steps as the text that `parse_steps` reads."""
    return ",".join(
        f"{step.kind}:{step.size}" + (":" + "+".join(map(str, step.classes)) if step.classes else "") for step in steps
    )


def _step_from_json(values: object) -> CleaningStep:
    if not isinstance(values, dict) or set(values) != {"kind", "size", "classes"}:
        raise ParameterError("A step of cleaning has kind, size and classes.")
    kind, size, classes = values["kind"], values["size"], values["classes"]
    whole = isinstance(classes, list) and all(type(value) is int for value in (size, *classes))
    if not whole or not isinstance(kind, str):
        raise ParameterError("A step of cleaning has a name as kind, a whole number as size, and a list of class ids.")
    return CleaningStep(cast("StepKind", kind), size, tuple(classes))


def _parse_step(part: str) -> CleaningStep:
    kind, _, rest = part.partition(":")
    size, _, classes = rest.partition(":")
    try:
        ids = tuple(sorted({int(class_id) for class_id in classes.split("+")})) if classes else ()
        return CleaningStep(cast("StepKind", kind), int(size), ids)
    except ValueError:
        raise ParameterError(f"{part[:60]!r} is no step of cleaning; write as in {_SYNTAX}.") from None
