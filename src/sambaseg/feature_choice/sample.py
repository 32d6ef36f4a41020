"""The pixels that recipes are judged on: labelled ones, with which are held out together, and some spread over all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sambaseg.feature_choice.held_out import LabelledSample
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.train import check_class_count
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.class_fractions import choose_places
from sambaseg.pipeline.labelled import LabelledPixels, Labels, choose_labelled, count_labels
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.training_sample import check_sample_size, compute_samples
from sambaseg.trust.folds import choose_folds

SAMPLES = 6_000
"""Labelled pixels that are looked at, evenly spaced in each class."""


def take_sample(
    labelled: Sequence[tuple[Micrograph, Labels]],
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    threads: int,
    max_sample_bytes: int | None = None,
    share: float = 1.0,
    progress: ReportProgress | None = None,
    cancelled: CancelToken,
) -> tuple[LabelledSample, dict[int, int]]:
    """Return bins, classes and folds of some labelled pixels and bins of others; and how many strokes each class has.

    `share` is how much of all work this is. Raises NotEnoughLabelsError for fewer than two classes, MemoryBudgetError,
    CancelledError.
    """
    counts: Counter[int] = Counter()
    for _, labels in labelled:
        counts.update(count_labels(labels))
    check_class_count(np.array(list(counts), np.int64))
    points = min(SAMPLES, training.points or SAMPLES)
    channels = labelled[0][0].channels
    check_sample_size(min(points, sum(counts.values())), recipe, channels, max_sample_bytes)
    chosen = choose_labelled(
        [labels for _, labels in labelled], dict(sorted(counts.items())), points=points, seed=training.seed
    )
    began = time.monotonic()
    scaling, micrographs = Scaling.for_image(labelled[0][0]), [micrograph for micrograph, _ in labelled]

    def features_of(pixels: Sequence[LabelledPixels], first: float, last: float) -> npt.NDArray[np.float32]:
        return compute_samples(
            micrographs,
            pixels,
            recipe,
            scaling,
            threads=threads,
            stage_of=lambda start, end: Stage(
                progress,
                "Computing features",
                start=share * (first + (last - first) * start),
                end=share * (first + (last - first) * end),
                began=began,
            ),
            cancelled=cancelled,
        )

    features_fn = features_of(chosen, 0.0, 0.5)
    looked_fm = features_of(choose_places([micrograph.shape_yx for micrograph in micrographs]), 0.5, 1.0)
    class_ids_n = np.concatenate([pixels.class_ids_n for pixels in chosen if len(pixels)]).astype(np.int64)
    folds = choose_folds(chosen)
    sample = LabelledSample.of_features(
        features_fn, looked_fm, class_ids_n, folds.folds_n, recipe, channels, threads=threads
    )
    return sample, folds.strokes_of_class
