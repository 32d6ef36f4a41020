"""Gradient boosting on the bins of a forest, by LightGBM, whose trees become trees of our own.

Friedman: Greedy function approximation, Annals of Statistics 29 (2001); Ke et al.: LightGBM, NeurIPS 2017. LightGBM
grows the trees and is needed for nothing else (`pip install "sambaseg[boosting]"`): what it has learned predicts, and
is kept in files, as every forest is.

A round grows one tree for each class, or one where there are two. Its leaves add to the score of that class. What
counts are differences to the score of the last class, since only they decide the probabilities: leaves of the last
class's trees take from all the others.
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sambaseg.errors import CancelledError, MissingExtraError
from sambaseg.forest.bins import FeatureBins
from sambaseg.forest.forest import MAX_TREES, BinArray, Forest, ScoreScale
from sambaseg.forest.grow import LEAF, WHOLE
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.watching import AskCancelled, Preview, TellShare

LEARNING_RATE = 0.1
LEAVES = 31
"""Of a tree, at most: LightGBM's own default."""

ONE_THREAD_VALUES = 1_000_000
"""A smaller sample is boosted on one thread: LightGBM's threads wait for each other in every step of every tree."""

Scores = npt.NDArray[np.float64]


def check_boosting_installed() -> None:
    """Raise MissingExtraError where LightGBM is not installed or does not run on this machine."""
    _import_lightgbm()


def _import_lightgbm() -> Any:  # noqa: ANN401  (a module)
    try:
        return importlib.import_module("lightgbm")
    except ImportError as error:
        raise MissingExtraError(
            "Training by boosting needs the package lightgbm, which is not installed.",
            hint='Run: pip install "sambaseg[boosting]". Or choose another classifier.',
        ) from error
    except OSError as error:  # a library that it needs, such as OpenMP's
        raise MissingExtraError(
            f"The package lightgbm is installed and does not run: {error}.",
            hint="Install the library that is missing, or choose another classifier.",
        ) from error


