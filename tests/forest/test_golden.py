"""The same seed gives the same forest for ever: digests of forests that were grown before anything was made faster."""

import hashlib

import numpy as np
import pytest

from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest

ARRAYS = ("class_ids", "edges_fb", "node_feature", "node_bin", "tree_starts", "parts_lk", "importances_f")

FORESTS = {
    "three classes": (
        5000, 9, 3, ForestSettings(trees=8),
        "bd24fbe1b7c838598368",
    ),
    "few samples": (
        35, 4, 2, ForestSettings(trees=20, depth=20),
        "42eb549cb2ad227d3fd2",
    ),
    "many classes": (
        3000, 6, 40, ForestSettings(trees=4, depth=16, features_per_split="sqrt", balance="none"),
        "5ef99cf91d2317438165",
    ),
    "large leaves": (
        4000, 5, 5, ForestSettings(trees=6, min_leaf=25, features_per_split=5, seed=3),
        "03a192bf8641f665bcad",
    ),
    "more voters than are asked": (
        101_000, 2, 2, ForestSettings(trees=2, depth=6),
        "bdabd4a112ef958b3e62",
    ),
    "extra trees": (
        5000, 9, 3, ForestSettings(trees=8, classifier="extra_trees", features_per_split="sqrt"),
        "24b646b98e6624f82f8b",
    ),
    "extra trees with large leaves": (
        900, 7, 4, ForestSettings(trees=9, classifier="extra_trees", min_leaf=20, depth=32),
        "c9e3b86a039e6a62a5b8",
    ),
}  # fmt: skip
"""Samples, features, classes, settings, and the digest."""


def whole_numbered_samples(count, features, classes):
    """Return samples of whole numbers, the same on every machine; rare classes and constant features among them."""
    drawn_nf = np.random.default_rng(count).integers(0, 1000, (count, features))
    drawn_nf[:, -1] = 7
    score_n = drawn_nf[:, 0] + drawn_nf[:, 1 % features] * drawn_nf[:, 2 % features] // 700 + drawn_nf[:, 1] % 90
    limits = np.quantile(score_n, np.linspace(0, 1, classes + 1)[1:-1] ** 2, method="lower")
    return drawn_nf.astype(np.float32), np.digitize(score_n, limits) + 1


def digest(forest):
    parts = [np.ascontiguousarray(getattr(forest, name)).tobytes() for name in ARRAYS]
    return hashlib.sha256(b"".join(parts) + repr(forest.out_of_bag).encode()).hexdigest()[:20]


@pytest.mark.parametrize("name", FORESTS)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_forest_is_the_one_that_it_always_was(name, threads):
    samples, features, classes, settings, wanted = FORESTS[name]
    forest = train_forest(*whole_numbered_samples(samples, features, classes), settings, threads=threads)
    assert digest(forest) == wanted
