"""Training a forest on labelled samples, on several threads, with the same result for any number of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sambaseg.errors import CancelledError, MemoryBudgetError, NotEnoughLabelsError, ParameterError
from sambaseg.forest.bins import Edges, FeatureBins, choose_bins, keep_bins, quantise_planes
from sambaseg.forest.boosting import BoostingSample, boost
from sambaseg.forest.forest import MAX_CLASSES, MAX_NODES, BinArray, FloatArray, Forest, OutOfBag, pair_values
from sambaseg.forest.grow import BEST_CUTS, RANDOM_CUTS, WHOLE, TrainingSample, draw_bootstrap, grow_tree
from sambaseg.forest.grow import make_room as make_growing_room
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.tree_groups import TreeGroup, order_trees
from sambaseg.forest.walk import WalkableTrees, link_nodes, vote_out_of_bag
from sambaseg.forest.walk import make_room as make_walking_room
from sambaseg.forest.walk_blocks import BLOCK_PX
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
    preview: Preview | None = None,
    progress: TellShare | None = None,
    cancelled: AskCancelled | None = None,
) -> Forest:
    """Return a forest trained on samples (n, features), finite, of classes (n), any ids above 0.

    A class with one sample is trained too. The same seed gives the same bits on any number of threads. `groups` say
    which trees look at which features, as many trees in all as the settings say; without them all look at all, as they
    do with boosting. `edges_fb` are bin edges (features, 255) of an earlier forest to be kept; new ones are chosen
    where it is None. Raises NotEnoughLabelsError for fewer than two classes, ParameterError for shapes that do not fit,
    values that are not finite or more than 255 classes, and CancelledError.
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
    sample = TrainingSample(
        np.ascontiguousarray(bins_fn), classes_n.astype(np.uint8), weights_k,
        bins.edges_fb, bins.lowest_fb, bins.highest_fb,
    )  # fmt: skip
    groups = groups or [TreeGroup(tuple(range(len(bins_fn))), settings.trees)]
    _check_groups(groups, settings.trees, len(bins_fn))
    growth, class_ids = _Growth(sample, settings, groups, progress, cancelled), class_ids.astype(np.int64)
    votes: list[npt.NDArray[np.uint64]] = []
    with ThreadPoolExecutor(threads) as pool:
        if preview is not None and preview.trees < settings.trees:
            growth.numbers = iter(range(preview.trees))
            votes += pool.map(lambda _: growth.work(), range(threads))
            preview.take(growth.forest(class_ids, preview.trees, None))
            growth.numbers = iter(range(preview.trees, settings.trees))
        votes += pool.map(lambda _: growth.work(), range(threads))
    return growth.forest(class_ids, settings.trees, np.sum(votes, axis=0, dtype=np.uint64))


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


@dataclass(frozen=True)
class _Tree:
    node_feature: npt.NDArray[np.int32]
    node_bin: BinArray
    parts_lk: npt.NDArray[np.uint32]
    decrease_f: npt.NDArray[np.float64]


