"""The README.txt in a zip of everything: what is in it, in words that last when the program is gone."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import numpy as np

from sambaseg.cleaning.steps import CleaningStep, in_words
from sambaseg.images.label_values import Values, grey_values
from sambaseg.version import __version__

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.labels.classes import LabelClass
    from sambaseg.project.description import ImageDescription, ProjectDescription

ImagePart = Literal["segmentation", "labels", "uncertainty", "probabilities"]
MEANING: dict[ImagePart, str] = {
    "segmentation": "the class of every pixel as the classifier predicts it, cleaned up where that is said below, with "
    "what a person changed afterwards; 8-bit TIFF",
    "labels": "the pixels that a person labelled to train the classifier; 0 is unlabelled; 8-bit TIFF",
    "uncertainty": "1 - the largest class probability of every pixel; 8-bit TIFF, 255 is 1.0",
    "probabilities": "the probability of each class, one page a class in the order of their ids; 32-bit float TIFF",
}


def write_readme(
    project: ProjectDescription,
    *,
    classes: Sequence[LabelClass],
    values: Values,
    classifier: Classifier | None,
    with_classifier: bool,
    folders: Mapping[ImagePart, Mapping[int, str]],
    missing: Mapping[ImagePart, Sequence[str]],
    cleaned: Mapping[int, Sequence[CleaningStep]],
) -> str:
    """Return the text.

    `classifier` is the project's, and in the zip where `with_classifier`. `folders` has for each folder of the zip the
    names of its files by image; `missing` names the images that have none there. `values` are the grey values of
    segmentation and labels, see `save_label_image`. `cleaned` has the steps by which segmentations were cleaned up.
    """
    parts = [
        f"{project.name}\n{'=' * len(project.name)}",
        f"Saved {datetime.now(UTC):%Y-%m-%d %H:%M} UTC by sambaseg {__version__}.",
        _folders(folders, missing),
        _classes(classes, values),
        _images(project.images, folders, cleaned),
        _classifier(classifier, with_file=with_classifier),
        f"Versions\n--------\nsambaseg {__version__}, Python {platform.python_version()}, NumPy {np.__version__}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _folders(folders: Mapping[ImagePart, Mapping[int, str]], missing: Mapping[ImagePart, Sequence[str]]) -> str:
    lines = ["Folders\n-------"]
    for folder, files in folders.items():
        count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
        lines.append(f"{folder}/  {count}: {MEANING[folder]}")
        if missing.get(folder):
            shown = ", ".join(missing[folder][:5]) + (" and more" if len(missing[folder]) > 5 else "")
            have = "1 image has" if len(missing[folder]) == 1 else f"{len(missing[folder])} images have"
            lines.append(f"    {have} none: {shown}")
    return "\n".join(lines)


def _classes(classes: Sequence[LabelClass], values: Values) -> str:
    value_of_id = grey_values(classes, values)
    rows = [f"{value_of_id[entry.id]:>5}  {entry.id:>3}  {entry.colour}  {entry.name}" for entry in classes]
    return "\n".join(["Classes\n-------", "value   id  colour   name", *rows])


def _images(
    images: Sequence[ImageDescription],
    folders: Mapping[ImagePart, Mapping[int, str]],
    cleaned: Mapping[int, Sequence[CleaningStep]],
) -> str:
    lines = ["Images\n------"]
    for image in images:
        named = next((files[image.id] for files in folders.values() if image.id in files), None)
        size = image.pixel_size_um
        scale = "pixel size unknown" if size is None else f"pixel {size[1]:g} x {size[0]:g} µm (width x height)"
        lines.append(f"{image.name}" + (f"  ->  {named}" if named else ""))
        lines.append(f"    {image.width} x {image.height} px, {image.channels} channel(s), {image.dtype}, {scale}")
        if cleaned.get(image.id):
            lines.append(f"    cleaned up by {in_words(cleaned[image.id])}")
        lines.append(f"    page {image.page + 1} of {image.pages} of {image.file_name}, SHA-256 {image.sha256 or '-'}")
    return "\n".join(lines)


def _classifier(classifier: Classifier | None, *, with_file: bool) -> str:
    if classifier is None:
        return ""
    forest, recipe = classifier.forest, classifier.recipe
    score = "" if forest.oob_score is None else f", right on {100 * forest.oob_score:.1f} % of pixels left out of trees"
    return "\n".join(
        [
            "Classifier\n----------",
            f"A random forest of {forest.trees} trees{score}.",
            f"Features: {', '.join(recipe.families)} at scales of {', '.join(f'{s:g}' for s in recipe.scales_px)} px "
            f"({recipe.sigma_convention}).",
            "classifier.sambaseg is this classifier; sambaseg loads it back."
            if with_file
            else "It is not in this zip.",
        ]
    )
