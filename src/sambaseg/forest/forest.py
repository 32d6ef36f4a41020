"""A trained forest on binned features: what it is made of, and what it predicts.

Trees are data only, in depth-first order: the left child of a node is the next node, the right child follows the whole
left branch. A sequence of nodes is either such trees or it is refused; there are no pointers that could be wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import ParameterError
from sambaseg.forest.bins import MAX_EDGES, quantise_planes
from sambaseg.forest.class_factors import check_class_factors, weigh_classes
from sambaseg.forest.grow import LEAF, WHOLE
from sambaseg.forest.largest import name_largest
from sambaseg.forest.walk import MAX_DEPTH, MAX_FEATURES, WalkableTrees, link_nodes, make_room, predict_blocks

MAX_TREES = 1000
MAX_NODES = 50_000_000
MAX_CLASSES = 255
TILE_BLOCK_HEIGHT = 16
"""Rows of the blocks of 256 pixels that walk a tree together: 16 x 16 pixels look alike most of the time.

Tiles of fewer rows have blocks of fewer, so that rows of samples fill them too.
"""
ROWS_AT_ONCE = 65_536

FloatArray = npt.NDArray[np.float32]
BinArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class OutOfBag:
    """How often training samples are predicted right by the trees that did not see them.

    ``score`` is over all samples, ``by_class`` over those of each class, in the order of the forest's class ids, None
    for a class none of whose samples was left out by any tree. All are 0 to 1.
    """

    score: float
    by_class: tuple[float | None, ...]


@dataclass(frozen=True)
class ScoreScale:
    """What leaves of boosted trees are worth: they add up to scores, and probabilities are the softmax of those.

    The score of a class is ``unit`` times the sum of its parts in all trees, plus its offset. Scores are relative to
    the last class, whose parts, offset and score are 0. Raises ParameterError for other than finite numbers.
    """

    unit: float
    offsets: tuple[float, ...]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.unit) and self.unit > 0 and all(map(math.isfinite, self.offsets))):
            raise ParameterError("The unit of scores must be above 0, and their offsets finite numbers.")
        if self.offsets[-1:] != (0.0,):
            raise ParameterError("The score of the last class must have the offset 0.")


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees, and what their numbers mean.

    ``class_ids`` (k) ascend; probabilities stand in their order. ``edges_fb`` (features, 255) ascend and are filled up
    with infinity. ``node_feature`` (nodes) is LEAF or a feature; samples with ``bin <= node_bin`` go to the left.
    ``tree_starts`` (trees + 1) holds where each tree begins, and the end. ``parts_lk`` (leaves, k), in the order of the
    leaves, adds up to WHOLE in each row; with ``scores`` each number is at most WHOLE instead. ``importances_f`` adds
    up to 1, or is all 0 where no tree splits. ``class_factors`` are what probabilities are multiplied by in the end,
    before they add up to 1 again (see `class_factors`).

    Raises ParameterError, with what is wrong, for anything that is no forest.
    """

    class_ids: npt.NDArray[np.int64]
    edges_fb: FloatArray
    node_feature: npt.NDArray[np.int32]
    node_bin: BinArray
    tree_starts: npt.NDArray[np.int64]
    parts_lk: npt.NDArray[np.uint32]
    importances_f: npt.NDArray[np.float64]
    out_of_bag: OutOfBag | None = None
    scores: ScoreScale | None = None
    class_factors: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        _check_classes(self.class_ids)
        if self.class_factors is not None:
            check_class_factors(self.class_factors, len(self.class_ids))
        _check_edges(self.edges_fb)
        _check_nodes(self)
        _check_importances(self.importances_f, self.features)
        self._walkable  # noqa: B018  (linking the nodes is the check of their order)

    def with_class_factors(self, factors: tuple[float, ...]) -> Forest:
        """Return this forest with other class factors; those of boosted trees become part of their scores."""
        check_class_factors(factors, len(self.class_ids))
        if self.scores is None:
            return replace(self, class_factors=factors)
        more = [math.log(factor / factors[-1]) for factor in factors]
        offsets = tuple(before + each for before, each in zip(self.scores.offsets, more, strict=True))
        return replace(self, scores=ScoreScale(self.scores.unit, offsets))

    @property
    def features(self) -> int:
        """Number of features."""
        return len(self.edges_fb)

    @property
    def trees(self) -> int:
        """Number of trees."""
        return len(self.tree_starts) - 1

    @property
    def oob_score(self) -> float | None:
        """Share of the training samples that trees which did not see them predict right, where that is known."""
        return None if self.out_of_bag is None else self.out_of_bag.score

    @cached_property
    def edge_counts_f(self) -> npt.NDArray[np.int64]:
        """Number of edges of each feature."""
        counts_f: npt.NDArray[np.int64] = np.count_nonzero(np.isfinite(self.edges_fb), axis=1)
        return counts_f

    @cached_property
    def right_children(self) -> npt.NDArray[np.int64]:
        """Index of the right child of each inner node; anything for leaves."""
        children: npt.NDArray[np.int64] = (self._walkable.nodes >> np.uint64(32)).astype(np.int64)
        return children

    @cached_property
    def _walkable(self) -> WalkableTrees:
        nodes, roots = np.zeros(len(self.node_feature), np.uint64), np.zeros(self.trees, np.uint64)
        depth, broken = link_nodes(self.node_feature, self.node_bin, self.tree_starts, nodes, roots)
        if broken >= 0:
            raise ParameterError(f"Tree {broken} of the forest is not whole, or deeper than {MAX_DEPTH} levels.")
        unit = 0.0 if self.scores is None else self.scores.unit
        offsets_k = np.zeros(len(self.class_ids)) if self.scores is None else np.array(self.scores.offsets)
        return WalkableTrees(nodes, roots, drop_last(self.parts_lk), depth, unit, offsets_k)

    def quantise(self, features_fyx: FloatArray) -> BinArray:
        """Return the bins of features of shape (features, h, w), finite."""
        bins_fyx = np.empty(features_fyx.shape, np.uint8)
        self.quantise_into(features_fyx, bins_fyx)
        return bins_fyx

    def quantise_into(
        self, planes_fyx: FloatArray, bins_fyx: BinArray, *, first: int = 0, top: int = 0, left: int = 0
    ) -> None:
        """Write the bins of planes `first` and following into `bins_fyx`, from row `top`, column `left` on."""
        count, height, width = planes_fyx.shape
        room = bins_fyx.shape[0] - first, bins_fyx.shape[1] - top, bins_fyx.shape[2] - left
        outside = min(first, top, left) < 0 or count > room[0] or height > room[1] or width > room[2]
        if bins_fyx.shape[0] != self.features or outside:
            raise ParameterError(
                f"Planes of shape {planes_fyx.shape} do not fit into bins of shape {bins_fyx.shape} for "
                f"{self.features} features."
            )
        planes = np.ascontiguousarray(planes_fyx, np.float32)
        quantise_planes(planes, self.edges_fb, bins_fyx, first, top, left)

    def predict_tile(self, bins_fyx: BinArray, *, rows: slice = slice(None)) -> FloatArray:
        """Return the class probabilities (k, h, w) of a tile of bins (features, h, w), or of some of its rows.

        On one thread, without the GIL. A tile that is not contiguous is copied.
        """
        return self._predict(bins_fyx, rows)

    def predict_proba(self, features_nf: FloatArray) -> FloatArray:
        """Return the class probabilities (n, k) of samples (n, features): the same bits as `predict_tile` gives.

        Raises ParameterError for another number of features.
        """
        if features_nf.ndim != 2 or features_nf.shape[1] != self.features:
            raise ParameterError(
                f"The forest takes samples of {self.features} features, not shape {features_nf.shape}."
            )
        parts = [np.empty((0, len(self.class_ids)), np.float32)]
        for start in range(0, len(features_nf), ROWS_AT_ONCE):
            columns_fn = np.ascontiguousarray(features_nf[start : start + ROWS_AT_ONCE].T, np.float32)
            parts.append(self._predict(self.quantise(columns_fn[:, np.newaxis]))[:, 0].T)
        return np.ascontiguousarray(np.concatenate(parts))

    def most_probable(self, probabilities_kyx: FloatArray) -> npt.NDArray[Any]:
        """Return the ids of the most probable classes, in the smallest unsigned type that holds all ids."""
        ids = self.class_ids.astype(np.min_scalar_type(int(self.class_ids[-1])))
        flat_kn = np.ascontiguousarray(probabilities_kyx, np.float32).reshape(len(ids), -1)
        found_n: npt.NDArray[Any] = np.empty(flat_kn.shape[1], ids.dtype)
        name_largest(flat_kn, ids, found_n)
        return found_n.reshape(probabilities_kyx.shape[1:])

    def _predict(self, bins_fyx: BinArray, rows: slice = slice(None)) -> FloatArray:
        if bins_fyx.ndim != 3 or bins_fyx.shape[0] != self.features:
            raise ParameterError(f"The forest takes tiles of {self.features} features, not shape {bins_fyx.shape}.")
        trees, (start, stop, _) = self._walkable, rows.indices(bins_fyx.shape[1])
        height = max(0, stop - start)
        probabilities_kyx = np.empty((len(self.class_ids), height, bins_fyx.shape[2]), np.float32)
        block_height = min(TILE_BLOCK_HEIGHT, 1 << max(0, height.bit_length() - 1))
        room = make_room(self.features, trees.values_lc.shape[1], trees.depth)
        predict_blocks(trees, room, np.ascontiguousarray(bins_fyx), start, block_height, probabilities_kyx)
        if self.class_factors is not None:
            weigh_classes(probabilities_kyx, self.class_factors)
        return probabilities_kyx