@dataclass
class _Growth:
    """The trees of one forest while they are grown, by any number of threads that run `work`.

    ``numbers`` gives out the trees that are to be grown next, each to one thread.
    """

    sample: TrainingSample
    settings: ForestSettings
    groups: Sequence[TreeGroup]
    progress: TellShare | None
    cancelled: AskCancelled | None
    trees: dict[int, _Tree] = field(default_factory=dict)
    nodes: int = 0
    numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        features, samples = self.sample.bins_fn.shape
        self.numbers = iter(range(self.settings.trees))
        self._group_of = order_trees(self.groups)
        self._features_of = [np.array(group.features, np.int64) for group in self.groups]
        self._voters = np.arange(0, samples, -(-samples // OUT_OF_BAG_SAMPLES))
        blocks = -(-len(self._voters) // BLOCK_PX)
        padded_fn = np.zeros((features, blocks * BLOCK_PX), np.uint8)
        padded_fn[:, : len(self._voters)] = self.sample.bins_fn[:, self._voters]
        by_block = padded_fn.reshape(features, blocks, BLOCK_PX).transpose(1, 0, 2)
        self._blocks_bi = np.ascontiguousarray(by_block).reshape(blocks, features * BLOCK_PX)

    def work(self) -> npt.NDArray[np.uint64]:
        """Grow trees until there are enough; return the votes of samples outside them (voters, pairs + 1).

        Raises CancelledError, and MemoryBudgetError where the forest grows too large.
        """
        features, samples = self.sample.bins_fn.shape
        classes, depth = len(self.sample.weights_k), self.settings.depth
        room = make_growing_room(features, samples, classes, depth)
        walking_room = make_walking_room(features, classes // 2, depth)
        times_n = np.ones(samples, np.uint16)
        votes_np = np.zeros((len(self._voters), classes // 2 + 1), np.uint64)
        drawn = self.settings.classifier == "forest"
        cuts = BEST_CUTS if drawn else RANDOM_CUTS
        for number in self.numbers:
            if self.cancelled is not None and self.cancelled():
                deque(self.numbers, maxlen=0)  # so that no other thread begins another tree
                raise CancelledError("Training was cancelled before it ended.", hint="Start it again when you like.")
            if drawn:
                draw_bootstrap(times_n, self.settings.seed, number)
            decrease_f, features_g = np.zeros(features), self._features_of[self._group_of[number]]
            shape = (self.settings.features_at_split(len(features_g)), depth, self.settings.min_leaf, cuts)
            nodes, leaves = grow_tree(
                self.sample, room, features_g, times_n, decrease_f, shape, self.settings.seed, number
            )
            tree = _Tree(
                room.node_feature[:nodes].copy(),
                room.node_bin[:nodes].copy(),
                room.parts_lk[:leaves].copy(),
                decrease_f,
            )
            self._keep(number, tree)
            if drawn:
                vote_out_of_bag(_walkable(tree), walking_room, self._blocks_bi, self._voters, times_n, votes_np)
        return votes_np

    def _keep(self, number: int, tree: _Tree) -> None:
        self.trees[number] = tree
        self.nodes += len(tree.node_feature)
        if self.nodes > MAX_NODES:
            deque(self.numbers, maxlen=0)
            raise MemoryBudgetError(
                f"The forest would have more than {MAX_NODES:,} nodes.", hint="Use fewer trees, or less depth."
            )
        if self.progress is not None:
            self.progress(len(self.trees) / self.settings.trees)

    def forest(self, class_ids: npt.NDArray[np.int64], count: int, votes_np: npt.NDArray[np.uint64] | None) -> Forest:
        """Return the forest of the first `count` trees, when they are grown; without votes it has no score."""
        trees = [self.trees[number] for number in range(count)]
        classes_n = self.sample.classes_n[self._voters]
        return Forest(
            class_ids=class_ids,
            edges_fb=self.sample.edges_fb,
            node_feature=np.concatenate([tree.node_feature for tree in trees]),
            node_bin=np.concatenate([tree.node_bin for tree in trees]),
            tree_starts=np.cumsum([0, *(len(tree.node_feature) for tree in trees)], dtype=np.int64),
            parts_lk=np.concatenate([tree.parts_lk for tree in trees]),
            importances_f=_importances([tree.decrease_f for tree in trees]),
            out_of_bag=None if votes_np is None else _score_out_of_bag(votes_np, classes_n, len(class_ids)),
        )


def _walkable(tree: _Tree) -> WalkableTrees:
    nodes, roots = np.zeros(len(tree.node_feature), np.uint64), np.zeros(1, np.uint64)
    starts = np.array([0, len(tree.node_feature)], np.int64)
    depth, _ = link_nodes(tree.node_feature, tree.node_bin, starts, nodes, roots)
    return WalkableTrees(nodes, roots, pair_values(tree.parts_lk), depth, 0.0, np.zeros(tree.parts_lk.shape[1]))


def _importances(decreases: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the mean over trees of the share of the impurity that each feature takes away."""
    total_f = np.zeros_like(decreases[0])
    for decrease_f in decreases:
        total_f += decrease_f / max(decrease_f.sum(), np.finfo(np.float64).tiny)
    shares_f: npt.NDArray[np.float64] = np.maximum(total_f / max(total_f.sum(), np.finfo(np.float64).tiny), 0.0)
    return shares_f


def _score_out_of_bag(votes_np: npt.NDArray[np.uint64], classes_n: BinArray, classes: int) -> OutOfBag | None:
    """Return how often the votes name the right class; None where no sample has any votes."""
    voted = votes_np[:, -1] > 0
    if not voted.any():
        return None
    shares_nk = np.empty((int(voted.sum()), classes), np.int64)
    for c in range(classes - 1):
        shares_nk[:, c] = (votes_np[voted, c // 2] >> np.uint64(32 * (c % 2))) & np.uint64(0xFFFFFFFF)
    shares_nk[:, -1] = votes_np[voted, -1].astype(np.int64) * WHOLE - shares_nk[:, :-1].sum(axis=1)
    truth_n = classes_n[voted]
    right = shares_nk.argmax(axis=1) == truth_n
    by_class = tuple(float(right[truth_n == c].mean()) if (truth_n == c).any() else None for c in range(classes))
    return OutOfBag(float(right.mean()), by_class)
