"""How well a recipe tells strokes apart that were held out.

The strokes of each class take turns among five folds; small forests of the classifier's kind are trained without each
fold and asked about it. Two measures: the mean IoU, which people know, and the log loss, which still tells recipes
apart where all strokes are told right. Each class weighs the same, whatever was labelled of it.

Strokes lie where things are clear, and often tell all recipes alike. So the forests are asked about pixels spread over
the image too: by how many of them a recipe would change the segmentation.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sambaseg.errors import NotEnoughLabelsError
from sambaseg.feature_choice.groups import find_planes
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import PlaneName, plane_names
from sambaseg.forest.bins import FeatureBins, choose_bins, quantise_planes
from sambaseg.forest.forest import Forest
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_on_bins
from sambaseg.forest.tree_groups import TreeGroup
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.reach import groups_of, reaches_of
from sambaseg.pipeline.settings import TrainingSettings

TREES = 60
"""Of each small forest: few enough to try a dozen recipes in seconds."""

SMALLEST_PROBABILITY = 0.01
"""What is surely wrong costs a log loss of 4.6, and no more."""


@dataclass(frozen=True, eq=False)
class LabelledSample:
    """Labelled pixels: bins of all planes of the whole recipe (f, n), class ids, and the fold of each (from 0).

    ``looked_bins_fm`` are those of pixels spread over the images.
    """

    bins_fn: npt.NDArray[np.uint8]
    looked_bins_fm: npt.NDArray[np.uint8]
    bins: FeatureBins
    class_ids_n: npt.NDArray[np.int64]
    folds_n: npt.NDArray[np.intp]
    planes: tuple[PlaneName, ...]
    channels: int

    @classmethod
    def of_features(
        cls,
        features_fn: npt.NDArray[np.float32],
        looked_fm: npt.NDArray[np.float32],
        class_ids_n: npt.NDArray[np.int64],
        folds_n: npt.NDArray[np.intp],
        recipe: FeatureRecipe,
        channels: int,
        *,
        threads: int,
    ) -> LabelledSample:
        """Return the sample of features of `recipe`: (f, n) of labelled pixels, (f, m) of those spread over images."""
        bins = choose_bins(features_fn, threads=threads)
        bins_fn, looked_bins_fm = _quantise(features_fn, bins), _quantise(looked_fm, bins)
        names = tuple(plane_names(recipe, channels))
        return cls(bins_fn, looked_bins_fm, bins, class_ids_n, folds_n, names, channels)

    def holds(self, recipe: FeatureRecipe) -> bool:
        """Return whether all planes of a recipe are there, and any at all."""
        return bool(find_planes(recipe, self.planes, self.channels))


def _quantise(features_fn: npt.NDArray[np.float32], bins: FeatureBins) -> npt.NDArray[np.uint8]:
    bins_fn = np.empty(features_fn.shape, np.uint8)
    quantise_planes(features_fn[:, np.newaxis], bins.edges_fb, bins_fn[:, np.newaxis], 0, 0, 0)
    return bins_fn


@dataclass(frozen=True, eq=False)
class FoldForest:
    """A forest that was trained without some pixels; their places in the sample, and their bins (f, m)."""

    forest: Forest
    asked_n: npt.NDArray[np.intp]
    bins_fm: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What came of a recipe: a forest for each fold, both measures over all pixels that were held out, and the places
    of the classes that all forests together give to the pixels spread over the images.

    ``steadiness`` is the mean agreement of single forests with all together: how much the segmentation stays as it is
    where some strokes are left out.
    """

    recipe: FeatureRecipe
    folds: tuple[FoldForest, ...]
    loss: float
    iou: float
    elsewhere_m: npt.NDArray[np.intp]
    steadiness: float

    def changed_from(self, other: Judgement) -> float:
        """Return the share of the images that gets another class than from `other`, 0 to 1."""
        return float((self.elsewhere_m != other.elsewhere_m).mean())

    def agreement_with(self, other: Judgement) -> float:
        """Return the mean IoU of the two segmentations over the classes that either has: 1 where they are alike.

        A rare class that goes lost counts more here than its pixels do.
        """
        return agreement_of(self.elsewhere_m, other.elsewhere_m)


def agreement_of(one_m: npt.NDArray[np.intp], other_m: npt.NDArray[np.intp]) -> float:
    """Return the mean IoU of two segmentations over the classes that either has."""
    ious = []
    for place in np.union1d(one_m, other_m):
        in_one_m, in_other_m = one_m == place, other_m == place
        ious.append((in_one_m & in_other_m).sum() / (in_one_m | in_other_m).sum())
    return float(np.mean(ious))


