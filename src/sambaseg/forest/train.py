"""Training a forest on labelled samples, on several threads, with the same result for any number of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sambaseg.errors import CancelledError, MemoryBudgetError, NotEnoughLabelsError, ParameterError
from sambaseg.forest.bins import Edges, FeatureBins, choose_bins, keep_bins, quantise_planes
from sambaseg.forest.boosting import BoostingSample, boost
from sambaseg.forest.forest import MAX_CLASSES, MAX_NODES, BinArray, FloatArray, Forest, OutOfBag
from sambaseg.forest.grow import grow_trees
from sambaseg.forest.growing_room import (
    BEST_CUTS,
    RANDOM_CUTS,
    GrowingPlan,
    GrowingRoom,
    TrainingSample,
    make_room,
    trees_at_once,
)
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.tree_groups import TreeGroup, order_trees
from sambaseg.forest.watching import AskCancelled, Preview, TellShare

OUT_OF_BAG_SAMPLES = 50_000
"""The out-of-bag score is measured on at most this many samples, evenly spaced."""


def train_forest(
    features_nf: FloatArray,
    class_ids_n: npt.NDArray[np.integer],
    settings: ForestSettings | None = None,
    *,
    threads: int = 1,
    groups: Sequence[TreeGroup] = (),
    edges_fb: Edges | None = None,
    scored: bool = True,
    preview: Preview | None = None,
    progress: TellShare | None = None,
    cancelled: AskCancelled | None = None,
) -> Forest:
    """Return a forest trained on samples (n, features), finite, of classes (n), any ids above 0.

    A class with one sample is trained too. The same seed gives the same bits on any number of threads. `groups` say
    which trees look at which features, as many trees in all as the settings say; without them all look at all, as they
    do with boosting. `edges_fb` are bin edges (features, 255) of an earlier forest to be kept; new ones are chosen
    where it is None. Where it is `scored`, a random forest has an out-of-bag score; extra trees and boosting have none.
    Raises NotEnoughLabelsError for fewer than two classes, ParameterError for shapes that do not fit, values that are
    not finite or more than 255 classes, and CancelledError.
    """
    if features_nf.ndim != 2 or class_ids_n.shape != features_nf.shape[:1] or features_nf.shape[1] == 0:
        raise ParameterError(
            f"Training needs samples (n, features) and n class ids, not {features_nf.shape} and {class_ids_n.shape}."
        )
    if not np.isfinite(features_nf).all():
        raise ParameterError("The features of the training samples must be finite numbers.")
    check_class_count(class_ids_n)
    features_fn = np.ascontiguousarray(features_nf.T, np.float32)
    if edges_fb is not None and edges_fb.shape[0] != len(features_fn):
        raise ParameterError(f"The bin edges are for {len(edges_fb)} features, not for {len(features_fn)}.")
    if edges_fb is None:
        bins = choose_bins(features_fn, threads=threads)
    else:
        bins = keep_bins(edges_fb, features_fn, threads=threads)
    bins_fn = np.empty(features_fn.shape, np.uint8)
    quantise_planes(features_fn[:, np.newaxis], bins.edges_fb, bins_fn[:, np.newaxis], 0, 0, 0)
    return train_on_bins(
        bins_fn,
        class_ids_n,
        bins,
        settings=settings,
        threads=threads,
        groups=groups,
        scored=scored,
        preview=preview,
        progress=progress,
        cancelled=cancelled,
    )


def check_class_count(class_ids_n: npt.NDArray[np.integer]) -> None:
    """Raise NotEnoughLabelsError for fewer than two classes, ParameterError for more than 255 or ids below 1."""
    found = np.unique(class_ids_n)
    if len(found) == 0:
        raise NotEnoughLabelsError(
            "Training needs labels of two classes at least, and nothing is labelled.",
            hint="Mark some pixels of each phase.",
        )
    if len(found) == 1:
        raise NotEnoughLabelsError(
            f"Training needs labels of two classes at least, and only class {found[0]} has any.",
            hint="Mark some pixels of another phase too.",
        )
    if len(found) > MAX_CLASSES:
        raise ParameterError(f"A classifier tells at most {MAX_CLASSES} classes apart, not {len(found)}.")
    if found[0] < 1:
        raise ParameterError(f"Class ids must be above 0, not {found[0]}.")


def train_on_bins(
    bins_fn: BinArray,
    class_ids_n: npt.NDArray[np.integer],
    bins: FeatureBins,
    *,
    settings: ForestSettings | None = None,
    threads: int = 1,
    groups: Sequence[TreeGroup] = (),
    scored: bool = True,
    preview: Preview | None = None,
    progress: TellShare | None = None,
    cancelled: AskCancelled | None = None,
) -> Forest:
    """Return a forest trained on samples that were binned before, (features, n); the rest as `train_forest`."""
    check_class_count(class_ids_n)
    settings = settings or ForestSettings()
    class_ids, classes_n = np.unique(class_ids_n, return_inverse=True)
    weights_k = _class_weights(classes_n, settings)
    if settings.classifier == "boosting":
        boosted = BoostingSample(bins_fn, bins, class_ids.astype(np.int64), classes_n, weights_k[classes_n])
        return boost(boosted, settings, threads=threads, preview=preview, progress=progress, cancelled=cancelled)
    voters = OUT_OF_BAG_SAMPLES if scored and settings.classifier == "forest" else 0
    sample = _order_by_class(bins_fn, classes_n, weights_k, bins, voters)
    groups = groups or [TreeGroup(tuple(range(len(bins_fn))), settings.trees)]
    _check_groups(groups, settings.trees, len(bins_fn))
    growth = _Growth(sample, _plan(settings, groups), settings.trees, progress, cancelled)
    class_ids = class_ids.astype(np.int64)
    votes: list[npt.NDArray[np.int64]] = []
    with ThreadPoolExecutor(threads) as pool:
        if preview is not None and preview.trees < settings.trees:
            growth.begin(0, preview.trees)
            votes += pool.map(lambda _: growth.work(), range(threads))
            preview.take(growth.forest(class_ids, None))
            growth.begin(preview.trees, settings.trees)
        else:
            growth.begin(0, settings.trees)
        votes += pool.map(lambda _: growth.work(), range(threads))
    return growth.forest(class_ids, np.sum(votes, axis=0))


def _order_by_class(
    bins_fn: BinArray,
    classes_n: npt.NDArray[np.intp],
    weights_k: npt.NDArray[np.float64],
    bins: FeatureBins,
    voters: int,
) -> TrainingSample:
    """Return the sample in the order of classes, at most `voters` of it, evenly spaced, to be voted on."""
    step = -(-len(classes_n) // voters) if voters else 0
    order_m = np.argsort(classes_n.astype(np.uint8), kind="stable")
    return TrainingSample(
        bins_fm=np.take(bins_fn, order_m, axis=1),
        order_m=order_m,
        class_starts=np.append(0, np.cumsum(np.bincount(classes_n, minlength=len(weights_k)))),
        voters_v=np.flatnonzero(order_m % step == 0) if voters else np.zeros(0, np.intp),
        weights_k=weights_k,
        edges_fb=bins.edges_fb,
        lowest_fb=bins.lowest_fb,
        highest_fb=bins.highest_fb,
    )


def _check_groups(groups: Sequence[TreeGroup], trees: int, features: int) -> None:
    if sum(group.trees for group in groups) != trees:
        raise ParameterError(f"The groups have {sum(group.trees for group in groups)} trees in all, not {trees}.")
    if not all(0 <= feature < features for group in groups for feature in group.features):
        raise ParameterError(f"A group of trees looks at a feature that the sample of {features} does not have.")


def _class_weights(classes_n: npt.NDArray[np.intp], settings: ForestSettings) -> npt.NDArray[np.float64]:
    """Return the weight of one sample of each class, as scikit-learn's class_weight="balanced"."""
    counts_k = np.bincount(classes_n).astype(np.float64)
    if settings.balance == "none":
        return np.ones(len(counts_k))
    weights_k: npt.NDArray[np.float64] = len(classes_n) / (len(counts_k) * counts_k)
    return weights_k


