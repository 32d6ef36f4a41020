"""Training again without some strokes, and asking about these: grouped cross-validation (Roberts et al. 2017).

Each fold trains a smaller forest of the classifier's kind, with its settings, bin edges, trees by reach and class
factors, and answers for the strokes of its fold. It is also asked about pixels spread over the image: where forests of
different strokes disagree, the segmentation hangs on where the strokes happen to lie.

Roberts et al., Cross-validation strategies for data with temporal, spatial, hierarchical, or phylogenetic structure,
Ecography 40 (2017) 913–929.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sambaseg.forest.classifier import Classifier
from sambaseg.forest.forest import Forest
from sambaseg.forest.train import train_on_bins
from sambaseg.forest.tree_groups import TreeGroup
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.reach import Reach, groups_of, reaches_of
from sambaseg.trust.binned import BinnedSample, probabilities_of, weighed_as

TREES = 60
"""Of each forest that is trained without some strokes: few enough to be quick, and mostly the same classes."""


@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """What forests say of strokes that they were not trained on.

    ``truth_n`` and ``answer_n`` are places in the classifier's classes of each pixel that was held out, ``groups_n``
    its group. ``elsewhere`` has the probabilities (k, m) that each fold gives to the pixels looked at besides.
    """

    truth_n: npt.NDArray[np.intp]
    answer_n: npt.NDArray[np.intp]
    groups_n: npt.NDArray[np.intp]
    elsewhere: tuple[npt.NDArray[np.float32], ...]


def hold_out_strokes(
    classifier: Classifier, sample: BinnedSample, *, threads: int, cancelled: CancelToken | None = None
) -> HeldOutAnswers:
    """Return what forests of each fold say of the strokes that they were not trained on, and of the pixels looked at.

    Folds without which fewer than two classes are left are not asked. Raises CancelledError.
    """
    cancelled = cancelled or CancelToken()
    class_ids, class_ids_n, folds_n = classifier.forest.class_ids, sample.class_ids_n, sample.folds_n

    def ask(fold: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]] | None:
        cancelled.raise_if_cancelled()
        learned_n, asked = folds_n != fold, np.flatnonzero(folds_n == fold)
        if len(asked) == 0 or len(np.unique(class_ids_n[learned_n])) < 2:
            return None
        smaller = _train(classifier, sample, learned_n, cancelled)
        answers_n = probabilities_of(smaller, sample.bins_fn[:, asked], class_ids).argmax(axis=0)
        return asked, answers_n, probabilities_of(smaller, sample.looked_fm, class_ids)

    with ThreadPoolExecutor(threads) as pool:
        told = [answer for answer in pool.map(ask, range(int(folds_n.max(initial=0)) + 1)) if answer is not None]
    asked_n = np.concatenate([np.zeros(0, np.intp), *(asked for asked, _, _ in told)])
    return HeldOutAnswers(
        truth_n=np.searchsorted(class_ids, class_ids_n[asked_n]),
        answer_n=np.concatenate([np.zeros(0, np.intp), *(answers for _, answers, _ in told)]),
        groups_n=sample.groups_n[asked_n],
        elsewhere=tuple(probabilities for _, _, probabilities in told),
    )


def _train(
    classifier: Classifier, sample: BinnedSample, learned_n: npt.NDArray[np.bool_], cancelled: CancelToken
) -> Forest:
    settings = replace(classifier.training.settings, trees=min(TREES, classifier.training.settings.trees))
    forest = train_on_bins(
        np.ascontiguousarray(sample.bins_fn[:, learned_n]),
        sample.class_ids_n[learned_n],
        sample.bins,
        settings=settings,
        groups=_groups(classifier, settings.trees),
        cancelled=lambda: cancelled.cancelled,
    )
    return weighed_as(classifier.forest, forest)


def _groups(classifier: Classifier, trees: int) -> Sequence[TreeGroup]:
    """Return which trees look how far, in the shares that the classifier has; none where all look at all."""
    shares = {reach.name: reach.trees / classifier.training.settings.trees for reach in classifier.training.reaches}
    reaches = [
        Reach(reach.name, reach.planes, shares[reach.name])
        for reach in reaches_of(classifier.recipe, classifier.channels)
        if reach.name in shares
    ]
    return groups_of(reaches, trees) if len(reaches) == len(shares) and reaches else []
