"""From an image and labels to a classifier."""

from __future__ import annotations

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
from sambaseg.forest.sampling import choose_points
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.training_sample import compute_training_sample
from sambaseg.settings import default_threads
from sambaseg.version import __version__

MOST_CLASSES = 255


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
        check_labels(labels_yx, micrograph)
    all_labels_n = np.concatenate([labels_yx.ravel() for _, labels_yx in labelled])
    positions_n = choose_points(all_labels_n, points=training.points, seed=training.seed)
    _check_two_classes(np.unique(all_labels_n[positions_n]))
    stage = Stage(progress, "Computing features", start=0.0, end=0.6)
    sample_fn, start = [], 0
    for micrograph, labels_yx in labelled:
        here = positions_n[(positions_n >= start) & (positions_n < start + labels_yx.size)] - start
        start += labels_yx.size
        if len(here):
            part = compute_training_sample(
                micrograph, here, recipe, scaling, threads=threads, stage=stage, cancelled=cancelled
            )
            sample_fn.append(part)
    forest = train_forest(
        np.concatenate(sample_fn, axis=1).T,
        all_labels_n[positions_n].astype(np.int64),
        ForestSettings(trees=training.trees, depth=training.depth, balance=training.balance, seed=training.seed),
        threads=threads,
        progress=Stage(progress, "Training", start=0.6, end=1.0).tell,
        cancelled=lambda: cancelled.cancelled,
    )
    summary = TrainingSummary(
        points=_points_of(all_labels_n, positions_n, forest.class_ids),
        trees=training.trees,
        depth=training.depth,
        balance=training.balance,
        seed=training.seed,
        image_name=first.info.file_name,
    )
    entries = entries_for([int(class_id) for class_id in forest.class_ids], classes)
    return Classifier(forest, recipe, scaling, first.channels, entries, summary, __version__)


def check_labels(labels_yx: npt.NDArray[Any], micrograph: Micrograph) -> None:
    """Raise a named error where labels are not whole numbers, of another size, below 0, or of too many classes."""
    if labels_yx.dtype.kind not in "iu":
        raise LabelsFileError(f"Labels must be whole numbers, not {labels_yx.dtype.name}.")
    if labels_yx.shape != micrograph.shape_yx:
        raise LabelsSizeMismatchError(
            f"The labels have {_size(labels_yx.shape)} pixels, and {micrograph.info.file_name} has "
            f"{_size(micrograph.shape_yx)}.",
            hint="Use labels that were drawn on this image.",
        )
    ids = np.unique(labels_yx)
    if len(ids) and ids[0] < 0:
        raise LabelsFileError(f"Class ids must be above 0, and there is {ids[0]}.", hint="Use 0 for unlabelled pixels.")
    if np.count_nonzero(ids) > MOST_CLASSES:
        raise LabelsFileError(
            f"Labels may have up to {MOST_CLASSES} classes, not {np.count_nonzero(ids)}.",
            hint="This looks like an image of grey values or of object numbers, not of classes.",
        )


def _check_two_classes(ids: npt.NDArray[Any]) -> None:
    if len(ids) >= 2:
        return
    found = f"Only class {ids[0]} is labelled" if len(ids) else "Nothing is labelled"
    raise NotEnoughLabelsError(f"{found}; training needs labels of two classes.", hint="Mark pixels of two classes.")


def _points_of(
    labels_n: npt.NDArray[Any], positions_n: npt.NDArray[np.intp], class_ids: npt.NDArray[np.int64]
) -> tuple[ClassPoints, ...]:
    """Return for each class how many pixels were labelled, and how many of them trained."""
    used_n = labels_n[positions_n]
    return tuple(
        ClassPoints(int(entry), int(np.count_nonzero(labels_n == entry)), int(np.count_nonzero(used_n == entry)))
        for entry in class_ids
    )


def _size(shape_yx: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in reversed(shape_yx))
