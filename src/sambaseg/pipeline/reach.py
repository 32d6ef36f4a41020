"""How far trees look. Large scales tell textures apart, and mislead where labels are few; so not all trees use them.

The trees of a forest are parted by reach: near trees look at scales up to 4 px, middle ones up to 16 px, wide ones at
all that the recipe has. How many there are of each is fixed while a class has one stroke; with two strokes or more in
every class it is chosen by strokes held out: the better a reach does on strokes it was not trained on, the more trees
it gets. See decision 062.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sambaseg.features.family import BLUR_OF_RADIUS
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import plane_names
from sambaseg.forest.bins import choose_bins, quantise_planes
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.forest import Forest
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_on_bins
from sambaseg.forest.tree_groups import TreeGroup
from sambaseg.pipeline.labelled import LabelledPixels
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.strokes import find_strokes

REACHES: tuple[tuple[str, float, int], ...] = (("near", 4.0, 3), ("middle", 16.0, 2), ("wide", math.inf, 2))
"""Name, largest scale in px as a radius (blurs of 0.4 of it), and share of the trees while nothing else is known."""

PIXEL_FAMILIES = ("identity", "colour")
"""Families without scales that see the pixel alone; all trees look at them."""

FOLDS = 3
HELD_OUT_TREES = 40
HELD_OUT_SAMPLES = 6_000
"""Held-out strokes are looked at with fewer trees and samples than the forest: they only compare reaches."""

DECISIVENESS = 4.0
"""A reach that is worse by a log loss of 1/4 gets 1/e of the trees that it would get otherwise."""

SMALLEST_PROBABILITY = 0.01


@dataclass(frozen=True)
class Reach:
    """Trees of one reach: its name, the planes they look at, and their share of all trees."""

    name: str
    planes: tuple[int, ...]
    share: float


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What reaches are compared on: features (f, n), and the class of each sample."""

    features_fn: npt.NDArray[np.float32]
    class_ids_n: npt.NDArray[np.int64]


def reaches_of(recipe: FeatureRecipe, channels: int) -> list[Reach]:
    """Return the reaches of a recipe that differ, near to wide; a single one where its scales do not reach far.

    Families without scales belong to what reaches farther than near, but for those that see the pixel alone.
    """
    names, found = plane_names(recipe, channels), list[Reach]()
    total = sum(share for _, _, share in REACHES)
    for name, up_to_px, share in REACHES:
        blur_px = BLUR_OF_RADIUS * up_to_px + 1e-6
        planes = tuple(
            at
            for at, plane in enumerate(names)
            if (
                recipe.scales.blur_px(plane.sigma_px) <= blur_px
                if plane.sigma_px is not None
                else name != "near" or plane.family in PIXEL_FAMILIES
            )
        )
        if found and found[-1].planes == planes:
            found[-1] = replace(found[-1], share=found[-1].share + share / total)
        elif planes:
            found.append(Reach(name, planes, share / total))
    shares = sum(reach.share for reach in found)
    return [replace(reach, share=reach.share / shares) for reach in found]


def choose_reaches(
    training: TrainingSettings,
    recipe: FeatureRecipe,
    channels: int,
    pixels: Sequence[LabelledPixels],
    held_out: HeldOut,
    *,
    former: Classifier | None,
    threads: int,
    cancelled: CancelToken,
) -> list[Reach]:
    """Return the reaches of a training with their shares; none where all trees look at all features.

    `held_out` are the samples at `pixels` of all images. Shares are those of `former` where it is given and has the
    same reaches. Raises CancelledError.
    """
    reaches = reaches_of(recipe, channels)
    if training.reach == "whole" or training.classifier == "boosting" or len(reaches) < 2:
        return []
    if former is not None and [trees.name for trees in former.training.reaches] == [reach.name for reach in reaches]:
        return [
            replace(reach, share=trees.trees / former.training.settings.trees)
            for reach, trees in zip(reaches, former.training.reaches, strict=True)
        ]
    strokes_n = find_strokes(pixels)
    if not has_strokes_to_hold_out(held_out.class_ids_n, strokes_n):
        return reaches
    return compare_reaches(
        reaches, held_out, strokes_n, training.forest_settings(), threads=threads, cancelled=cancelled
    )


def has_strokes_to_hold_out(class_ids_n: npt.NDArray[np.int64], strokes_n: npt.NDArray[np.intp]) -> bool:
    """Return whether every class has two strokes at least."""
    return all(len(np.unique(strokes_n[class_ids_n == entry])) >= 2 for entry in np.unique(class_ids_n))


