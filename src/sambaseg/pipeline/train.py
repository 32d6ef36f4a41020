"""From an image and labels to a classifier."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sambaseg.errors import LabelsFileError, LabelsSizeMismatchError, NotEnoughLabelsError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.boosting import check_boosting_installed
from sambaseg.forest.classifier import (
    ClassEntry,
    Classifier,
    ClassPoints,
    ReachTrees,
    TrainingSummary,
    check_image_fits,
    entries_for,
)
from sambaseg.forest.forest import MAX_CLASSES, Forest
from sambaseg.forest.train import train_forest
from sambaseg.forest.watching import Preview
from sambaseg.images.micrograph import Micrograph
from sambaseg.labels.classes import LabelClass
from sambaseg.pipeline.class_fractions import choose_places, class_factors
from sambaseg.pipeline.labelled import LabelledPixels, Labels, choose_labelled, count_labels
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.reach import HeldOut, choose_reaches, groups_of
from sambaseg.pipeline.sample_cache import SampleCache
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.training_sample import check_sample_size, compute_samples
from sambaseg.settings import default_threads
from sambaseg.version import __version__

FEATURES_SHARE, LOOKED_SHARE = 0.5, 0.6
"""Of the time that training takes, until features of labelled pixels and of those looked at besides are computed."""

PREVIEW_TREES = 30
"""Trees of a preview: a seventh of the time of a whole forest, and mostly its classes."""

ClassifierPreview = Callable[[Classifier], None]
"""Takes the classifier of the first trees while the others are still to be grown."""


def train_classifier(
    micrograph: Micrograph,
    labels: Labels,
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    classes: Sequence[ClassEntry | LabelClass] = (),
    threads: int | None = None,
    edges_of: Classifier | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Classifier:
    """Return a classifier trained on the labelled pixels of an image.

    `labels` are an array (H, W) of class ids above 0, with 0 where nothing is labelled, a sparse layer, or a list of
    labelled pixels; `classes` names them. `edges_of` is as in `train_on_images`. Raises LabelsSizeMismatchError,
    LabelsFileError (more than 255 classes), NotEnoughLabelsError (fewer than two classes), MemoryBudgetError,
    MissingExtraError (boosting without LightGBM), CancelledError.
    """
    return train_on_images(
        [(micrograph, labels)],
        recipe,
        training,
        classes=classes,
        threads=threads,
        edges_of=edges_of,
        progress=progress,
        cancelled=cancelled,
    )


def train_on_images(
    labelled: Sequence[tuple[Micrograph, Labels]],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    classes: Sequence[ClassEntry | LabelClass] = (),
    threads: int | None = None,
    edges_of: Classifier | None = None,
    cache: SampleCache | None = None,
    image_ids: Sequence[int] | None = None,
    scaling: Scaling | None = None,
    max_sample_bytes: int | None = None,
    preview: ClassifierPreview | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Classifier:
    """Return a classifier trained on several images of one kind, each with its labels.

    The first image decides channels and, where `scaling` is None, the scaling. `edges_of` is a classifier whose bin
    edges and trees by reach are kept where that is allowed (see `may_keep_edges`). `cache` knows features of earlier
    trainings, of images by their `image_ids` (their places in the list where None). `preview` is given a classifier of
    the first trees. Raises ClassifierMismatchError for an image that differs, and what `train_classifier` raises.
    """
    threads, cancelled = threads or default_threads(), cancelled or CancelToken()
    if training.classifier == "boosting":
        check_boosting_installed()  # before features are computed
    first = labelled[0][0]
    for micrograph, labels in labelled:
        check_image_fits(micrograph, channels=first.channels, dtype=first.pixels_cyx.dtype.name)
        _check_labels(labels, micrograph)
    counts: Counter[int] = Counter()
    for _, labels in labelled:
        counts.update(count_labels(labels))
    labelled_pixels = dict(sorted(counts.items()))
    _check_class_count(labelled_pixels)
    wanted = sum(labelled_pixels.values())
    check_sample_size(min(wanted, training.points or wanted), recipe, first.channels, max_sample_bytes)
    scaling = scaling or Scaling.for_image(first)
    if cache is not None:
        cache.use(recipe, scaling)
    chosen = choose_labelled(
        [labels for _, labels in labelled], labelled_pixels, points=training.points, seed=training.seed
    )
    kept = edges_of if edges_of is not None and may_keep_edges(edges_of, recipe, scaling, labelled_pixels) else None
    began = time.monotonic()

    def features_of(pixels: Sequence[LabelledPixels], start: float, end: float) -> npt.NDArray[np.float32]:
        return compute_samples(
            [micrograph for micrograph, _ in labelled],
            pixels,
            recipe,
            scaling,
            threads=threads,
            stage_of=lambda first, last: Stage(
                progress,
                "Computing features",
                start=start + (end - start) * first,
                end=start + (end - start) * last,
                began=began,
            ),
            cancelled=cancelled,
            images=image_ids,
            cache=cache,
        )

    sample_fn = features_of(chosen, 0.0, FEATURES_SHARE)
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in chosen if len(pixels)]).astype(np.int64)
    used_pixels = _count_classes(class_ids_n)
    reaches = choose_reaches(
        training,
        recipe,
        first.channels,
        chosen,
        HeldOut(sample_fn, class_ids_n),
        former=kept,
        threads=threads,
        cancelled=cancelled,
    )
    groups = groups_of(reaches, training.trees)
    summary = TrainingSummary(
        points=tuple(ClassPoints(entry, count, used_pixels[entry]) for entry, count in labelled_pixels.items()),
        settings=training.forest_settings(),
        image_name=first.info.file_name,
        reaches=tuple(ReachTrees(reach.name, group.trees) for reach, group in zip(reaches, groups, strict=True)),
    )
    entries = entries_for(sorted(used_pixels), classes)
    places = choose_places([micrograph.shape_yx for micrograph, _ in labelled])
    looked_fn = features_of(places, FEATURES_SHARE, LOOKED_SHARE) if training.balance == "fractions" else None

    def classifier_of(forest: Forest) -> Classifier:
        if looked_fn is not None:
            forest = forest.with_class_factors(class_factors(forest, looked_fn))
        return Classifier(forest, recipe, scaling, first.channels, entries, summary, __version__)

    forest = train_forest(
        sample_fn.T,
        class_ids_n,
        training.forest_settings(),
        threads=threads,
        groups=groups,
        edges_fb=None if kept is None else kept.forest.edges_fb,
        preview=None if preview is None else Preview(PREVIEW_TREES, lambda forest: preview(classifier_of(forest))),
        progress=Stage(progress, "Training", start=LOOKED_SHARE, end=1.0, began=began).tell,
        cancelled=lambda: cancelled.cancelled,
    )
    return classifier_of(forest)


def may_keep_edges(former: Classifier, recipe: FeatureRecipe, scaling: Scaling, counts: Mapping[int, int]) -> bool:
    """Return whether a training on so many labelled pixels of each class may keep the bin edges of a former one.

    It may while recipe and scaling are the same, no class is new, and the labelled pixels are fewer than twice those
    whose features the edges were chosen from.
    """
    before = {points.class_id: points.labelled for points in former.training.points}
    same = (former.recipe, former.scaling) == (recipe, scaling)
    return same and set(counts) <= set(before) and sum(counts.values()) < 2 * sum(before.values())


def _check_labels(labels: Labels, micrograph: Micrograph) -> None:
    """Raise LabelsSizeMismatchError where labels are of another size than the image."""
    shape = labels.shape if isinstance(labels, np.ndarray) else labels.shape_yx
    if shape != micrograph.shape_yx:
        raise LabelsSizeMismatchError(
            f"The labels have {_size(shape)} pixels, and {micrograph.info.file_name} has {_size(micrograph.shape_yx)}.",
            hint="Use labels that were drawn on this image.",
        )


def _count_classes(labels_n: npt.NDArray[np.int64]) -> dict[int, int]:
    """Return how many pixels each class has, by ascending id."""
    ids, counts = np.unique(labels_n, return_counts=True)
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