def drop_last(parts_lk: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return leaf values without those of the last class."""
    return np.ascontiguousarray(parts_lk[:, :-1])


def _check_classes(class_ids: npt.NDArray[np.int64]) -> None:
    if class_ids.ndim != 1 or not 2 <= len(class_ids) <= MAX_CLASSES:
        raise ParameterError(f"A forest tells 2 to {MAX_CLASSES} classes apart, not {class_ids.size}.")
    if class_ids[0] < 1 or (class_ids[1:] <= class_ids[:-1]).any():
        raise ParameterError("The class ids of a forest must be above 0 and ascend.")


def _check_edges(edges_fb: FloatArray) -> None:
    if edges_fb.ndim != 2 or edges_fb.shape[1] != MAX_EDGES or not 1 <= len(edges_fb) <= MAX_FEATURES:
        raise ParameterError(f"A forest needs {MAX_EDGES} edges for each feature, not shape {edges_fb.shape}.")
    before, after = edges_fb[:, :-1], edges_fb[:, 1:]
    if not ((before < after) | (np.isposinf(before) & np.isposinf(after))).all() or np.isneginf(edges_fb).any():
        raise ParameterError("The edges of each feature must be finite numbers that ascend.")


def _check_nodes(forest: Forest) -> None:
    starts, count = forest.tree_starts, len(forest.node_feature)
    if starts.ndim != 1 or not 2 <= len(starts) <= MAX_TREES + 1:
        raise ParameterError(f"A forest has 1 to {MAX_TREES} trees, not {max(len(starts) - 1, 0)}.")
    if starts[0] != 0 or starts[-1] != count or (np.diff(starts) < 1).any() or count > MAX_NODES:
        raise ParameterError(f"The trees of a forest must cover its nodes, one after the other, {MAX_NODES} at most.")
    if forest.node_feature.ndim != 1 or forest.node_bin.shape != forest.node_feature.shape:
        raise ParameterError("Each node of a forest needs one feature and one bin.")
    inner = forest.node_feature != LEAF
    used = forest.node_feature[inner]
    if used.size and not (used.min() >= 0 and used.max() < forest.features):
        raise ParameterError(f"A node of the forest uses a feature that is not one of {forest.features}.")
    if (forest.node_bin[inner] >= forest.edge_counts_f[used]).any():
        raise ParameterError("A node of the forest uses a bin that its feature does not have.")
    parts_lk = forest.parts_lk
    if parts_lk.shape != (count - len(used), len(forest.class_ids)):
        raise ParameterError(f"The probabilities of the forest's leaves have a wrong shape: {parts_lk.shape}.")
    if forest.scores is not None:
        _check_scores(forest.scores, parts_lk)
    elif (parts_lk > WHOLE).any() or (parts_lk.sum(axis=1, dtype=np.int64) != WHOLE).any():
        raise ParameterError("The probabilities of each leaf must add up to 1.")


def _check_scores(scores: ScoreScale, parts_lk: npt.NDArray[np.uint32]) -> None:
    if len(scores.offsets) != parts_lk.shape[1]:
        raise ParameterError(f"The scores of {parts_lk.shape[1]} classes need as many offsets.")
    if (parts_lk > WHOLE).any() or parts_lk[:, -1].any():
        raise ParameterError(f"The scores of each leaf must be at most {WHOLE}, and 0 for the last class.")


def _check_importances(importances_f: npt.NDArray[np.float64], features: int) -> None:
    if importances_f.shape != (features,) or not (np.isfinite(importances_f) & (importances_f >= 0)).all():
        raise ParameterError(f"A forest of {features} features needs as many importances, 0 or above.")