def compare_reaches(
    reaches: Sequence[Reach],
    held_out: HeldOut,
    strokes_n: npt.NDArray[np.intp],
    settings: ForestSettings,
    *,
    threads: int,
    cancelled: CancelToken,
) -> list[Reach]:
    """Return the reaches with the shares that strokes held out give them; every class needs two strokes.

    Raises CancelledError.
    """
    step = -(-len(held_out.class_ids_n) // HELD_OUT_SAMPLES)
    class_ids_n, strokes_n = held_out.class_ids_n[::step], strokes_n[::step]
    features_fn = np.ascontiguousarray(held_out.features_fn[:, ::step])
    bins = choose_bins(features_fn, threads=threads)
    bins_fn = np.empty(features_fn.shape, np.uint8)
    quantise_planes(features_fn[:, np.newaxis], bins.edges_fb, bins_fn[:, np.newaxis], 0, 0, 0)
    folds_n = _folds(class_ids_n, strokes_n)

    def loss_of(task: tuple[Reach, int]) -> npt.NDArray[np.float64]:
        cancelled.raise_if_cancelled()
        reach, fold = task
        learned, asked = folds_n != fold, folds_n == fold
        some = replace(settings, trees=HELD_OUT_TREES)
        group = TreeGroup(reach.planes, HELD_OUT_TREES)
        if len(np.unique(class_ids_n[learned])) < 2:
            return np.zeros(len(folds_n))
        forest = train_on_bins(
            bins_fn[:, learned], class_ids_n[learned], bins, settings=some, groups=[group], scored=False
        )
        loss_n = np.zeros(len(folds_n))
        loss_n[asked] = _log_loss(forest, bins_fn[:, asked], class_ids_n[asked])
        return loss_n

    tasks = [(reach, fold) for reach in reaches for fold in range(FOLDS)]
    with ThreadPoolExecutor(threads) as pool:
        losses = list(pool.map(loss_of, tasks))
    of_reaches = [
        _mean_of_classes(np.sum(losses[at * FOLDS : (at + 1) * FOLDS], axis=0), class_ids_n)
        for at in range(len(reaches))
    ]
    best = min(of_reaches)
    weights = [
        reach.share * math.exp(-DECISIVENESS * (loss - best)) for reach, loss in zip(reaches, of_reaches, strict=True)
    ]
    return [replace(reach, share=weight / sum(weights)) for reach, weight in zip(reaches, weights, strict=True)]


def groups_of(reaches: Sequence[Reach], trees: int) -> list[TreeGroup]:
    """Return the trees of each reach, `trees` in all; what rounding leaves over goes to those that lost most by it."""
    exact = [reach.share * trees for reach in reaches]
    counts = [math.floor(count) for count in exact]
    for at in sorted(range(len(exact)), key=lambda at: counts[at] - exact[at])[: trees - sum(counts)]:
        counts[at] += 1
    return [TreeGroup(reach.planes, count) for reach, count in zip(reaches, counts, strict=True)]


def _folds(class_ids_n: npt.NDArray[np.int64], strokes_n: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the fold of each sample: the strokes of each class take turns, the largest first."""
    folds_n = np.zeros(len(strokes_n), np.intp)
    for entry in np.unique(class_ids_n):
        strokes, sizes = np.unique(strokes_n[class_ids_n == entry], return_counts=True)
        for turn, at in enumerate(np.argsort(-sizes, kind="stable")):
            folds_n[strokes_n == strokes[at]] = turn % FOLDS
    return folds_n


def _log_loss(
    forest: Forest, bins_fn: npt.NDArray[np.uint8], class_ids_n: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the log loss of each sample; what a forest does not know is as bad as can be."""
    probabilities_kn = forest.predict_tile(bins_fn[:, np.newaxis])[:, 0].astype(np.float64)
    at_n = np.minimum(np.searchsorted(forest.class_ids, class_ids_n), len(forest.class_ids) - 1)
    right_n = np.where(forest.class_ids[at_n] == class_ids_n, probabilities_kn[at_n, np.arange(len(at_n))], 0.0)
    loss_n: npt.NDArray[np.float64] = -np.log(right_n * (1 - 2 * SMALLEST_PROBABILITY) + SMALLEST_PROBABILITY)
    return loss_n


def _mean_of_classes(loss_n: npt.NDArray[np.float64], class_ids_n: npt.NDArray[np.int64]) -> float:
    return float(np.mean([loss_n[class_ids_n == entry].mean() for entry in np.unique(class_ids_n)]))
