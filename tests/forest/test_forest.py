"""Prediction gives the same bits however pixels are grouped; anything that is no forest is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forest_samples import labelled_samples, noisy_samples, plain_predict
from sambaseg.errors import ParameterError
from sambaseg.forest.bins import MAX_EDGES
from sambaseg.forest.forest import Forest
from sambaseg.forest.grow import LEAF, WHOLE
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest
from sambaseg.forest.walk import MAX_DEPTH


@pytest.fixture(scope="module")
def noisy_forest():
    return train_forest(*noisy_samples(2000, noise=1.0), ForestSettings(trees=25))


def chain_forest(levels):
    """Return one tree that goes one level deeper for each edge that a value is above."""
    edges_fb = np.full((1, MAX_EDGES), np.inf, np.float32)
    edges_fb[0, :levels] = np.arange(levels)
    node_feature = np.array([0, LEAF] * levels + [LEAF], np.int32)
    node_bin = np.repeat(np.arange(levels + 1), 2)[: 2 * levels + 1].astype(np.uint8)
    parts_lk = np.zeros((levels + 1, 2), np.uint32)
    parts_lk[:, 0] = np.arange(levels + 1)
    parts_lk[:, 1] = WHOLE - parts_lk[:, 0]
    starts = np.array([0, 2 * levels + 1])
    return Forest(np.array([1, 2]), edges_fb, node_feature, node_bin, starts, parts_lk, np.zeros(1))


def test_probabilities_are_those_of_the_leaves(noisy_forest):
    features_nf, _ = noisy_samples(1234, seed=8)
    assert np.array_equal(noisy_forest.predict_proba(features_nf), plain_predict(noisy_forest, features_nf))


def test_every_level_of_the_deepest_tree_is_reached():
    forest = chain_forest(MAX_DEPTH)
    values = np.arange(-0.5, MAX_DEPTH, 1.0, dtype=np.float32)[:, np.newaxis]
    probabilities = forest.predict_proba(values)
    assert np.array_equal(probabilities[:, 0], (np.arange(MAX_DEPTH + 1) / WHOLE).astype(np.float32))


def test_a_deeper_tree_is_refused():
    with pytest.raises(ParameterError, match="not whole, or deeper"):
        chain_forest(MAX_DEPTH + 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 5))
def test_a_tile_of_any_shape_has_the_bits_of_its_pixels_one_by_one(noisy_forest, height, width, seed):
    features_nf, _ = noisy_samples(height * width, seed=seed)
    features_fyx = np.ascontiguousarray(features_nf.T).reshape(6, height, width)
    probabilities_kyx = noisy_forest.predict_tile(noisy_forest.quantise(features_fyx))
    assert np.array_equal(probabilities_kyx.reshape(3, -1).T, noisy_forest.predict_proba(features_nf))


def test_parts_of_a_tile_have_the_bits_of_the_whole(noisy_forest):
    features_nf, _ = noisy_samples(100 * 90, seed=3)
    bins_fyx = noisy_forest.quantise(np.ascontiguousarray(features_nf.T).reshape(6, 100, 90))
    whole = noisy_forest.predict_tile(bins_fyx)
    for top, left in ((0, 0), (7, 13), (50, 41)):
        part = noisy_forest.predict_tile(bins_fyx[:, top : top + 33, left : left + 49])
        assert np.array_equal(part, whole[:, top : top + 33, left : left + 49])


def test_rows_of_a_tile_have_the_bits_of_the_whole(noisy_forest):
    features_nf, _ = noisy_samples(100 * 90, seed=3)
    bins_fyx = noisy_forest.quantise(np.ascontiguousarray(features_nf.T).reshape(6, 100, 90))
    whole = noisy_forest.predict_tile(bins_fyx)
    for rows in (slice(0, 64), slice(64, 128), slice(13, 14), slice(100, 120)):
        assert np.array_equal(noisy_forest.predict_tile(bins_fyx, rows=rows), whole[:, rows])


def test_the_highest_number_of_trees_and_the_surest_leaves_do_not_overflow():
    features_nf = np.array([[0.0], [1.0]], np.float32)
    forest = train_forest(features_nf.repeat(20, 0), np.repeat([1, 2], 20), ForestSettings(trees=1000, depth=1))
    assert forest.predict_proba(features_nf).tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_any_number_of_classes_adds_up_to_one(classes):
    rng = np.random.default_rng(classes)
    features_nf = rng.random((600, 4)).astype(np.float32)
    class_ids_n = rng.integers(1, classes + 1, 600)
    forest = train_forest(features_nf, class_ids_n, ForestSettings(trees=15))
    probabilities_nk = forest.predict_proba(features_nf)
    assert probabilities_nk.shape == (600, classes)
    assert probabilities_nk.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(probabilities_nk, plain_predict(forest, features_nf))


def test_no_samples_give_no_probabilities(forest):
    assert forest.predict_proba(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_what_does_not_fit_the_features_is_refused(forest):
    with pytest.raises(ParameterError, match="3 features"):
        forest.predict_proba(np.zeros((5, 4), np.float32))
    with pytest.raises(ParameterError, match="3 features"):
        forest.predict_tile(np.zeros((4, 2, 2), np.uint8))
    for place in ({"first": 2}, {"top": 1}, {"left": -1}):
        with pytest.raises(ParameterError, match="do not fit"):
            forest.quantise_into(np.zeros((2, 4, 4), np.float32), np.zeros((3, 4, 4), np.uint8), **place)


def change(array, index, value):
    changed = array.copy()
    changed[index] = value
    return changed


BROKEN = {
    "a right branch is missing": lambda f: {
        "node_feature": change(f.node_feature, f.tree_starts[1] - 1, 0),
        "parts_lk": f.parts_lk[1:],
    },
    "a tree goes on after its end": lambda f: {
        "node_feature": change(f.node_feature, 0, LEAF),
        "parts_lk": np.concatenate([f.parts_lk, f.parts_lk[:1]]),
    },
    "a feature that is not there": lambda f: {"node_feature": change(f.node_feature, 0, 3)},
    "a feature below zero": lambda f: {"node_feature": change(f.node_feature, 0, -2)},
    "a bin that is not there": lambda f: {"edges_fb": np.full_like(f.edges_fb, np.inf)},
    "edges that fall": lambda f: {"edges_fb": np.ascontiguousarray(f.edges_fb[:, ::-1])},
    "an edge that is no number": lambda f: {"edges_fb": change(f.edges_fb, (0, 0), np.nan)},
    "an edge of minus infinity": lambda f: {"edges_fb": change(f.edges_fb, (0, 0), -np.inf)},
    "an edge behind infinity": lambda f: {"edges_fb": change(f.edges_fb, (0, 3), np.inf)},
    "too few edges": lambda f: {"edges_fb": f.edges_fb[:, :9]},
    "a leaf that adds up to more than 1": lambda f: {"parts_lk": change(f.parts_lk, (0, 0), WHOLE + 1)},
    "a leaf that adds up to less": lambda f: {"parts_lk": change(f.parts_lk, 0, 0)},
    "a leaf that is missing": lambda f: {"parts_lk": f.parts_lk[1:]},
    "a class too many": lambda _: {"class_ids": np.array([1, 2, 3, 4])},
    "class ids that fall": lambda _: {"class_ids": np.array([4, 2, 7])},
    "class id 0": lambda _: {"class_ids": np.array([0, 2, 7])},
    "one class": lambda f: {"class_ids": np.array([2]), "parts_lk": f.parts_lk[:, :1]},
    "trees that overlap": lambda f: {"tree_starts": change(f.tree_starts, 2, f.tree_starts[1])},
    "trees that do not begin at 0": lambda f: {"tree_starts": change(f.tree_starts, 0, 1)},
    "trees that go back": lambda f: {"tree_starts": change(f.tree_starts, 3, 1)},
    "trees that end early": lambda f: {"tree_starts": f.tree_starts[:-1]},
    "no trees": lambda f: {"tree_starts": f.tree_starts[:1]},
    "an importance below 0": lambda f: {"importances_f": change(f.importances_f, 0, -1)},
    "an importance that is no number": lambda f: {"importances_f": change(f.importances_f, 0, np.nan)},
    "too few importances": lambda f: {"importances_f": f.importances_f[:2]},
    "too few bins": lambda f: {"node_bin": f.node_bin[:-1]},
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_forest_is_refused(forest, what):
    with pytest.raises(ParameterError):
        replace(forest, **BROKEN[what](forest))


def test_a_forest_of_these_very_arrays_is_fine(forest):
    features_nf, _ = labelled_samples(50, seed=9)
    assert np.array_equal(replace(forest).predict_proba(features_nf), forest.predict_proba(features_nf))


@pytest.mark.parametrize(("height", "width"), [(64, 48), (37, 53), (5, 3)])
def test_flat_areas_that_are_decided_by_their_range_have_the_bits_of_their_pixels_one_by_one(
    noisy_forest, height, width
):
    """Whole blocks of one value, blocks with a few other pixels, and blocks that the tile's end cuts off."""
    rng = np.random.default_rng(4)
    left_f, right_f = noisy_samples(2, seed=5)[0]
    features_fyx = np.empty((6, height, width), np.float32)
    features_fyx[:, :, : width // 2] = left_f[:, np.newaxis, np.newaxis]
    features_fyx[:, :, width // 2 :] = right_f[:, np.newaxis, np.newaxis]
    features_fyx[:, rng.integers(0, height, 9), rng.integers(0, width, 9)] = 7.0
    tile_kyx = noisy_forest.predict_tile(noisy_forest.quantise(features_fyx))
    rows_nf = np.ascontiguousarray(features_fyx.reshape(6, -1).T)
    assert np.array_equal(tile_kyx.reshape(3, -1).T, noisy_forest.predict_proba(rows_nf))
    assert np.array_equal(noisy_forest.predict_proba(rows_nf), plain_predict(noisy_forest, rows_nf))


@pytest.mark.parametrize("shape", [(1, 1), (40, 61), (3000,)])
def test_the_most_probable_class_is_the_first_with_the_largest_probability(noisy_forest, shape):
    rng = np.random.default_rng(5)
    probabilities_kyx = rng.integers(0, 4, (3, *shape)).astype(np.float32)  # many are equal
    named = noisy_forest.most_probable(probabilities_kyx)
    assert named.dtype == np.uint8
    assert np.array_equal(named, noisy_forest.class_ids[probabilities_kyx.argmax(axis=0)])