def _plan(settings: ForestSettings, groups: Sequence[TreeGroup]) -> GrowingPlan:
    features_gf = np.zeros((len(groups), max(len(group.features) for group in groups)), np.int64)
    for features_f, group in zip(features_gf, groups, strict=True):
        features_f[: len(group.features)] = group.features
    return GrowingPlan(
        group_of_t=np.array(order_trees(groups), np.int64),
        features_gf=features_gf,
        counts_g=np.array([len(group.features) for group in groups], np.int64),
        per_split_g=np.array([settings.features_at_split(len(group.features)) for group in groups], np.int64),
        depth=settings.depth,
        min_leaf=settings.min_leaf,
        cuts=BEST_CUTS if settings.classifier == "forest" else RANDOM_CUTS,
        seed=settings.seed,
    )


@dataclass(frozen=True)
class _Trees:
    """Some trees, one after the other."""

    node_feature: npt.NDArray[np.int32]
    node_bin: BinArray
    parts_lk: npt.NDArray[np.uint32]
    node_counts_t: npt.NDArray[np.int64]
    decrease_tf: npt.NDArray[np.float64]


@dataclass
class _Growth:
    """The trees of one forest while they are grown, by any number of threads that run `work`."""

    sample: TrainingSample
    plan: GrowingPlan
    trees: int
    progress: TellShare | None
    cancelled: AskCancelled | None
    grown: dict[int, _Trees] = field(default_factory=dict)
    nodes: int = 0
    done: int = 0
    waiting: Iterator[range] = field(default_factory=lambda: iter(()))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, first: int, end: int) -> None:
        """Say that trees from `first` to `end` are to be grown next."""
        step = trees_at_once(self.sample.bins_fm.shape[1])
        self.waiting = iter([range(start, min(start + step, end)) for start in range(first, end, step)])

    def work(self) -> npt.NDArray[np.int64]:
        """Grow trees until there are enough; return the votes of samples outside them (voters, k).

        Raises CancelledError, and MemoryBudgetError where the forest grows too large.
        """
        room = make_room(self.sample, self.plan.depth)
        for numbers in self.waiting:
            if self.cancelled is not None and self.cancelled():
                deque(self.waiting, maxlen=0)  # so that no other thread begins another tree
                raise CancelledError("Training was cancelled before it ended.", hint="Start it again when you like.")
            grow_trees(self.sample, self.plan, room, numbers[0], len(numbers))
            self._keep(numbers, room)
        return room.votes_vk

    def _keep(self, numbers: range, room: GrowingRoom) -> None:
        count = len(numbers)
        nodes, leaves = room.node_ends_t[count - 1], room.leaf_ends_t[count - 1]
        trees = _Trees(
            room.node_feature[:nodes].copy(),
            room.node_bin[:nodes].copy(),
            room.parts_lk[:leaves].copy(),
            np.diff(room.node_ends_t[:count], prepend=0),
            room.decrease_tf[:count].copy(),
        )
        with self.lock:
            self.grown[numbers[0]] = trees
            self.nodes += int(nodes)
            self.done += count
            done = self.done
        if self.nodes > MAX_NODES:
            deque(self.waiting, maxlen=0)
            raise MemoryBudgetError(
                f"The forest would have more than {MAX_NODES:,} nodes.", hint="Use fewer trees, or less depth."
            )
        if self.progress is not None:
            self.progress(done / self.trees)

    def forest(self, class_ids: npt.NDArray[np.int64], votes_vk: npt.NDArray[np.int64] | None) -> Forest:
        """Return the forest of all trees that are grown; without votes it has no score."""
        trees = [self.grown[first] for first in sorted(self.grown)]
        starts = self.sample.class_starts
        truth_v = np.searchsorted(starts, self.sample.voters_v, side="right") - 1
        return Forest(
            class_ids=class_ids,
            edges_fb=self.sample.edges_fb,
            node_feature=np.concatenate([each.node_feature for each in trees]),
            node_bin=np.concatenate([each.node_bin for each in trees]),
            tree_starts=np.cumsum(np.concatenate([[0], *(each.node_counts_t for each in trees)]), dtype=np.int64),
            parts_lk=np.concatenate([each.parts_lk for each in trees]),
            importances_f=_importances(np.concatenate([each.decrease_tf for each in trees])),
            out_of_bag=None if votes_vk is None else _score_out_of_bag(votes_vk, truth_v),
        )


def _importances(decrease_tf: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean over trees of the share of the impurity that each feature takes away."""
    tiny = np.finfo(np.float64).tiny
    total_f = (decrease_tf / np.maximum(decrease_tf.sum(axis=1, keepdims=True), tiny)).sum(axis=0)
    shares_f: npt.NDArray[np.float64] = np.maximum(total_f / max(total_f.sum(), tiny), 0.0)
    return shares_f


def _score_out_of_bag(votes_vk: npt.NDArray[np.int64], truth_v: npt.NDArray[np.intp]) -> OutOfBag | None:
    """Return how often the votes name the right class; None where no sample has any votes."""
    voted = votes_vk.any(axis=1)
    if not voted.any():
        return None
    truth_v = truth_v[voted]
    right = votes_vk[voted].argmax(axis=1) == truth_v
    by_class = tuple(
        float(right[truth_v == c].mean()) if (truth_v == c).any() else None for c in range(votes_vk.shape[1])
    )
    return OutOfBag(float(right.mean()), by_class)
