"""The header of a classifier file: JSON that says what the arrays beside it mean, written and read field by field.

Everything is checked: fields that are missing, more or wrong raise ClassifierFileError, and what recipe, scaling and
settings find wrong themselves ParameterError.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from dataclasses import fields as fields_of
from typing import Any, NamedTuple

from sambaseg.cleaning.steps import steps_from_json
from sambaseg.errors import ClassifierFileError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.classifier import ClassEntry, Classifier, ClassPoints, ReachTrees, TrainingSummary
from sambaseg.forest.forest import Forest, OutOfBag, ScoreScale
from sambaseg.forest.settings import ForestSettings

FORMAT = "sambaseg classifier"
FORMAT_VERSION = 3
"""Of classifiers that clean up what they segment; others are still written in the second version."""
SECOND_VERSION = 2
FIRST_VERSION = 1
"""The version whose classifiers all had `_SETTINGS_OF_FIRST_VERSION`, trees that look at all features, no scores and no
class factors. Such ones are still written so."""
_SETTINGS_OF_FIRST_VERSION = {"classifier": "forest", "features_per_split": 2, "min_leaf": 1}
_ADDED_TO_TRAINING = {*_SETTINGS_OF_FIRST_VERSION, "reaches"}


class ForestFacts(NamedTuple):
    """What a header says of the forest."""

    out_of_bag: OutOfBag | None
    scores: ScoreScale | None
    class_factors: tuple[float, ...] | None


def read_header(data: bytes) -> dict[str, Any]:
    """Return the header in the bytes of its file, with all fields that it must have. Raises ClassifierFileError."""
    try:
        header = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ClassifierFileError("Its header is not valid JSON.") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ClassifierFileError("Its header is not that of a classifier.")
    version = header.get("format_version")
    if isinstance(version, bool) or version not in (FIRST_VERSION, SECOND_VERSION, FORMAT_VERSION):
        raise ClassifierFileError(
            f"It has format version {version!r:.20}, and this version of sambaseg reads up to {FORMAT_VERSION}."
        )
    wanted = {
        "format", "format_version", "version", "recipe", "scaling", "channels", "classes", "training", "out_of_bag",
    }  # fmt: skip
    if version >= SECOND_VERSION:
        wanted |= {"scores", "class_factors"}
    if version >= FORMAT_VERSION:
        wanted |= {"cleaning"}
    if set(header) != wanted:
        raise ClassifierFileError(f"Its header must hold {', '.join(sorted(wanted))}.")
    return header


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def header_of(classifier: Classifier) -> dict[str, Any]:
    """Return the header of a classifier as JSON values."""
    forest, training = classifier.forest, classifier.training.to_json()
    training["image_name"] = _readable(classifier.training.image_name)[:1000]
    later: dict[str, Any] = {
        "scores": None if forest.scores is None else asdict(forest.scores),
        "class_factors": None if forest.class_factors is None else list(forest.class_factors),
    }
    version = SECOND_VERSION
    if classifier.cleaning:
        version, later["cleaning"] = FORMAT_VERSION, [step.to_json() for step in classifier.cleaning]
    elif _is_of_first_version(classifier):
        version, later = FIRST_VERSION, {}
        training = {name: value for name, value in training.items() if name not in _ADDED_TO_TRAINING}
    return {
        "format": FORMAT,
        "format_version": version,
        "version": classifier.version,
        "recipe": classifier.recipe.to_json(),
        "scaling": classifier.scaling.to_json(),
        "channels": classifier.channels,
        "classes": [asdict(entry) for entry in classifier.classes],
        "training": training,
        "out_of_bag": None if forest.out_of_bag is None else asdict(forest.out_of_bag),
        **later,
    }


def _is_of_first_version(classifier: Classifier) -> bool:
    settings = asdict(classifier.training.settings)
    new = classifier.forest.scores, classifier.forest.class_factors, classifier.training.reaches or None
    return settings.items() >= _SETTINGS_OF_FIRST_VERSION.items() and new == (None, None, None)


def read_forest_facts(header: dict[str, Any]) -> ForestFacts:
    """Return what the header says of the forest."""
    factors = header.get("class_factors")
    return ForestFacts(
        _read_out_of_bag(header["out_of_bag"]),
        _read_scale(header.get("scores")),
        None if factors is None else tuple(_number(value, "class_factors") for value in _list(factors, "factors")),
    )


def read_classifier(header: dict[str, Any], forest: Forest) -> Classifier:
    """Return the classifier of a forest and all else that the header holds."""
    return Classifier(
        forest=forest,
        recipe=FeatureRecipe.from_json(header["recipe"]),
        scaling=Scaling.from_json(header["scaling"]),
        channels=_whole(header["channels"], "channels", 1, 64),
        classes=tuple(_read_class(entry) for entry in _list(header["classes"], "classes")),
        training=_read_training(header["training"], header["format_version"]),
        version=_text(header["version"], "version", 40),
        cleaning=steps_from_json(header.get("cleaning", [])),
    )


def _read_out_of_bag(values: object) -> OutOfBag | None:
    if values is None:
        return None
    fields = _fields(values, "out_of_bag", ("score", "by_class"))
    by_class = tuple(
        None if share is None else _share(share, "out_of_bag") for share in _list(fields["by_class"], "by_class")
    )
    return OutOfBag(_share(fields["score"], "score"), by_class)


def _read_scale(values: object) -> ScoreScale | None:
    if values is None:
        return None
    fields = _fields(values, "scores", ("unit", "offsets"))
    offsets = tuple(_number(value, "offsets") for value in _list(fields["offsets"], "offsets"))
    return ScoreScale(_number(fields["unit"], "unit"), offsets)


def _read_class(values: object) -> ClassEntry:
    fields = _fields(values, "class", ("id", "name", "colour"))
    class_id = _whole(fields["id"], "class id", 1, 2**31 - 1)
    return ClassEntry(class_id, _text(fields["name"], "class name", 80), _text(fields["colour"], "colour", 7))


def _read_training(values: object, version: int) -> TrainingSummary:
    names = [field.name for field in fields_of(ForestSettings)]
    if version == FIRST_VERSION:
        names = [name for name in names if name not in _SETTINGS_OF_FIRST_VERSION]
    later = () if version == FIRST_VERSION else ("reaches",)
    fields = _fields(values, "training", ("points", *names, "image_name", *later))
    settings = {**_SETTINGS_OF_FIRST_VERSION, **{name: fields[name] for name in names}}
    points = [_fields(entry, "points", ("class_id", "labelled", "used")) for entry in _list(fields["points"], "points")]
    return TrainingSummary(
        points=tuple(
            ClassPoints(*(_whole(entry[key], key, 0, 2**53) for key in ("class_id", "labelled", "used")))
            for entry in points
        ),
        settings=ForestSettings(**settings),
        image_name=_text(fields["image_name"], "image name", 1000),
        reaches=tuple(_read_reach(entry) for entry in _list(fields.get("reaches", []), "reaches")),
    )


def _read_reach(values: object) -> ReachTrees:
    fields = _fields(values, "reaches", ("name", "trees"))
    return ReachTrees(_text(fields["name"], "reach", 80), _whole(fields["trees"], "trees of a reach", 0, 1000))


def _fields(values: object, what: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(values, dict) or set(values) != set(names):
        raise ClassifierFileError(f"In its header, {what} must be an object with {', '.join(names)}.")
    return values


def _list(values: object, what: str) -> list[Any]:
    if not isinstance(values, list) or len(values) > 1000:
        raise ClassifierFileError(f"In its header, {what} must be a list of at most 1000 entries.")
    return values


def _text(value: object, what: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or _readable(value) != value:
        raise ClassifierFileError(f"In its header, the {what} must be a text of at most {longest} characters.")
    return value


def _readable(text: str) -> str:
    """Return a text without halves of characters, which file names can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _whole(value: object, what: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ClassifierFileError(f"In its header, {what} must be a whole number from {least} to {most}.")
    return value


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e30 <= value <= 1e30:
        raise ClassifierFileError(f"In its header, {what} must be numbers from -1e30 to 1e30.")
    return float(value)


def _share(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ClassifierFileError(f"In its header, {what} must be a number from 0 to 1.")
    return float(value)
