"""From an image and labels to a classifier."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import LabelsFileError, LabelsSizeMismatchError, NotEnoughLabelsError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.classifier import (
    ClassEntry,
    Classifier,
    ClassPoints,
    TrainingSummary,
    check_image_fits,
    entries_for,
)
from sambaseg.forest.forest import MAX_CLASSES
from sambaseg.forest.sampling import choose_points
from sambaseg.forest.train import train_forest
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.training_sample import compute_training_sample
from sambaseg.settings import default_threads
from sambaseg.version import __version__

FEATURES_SHARE = 0.6
"""Of the time that training takes, until all features are computed."""


def train_classifier(
    micrograph: Micrograph,
    labels_yx: npt.NDArray[Any],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    classes: Sequence[ClassEntry | LabelClass] = (),
    threads: int | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Classifier:
    """Return a classifier trained on the labelled pixels of an image.

    `labels_yx` holds class ids above 0, and 0 where nothing is labelled; `classes` names them. Raises
    LabelsSizeMismatchError, LabelsFileError (more than 255 classes), NotEnoughLabelsError (fewer than two classes),
    MemoryBudgetError, CancelledError.
    """
    return train_on_images(
        [(micrograph, labels_yx)],
        recipe,
        training,
        classes=classes,
        threads=threads,
        progress=progress,
        cancelled=cancelled,
    )


def train_on_images(
    labelled: Sequence[tuple[Micrograph, npt.NDArray[Any]]],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    classes: Sequence[ClassEntry | LabelClass] = (),
    threads: int | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Classifier:
    """Return a classifier trained on several images of one kind, each with its labels.

    The first image decides channels and scaling; raises ClassifierMismatchError for an image that differs, and what
    `train_classifier` raises.
    """
    threads, cancelled = threads or default_threads(), cancelled or CancelToken()
    first = labelled[0][0]
    scaling = Scaling.for_image(first)
    for micrograph, labels_yx in labelled:
        check_image_fits(micrograph, channels=first.channels, dtype=scaling.dtype)
        _check_labels(labels_yx, micrograph)
    each_n = [labels_yx.ravel() for _, labels_yx in labelled]
    all_labels_n = each_n[0] if len(each_n) == 1 else np.concatenate(each_n)
    labelled_pixels = _count_classes(all_labels_n)
    _check_class_count(labelled_pixels)
    positions_n = choose_points(all_labels_n, points=training.points, seed=training.seed)
    began, sample_fn, start, done = time.monotonic(), [], 0, 0
    for micrograph, labels_yx in labelled:
        here = positions_n[(positions_n >= start) & (positions_n < start + labels_yx.size)] - start
        start += labels_yx.size
        if len(here) == 0:
            continue
        share, done = FEATURES_SHARE / len(positions_n), done + len(here)
        stage = Stage(progress, "Computing features", start=share * (done - len(here)), end=share * done, began=began)
        sample_fn.append(
            compute_training_sample(
                micrograph, here, recipe, scaling, threads=threads, stage=stage, cancelled=cancelled
            )
        )
    class_ids_n = all_labels_n[positions_n].astype(np.int64)
    forest = train_forest(
        np.concatenate(sample_fn, axis=1).T,
        class_ids_n,
        training.forest_settings(),
        threads=threads,
        progress=Stage(progress, "Training", start=FEATURES_SHARE, end=1.0, began=began).tell,
        cancelled=lambda: cancelled.cancelled,
    )
    used_pixels = _count_classes(class_ids_n)
    summary = TrainingSummary(
        points=tuple(ClassPoints(entry, count, used_pixels[entry]) for entry, count in labelled_pixels.items()),
        trees=training.trees,
        depth=training.depth,
        balance=training.balance,
        seed=training.seed,
        image_name=first.info.file_name,
    )
    entries = entries_for([int(class_id) for class_id in forest.class_ids], classes)
    return Classifier(forest, recipe, scaling, first.channels, entries, summary, __version__)


def _check_labels(labels_yx: npt.NDArray[Any], micrograph: Micrograph) -> None:
    """Raise a named error where labels are not whole numbers, of another size, or below 0."""
    if labels_yx.dtype.kind not in "iu":
        raise LabelsFileError(f"Labels must be whole numbers, not {labels_yx.dtype.name}.")
    if labels_yx.shape != micrograph.shape_yx:
        raise LabelsSizeMismatchError(
            f"The labels have {_size(labels_yx.shape)} pixels, and {micrograph.info.file_name} has "
            f"{_size(micrograph.shape_yx)}.",
            hint="Use labels that were drawn on this image.",
        )
    if labels_yx.min() < 0:
        raise LabelsFileError(
            f"Class ids must be above 0, and there is {labels_yx.min()}.", hint="Use 0 for unlabelled pixels."
        )


def _count_classes(labels_n: npt.NDArray[Any]) -> dict[int, int]:
    """Return how many pixels each class has, by ascending id."""
    ids, counts = np.unique(labels_n[labels_n > 0], return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def _check_class_count(pixels: dict[int, int]) -> None:
    """Raise LabelsFileError for more than 255 classes, NotEnoughLabelsError for fewer than two."""
    if len(pixels) > MAX_CLASSES:
        raise LabelsFileError(
            f"Labels may have up to {MAX_CLASSES} classes, not {len(pixels)}.",
            hint="This looks like an image of grey values or of object numbers, not of classes.",
        )
    if len(pixels) < 2:
        found = f"Only class {next(iter(pixels))} is labelled" if pixels else "Nothing is labelled"
        raise NotEnoughLabelsError(
            f"{found}; training needs labels of two classes.", hint="Mark pixels of two classes."
        )


def _size(shape_yx: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in reversed(shape_yx))
