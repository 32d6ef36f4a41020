"""What other forests, trained on the same strokes, say of the pixels looked at.

Where a segmentation follows from what is labelled, it does not matter how trees look or grow. Elsewhere forests fill in
what they like, each its own way, and where they differ nobody can tell which is right.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sambaseg.forest.classifier import Classifier
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_on_bins
from sambaseg.pipeline.progress import CancelToken
from sambaseg.trust.binned import BinnedSample, probabilities_of, weighed_as

WHOLE_TREES = 60
OTHER_TREES, OTHER_DEPTH = 40, 24


def ask_other_forests(
    classifier: Classifier, sample: BinnedSample, *, threads: int, cancelled: CancelToken
) -> tuple[npt.NDArray[np.intp], ...]:
    """Return the answers (places in the classifier's classes) of two other forests to the pixels looked at.

    One is of another kind: a random forest whose trees are deep, or extra trees where the classifier is such a forest.
    The other is grown as the classifier's, and all its trees look at all features. Raises CancelledError.
    """
    settings, class_ids = classifier.training.settings, classifier.forest.class_ids
    whole = replace(settings, trees=min(WHOLE_TREES, settings.trees))
    other = ForestSettings(
        trees=OTHER_TREES,
        depth=OTHER_DEPTH,
        balance=settings.balance,
        seed=settings.seed,
        classifier="extra_trees" if settings.classifier == "forest" else "forest",
    )

    def ask(settings: ForestSettings) -> npt.NDArray[np.intp]:
        forest = train_on_bins(
            sample.bins_fn,
            sample.class_ids_n,
            sample.bins,
            settings=settings,
            cancelled=lambda: cancelled.cancelled,
        )
        forest = weighed_as(classifier.forest, forest)
        answers_m: npt.NDArray[np.intp] = probabilities_of(forest, sample.looked_fm, class_ids).argmax(axis=0)
        return answers_m

    with ThreadPoolExecutor(threads) as pool:
        return tuple(pool.map(ask, (other, whole)))