def judge(
    sample: LabelledSample,
    recipe: FeatureRecipe,
    training: TrainingSettings,
    *,
    threads: int,
    cancelled: CancelToken,
) -> Judgement:
    """Return how well `recipe`, whose planes the sample holds, tells strokes held out.

    Folds without which fewer than two classes are left are not asked. Raises NotEnoughLabelsError where that is all,
    CancelledError.
    """
    planes = find_planes(recipe, sample.planes, sample.channels) or []
    bins_fn = sample.bins_fn[planes]
    bins = FeatureBins(sample.bins.edges_fb[planes], sample.bins.lowest_fb[planes], sample.bins.highest_fb[planes])
    settings = replace(training.forest_settings(), trees=min(TREES, training.trees))
    groups = _groups(training, recipe, sample.channels, settings)

    def train_without(fold: int) -> FoldForest | None:
        learned, asked_n = sample.folds_n != fold, np.flatnonzero(sample.folds_n == fold)
        if len(asked_n) == 0 or len(np.unique(sample.class_ids_n[learned])) < 2:
            return None
        forest = train_on_bins(
            np.ascontiguousarray(bins_fn[:, learned]),
            sample.class_ids_n[learned],
            bins,
            settings=settings,
            groups=groups,
            scored=False,
            cancelled=lambda: cancelled.cancelled,
        )
        return FoldForest(forest, asked_n, np.ascontiguousarray(bins_fn[:, asked_n]))

    with ThreadPoolExecutor(threads) as pool:
        trained = [fold for fold in pool.map(train_without, range(int(sample.folds_n.max()) + 1)) if fold is not None]
    cancelled.raise_if_cancelled()
    if not trained:
        raise NotEnoughLabelsError(
            "Too little is labelled to hold any of it out.", hint="Mark each class at two places or more."
        )
    loss, iou = measure(sample, [(fold.asked_n, probabilities_of(fold, sample, fold.bins_fm)) for fold in trained])
    looked_bins_fm = np.ascontiguousarray(sample.looked_bins_fm[planes])
    elsewhere = [probabilities_of(fold, sample, looked_bins_fm) for fold in trained]
    elsewhere_m = np.sum(elsewhere, axis=0).argmax(axis=0)
    steadiness = float(np.mean([agreement_of(of_fold_km.argmax(axis=0), elsewhere_m) for of_fold_km in elsewhere]))
    return Judgement(recipe, tuple(trained), loss, iou, elsewhere_m, steadiness)


def _groups(
    training: TrainingSettings, recipe: FeatureRecipe, channels: int, settings: ForestSettings
) -> list[TreeGroup]:
    """Return which trees look how far, in the usual shares; none where all look at all."""
    reaches = reaches_of(recipe, channels)
    graded = training.reach == "graded" and training.classifier != "boosting" and len(reaches) > 1
    return [group for group in groups_of(reaches, settings.trees) if group.trees] if graded else []


def probabilities_of(
    fold: FoldForest, sample: LabelledSample, bins_fm: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Return the probabilities (k, m) of all classes of the sample; 0 for one that the forest does not know."""
    class_ids = np.unique(sample.class_ids_n)
    known_km = fold.forest.predict_tile(bins_fm[:, np.newaxis])[:, 0]
    all_km = np.zeros((len(class_ids), bins_fm.shape[1]))
    all_km[np.searchsorted(class_ids, fold.forest.class_ids)] = known_km
    return all_km


def measure(
    sample: LabelledSample, answers: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]]
) -> tuple[float, float]:
    """Return log loss and mean IoU of probabilities (k, m) of pixels of the sample; each class weighs the same."""
    asked_n = np.concatenate([asked for asked, _ in answers])
    probabilities_kn = np.concatenate([probabilities for _, probabilities in answers], axis=1)
    class_ids = np.unique(sample.class_ids_n)
    truth_n = np.searchsorted(class_ids, sample.class_ids_n[asked_n])
    counts_k = np.bincount(truth_n, minlength=len(class_ids))
    weight_n = 1 / counts_k[truth_n]
    right_n = probabilities_kn[truth_n, np.arange(len(truth_n))]
    loss_n = -np.log(right_n * (1 - 2 * SMALLEST_PROBABILITY) + SMALLEST_PROBABILITY)
    asked_classes = np.flatnonzero(counts_k)
    answer_n = probabilities_kn.argmax(axis=0)
    told_kk = np.zeros((len(class_ids), len(class_ids)))
    np.add.at(told_kk, (truth_n, answer_n), weight_n)
    both_k = np.diag(told_kk)
    iou_k = both_k / np.maximum(told_kk.sum(axis=0) + told_kk.sum(axis=1) - both_k, 1e-12)
    return float((loss_n * weight_n).sum() / len(asked_classes)), float(iou_k[asked_classes].mean())
