"""A classifier: a forest with all it takes to use it again: recipe, scaling, channels, classes, how it was trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sambaseg.cleaning.steps import CleaningStep
from sambaseg.errors import ClassifierMismatchError, ParameterError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import PlaneName, plane_names
from sambaseg.forest.forest import Forest
from sambaseg.forest.settings import ForestSettings
from sambaseg.images.micrograph import Micrograph

if TYPE_CHECKING:
    from sambaseg.labels.classes import LabelClass

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b")
MAX_CLASS_ID = 2**31 - 1
MAX_NAME_LENGTH = 80
REACH_NAMES = ("near", "middle", "wide")


@dataclass(frozen=True)
class ClassEntry:
    """A class that a classifier knows: any id above 0, a name of 1 to 80 characters, a colour as ``#rrggbb``.

    Raises ParameterError for anything else.
    """

    id: int
    name: str
    colour: str

    def __post_init__(self) -> None:
        if not 1 <= self.id <= MAX_CLASS_ID:
            raise ParameterError(f"A class id must be from 1 to {MAX_CLASS_ID}, not {self.id}.")
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH:
            raise ParameterError(f"The name of class {self.id} must have 1 to {MAX_NAME_LENGTH} characters.")
        if not re.fullmatch(r"#[0-9a-f]{6}", self.colour):
            raise ParameterError(f"The colour of class {self.id} must be # and six hexadecimal digits.")


@dataclass(frozen=True)
class ClassPoints:
    """How many pixels of a class were labelled, and how many of them trained the forest."""

    class_id: int
    labelled: int
    used: int


@dataclass(frozen=True)
class ReachTrees:
    """How many trees look how far; what near, middle and wide mean is said in `sambaseg.pipeline.reach`.

    Raises ParameterError for another name.
    """

    name: str
    trees: int

    def __post_init__(self) -> None:
        if self.name not in REACH_NAMES:
            raise ParameterError(f"A reach is {', '.join(REACH_NAMES)}, not {self.name!r:.80}.")


@dataclass(frozen=True)
class TrainingSummary:
    """How a classifier was trained: points of each class, settings, the image's name.

    ``reaches`` says how many trees look how far, where not all of them look at all features.
    """

    points: tuple[ClassPoints, ...]
    settings: ForestSettings
    image_name: str
    reaches: tuple[ReachTrees, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values, the settings beside the others."""
        return {
            "points": [asdict(entry) for entry in self.points],
            **asdict(self.settings),
            "image_name": self.image_name,
            "reaches": [asdict(reach) for reach in self.reaches],
        }


@dataclass(frozen=True)
class Classifier:
    """All that a prediction needs.

    ``classes`` stand in the order of ``forest.class_ids``. ``version`` is that of the library that trained it.
    ``cleaning`` is what is done to a whole segmentation afterwards, see `sambaseg.cleaning`. Raises ParameterError
    where the parts do not belong together.
    """

    forest: Forest
    recipe: FeatureRecipe
    scaling: Scaling
    channels: int
    classes: tuple[ClassEntry, ...]
    training: TrainingSummary
    version: str
    cleaning: tuple[CleaningStep, ...] = ()

    def __post_init__(self) -> None:
        if self.channels != self.scaling.channels:
            raise ParameterError(
                f"A scaling of {self.scaling.channels} channels does not fit {self.channels} channels."
            )
        if len(self.plane_names) != self.forest.features:
            raise ParameterError(
                f"The recipe makes {len(self.plane_names)} features, and the forest takes {self.forest.features}."
            )
        if [entry.id for entry in self.classes] != self.forest.class_ids.tolist():
            raise ParameterError("The classes of a classifier must be those of its forest, in the same order.")
        unknown = {each for step in self.cleaning for each in step.classes} - {entry.id for entry in self.classes}
        if unknown:
            raise ParameterError(f"Class {min(unknown)} is to be cleaned, and the classifier has no such class.")

    @property
    def plane_names(self) -> list[PlaneName]:
        """What each feature of the forest is."""
        return plane_names(self.recipe, self.channels)

    def check_fits(self, micrograph: Micrograph) -> None:
        """Raise ClassifierMismatchError, naming what differs, where the classifier is for other kinds of images."""
        check_image_fits(micrograph, channels=self.channels, dtype=self.scaling.dtype)


def check_image_fits(micrograph: Micrograph, *, channels: int, dtype: str) -> None:
    """Raise ClassifierMismatchError unless an image has these channels and this kind of pixels."""
    if micrograph.channels != channels:
        raise ClassifierMismatchError(
            f"This classifier is for images with {_count(channels)}, and {micrograph.info.file_name} "
            f"has {_count(micrograph.channels)}.",
            hint="Convert the image to the channels that the classifier was trained on, or train a new classifier.",
        )
    if micrograph.pixels_cyx.dtype.name != dtype:
        raise ClassifierMismatchError(
            f"This classifier is for {dtype} pixels, and {micrograph.info.file_name} has "
            f"{micrograph.pixels_cyx.dtype.name} pixels.",
            hint="Grey values would mean something else. Save the image in the other type, or train a new classifier.",
        )


def _count(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} channels"


def entries_for(class_ids: Sequence[int], classes: Sequence[ClassEntry | LabelClass]) -> tuple[ClassEntry, ...]:
    """Return the entry of each id, with name and colour from `classes` where it is listed there."""
    known = {entry.id: entry for entry in classes}
    return tuple(
        ClassEntry(class_id, known[class_id].name, known[class_id].colour)
        if class_id in known
        else ClassEntry(class_id, f"Class {class_id}", COLOURS[(class_id - 1) % len(COLOURS)])
        for class_id in class_ids
    )