def rounds_of(settings: ForestSettings, classes: int) -> int:
    """Return how many rounds are boosted: as many as trees are wanted, and as fit into `MAX_TREES`."""
    return max(1, min(settings.trees, MAX_TREES // trees_of_round(classes)))


def trees_of_round(classes: int) -> int:
    """Return how many trees a round grows."""
    return 1 if classes == 2 else classes


class BoostingSample(NamedTuple):
    """What is learned from: bins (features, n), their edges, class ids, classes 0 to k - 1 (n), weights (n)."""

    bins_fn: BinArray
    bins: FeatureBins
    class_ids: npt.NDArray[np.int64]
    classes_n: npt.NDArray[np.intp]
    weights_n: Scores


class Booster:
    """One training, round by round; `forest` may be asked for at any time."""

    def __init__(self, sample: BoostingSample, settings: ForestSettings, threads: int) -> None:
        lightgbm = _import_lightgbm()
        self._sample = sample
        useful = threads if sample.bins_fn.size > ONE_THREAD_VALUES else 1
        parameters = _parameters(settings, len(sample.class_ids), useful)
        data = lightgbm.Dataset(
            np.ascontiguousarray(sample.bins_fn.T, np.float32),
            label=sample.classes_n,
            weight=sample.weights_n,
            params=parameters,
            free_raw_data=True,
        )
        self._booster = lightgbm.Booster(parameters, data)

    def advance(self) -> bool:
        """Boost one more round; return whether there was anything left to learn."""
        return not self._booster.update()

    def forest(self) -> Forest:
        """Return the forest of the rounds so far."""
        sample, classes = self._sample, len(self._sample.class_ids)
        trees = [_flatten(tree["tree_structure"]) for tree in self._booster.dump_model()["tree_info"]]
        parts_lk, scale = _leaf_parts([tree.values_l for tree in trees], classes)
        gain_f = np.asarray(self._booster.feature_importance("gain"), np.float64)
        return Forest(
            class_ids=sample.class_ids,
            edges_fb=sample.bins.edges_fb,
            node_feature=np.concatenate([tree.node_feature for tree in trees]),
            node_bin=np.concatenate([tree.node_bin for tree in trees]),
            tree_starts=np.cumsum([0, *(len(tree.node_feature) for tree in trees)], dtype=np.int64),
            parts_lk=parts_lk,
            importances_f=gain_f / max(gain_f.sum(), np.finfo(np.float64).tiny),
            scores=scale,
        )


def boost(
    sample: BoostingSample,
    settings: ForestSettings,
    *,
    threads: int,
    preview: Preview | None = None,
    progress: TellShare | None = None,
    cancelled: AskCancelled | None = None,
) -> Forest:
    """Return a boosted forest; `preview` is given that of the first rounds. Raises MissingExtraError, CancelledError.

    The same seed gives the same bits on any number of threads.
    """
    booster, rounds = Booster(sample, settings, threads), rounds_of(settings, len(sample.class_ids))
    for done in range(1, rounds + 1):
        if cancelled is not None and cancelled():
            raise CancelledError("Training was cancelled before it ended.", hint="Start it again when you like.")
        goes_on = booster.advance()
        if progress is not None:
            progress(done / rounds)
        if not goes_on:
            break
        if preview is not None and done == preview.trees < rounds:
            preview.take(booster.forest())
    return booster.forest()


def _parameters(settings: ForestSettings, classes: int, threads: int) -> dict[str, Any]:
    objective = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    return {
        **objective,
        "learning_rate": LEARNING_RATE,
        "num_leaves": LEAVES,
        "max_depth": settings.depth,
        "min_data_in_leaf": settings.min_leaf,
        "max_bin": 256,
        "min_data_in_bin": 1,
        "feature_pre_filter": False,
        "use_missing": False,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


class _FlatTree(NamedTuple):
    node_feature: npt.NDArray[np.int32]
    node_bin: BinArray
    values_l: Scores


def _flatten(root: dict[str, Any]) -> _FlatTree:
    """Return a tree of LightGBM's in depth-first order. A threshold lies between two bins."""
    features, bins, values = list[int](), list[int](), list[float]()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if "split_feature" in node:
            features.append(node["split_feature"])
            bins.append(int(node["threshold"]))
            waiting += [node["right_child"], node["left_child"]]
        else:
            features.append(LEAF)
            bins.append(0)
            values.append(node["leaf_value"])
    return _FlatTree(np.array(features, np.int32), np.array(bins, np.uint8), np.array(values))


def _leaf_parts(values_tl: list[Scores], classes: int) -> tuple[npt.NDArray[np.uint32], ScoreScale]:
    """Return the leaves of all trees as whole numbers, (leaves, classes), and what one of them is worth.

    Each tree's numbers begin at 0; what that leaves out is in the scale's offsets.
    """
    widest = max(float(values.max() - values.min()) for values in values_tl)
    unit = max(widest, float(np.finfo(np.float32).tiny)) / WHOLE
    offsets_k = np.zeros(classes)
    parts = []
    for number, values in enumerate(values_tl):
        columns, sign = _counted_in(number, classes)
        part_lk = np.zeros((len(values), classes), np.uint32)
        signed = sign * values
        part_lk[:, columns] = np.rint((signed - signed.min()) / unit).astype(np.uint32)[:, np.newaxis]
        offsets_k[columns] += signed.min()
        parts.append(part_lk)
    return np.concatenate(parts), ScoreScale(unit, tuple(offsets_k.tolist()))


def _counted_in(tree: int, classes: int) -> tuple[slice, float]:
    """Return whose scores a tree adds to, and with which sign; the only tree of a round is that of the second class."""
    of = classes - 1 if classes == 2 else tree % classes
    return (slice(0, classes - 1), -1.0) if of == classes - 1 else (slice(of, of + 1), 1.0)
