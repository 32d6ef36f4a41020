"""The ranker: a network of two units by hand, who corrects whom, and the weights that come with the package."""

import numpy as np
import pytest

from sambaseg.smart.hierarchy.measures import LEARNED_MEASURES, MEASURES
from sambaseg.smart.hierarchy.ranking import (
    CLIPPED_AT,
    CORRECTION_SHARE,
    LEARNED_TREE_COSTS,
    Network,
    Ranker,
    base_inputs,
    correction_inputs,
    load_ranker,
)
from sambaseg.smart.hierarchy.trees import COMPARED_TREES, LEARNED_TREES, TREES

PLAIN = np.arange(3 * len(MEASURES), dtype=np.float32).reshape(3, -1) / 100
LEARNED = np.concatenate([PLAIN, np.full((3, len(LEARNED_MEASURES) + len(COMPARED_TREES)), 7, np.float32)], axis=1)
WIDE, WIDER = len(MEASURES) + len(TREES), 1 + LEARNED.shape[1] + len(LEARNED_TREES)
"""Inputs of the base, and of the correction."""


def constant(inputs, answer):
    """Return a network that always gives the same answer."""
    zeros = np.zeros((inputs, 1), np.float32)
    return Network(zeros[:, 0], zeros[:, 0] + 1, zeros, np.float32([0]), np.float32([1]), answer)


def test_two_units_by_hand():
    network = Network(
        mean_f=np.float32([1, 10]),
        spread_f=np.float32([2, 5]),
        hidden_fh=np.float32([[1, -1], [1, 0]]),
        hidden_bias_h=np.float32([0, 0.5]),
        output_h=np.float32([0.25, 2]),
        bias=0.125,
    )
    # Standardised: (1, 0), (-1, 1), and (4, 0) where the first is clipped.
    answers = network(np.float32([[3, 10], [-1, 15], [1000, 10]]))
    assert answers.dtype == np.float32
    assert answers.tolist() == [0.25 + 0.125, 2 * 1.5 + 0.125, 4 * 0.25 + 0.125]
    assert CLIPPED_AT == 4


def test_inputs_say_which_tree_a_node_stands_in():
    for tree in range(len(LEARNED_TREES)):
        inputs = base_inputs(LEARNED, tree)
        np.testing.assert_array_equal(inputs[:, : len(MEASURES)], PLAIN)
        expected = np.eye(len(TREES))[tree if tree < len(TREES) else 0]
        np.testing.assert_array_equal(inputs[:, len(MEASURES) :], np.tile(expected, (3, 1)))


def test_the_correction_sees_the_score_all_measures_and_the_tree():
    inputs = correction_inputs(LEARNED, 5, np.float32([0.1, 0.2, 0.3]))
    np.testing.assert_array_equal(inputs[:, 0], np.float32([0.1, 0.2, 0.3]))
    np.testing.assert_array_equal(inputs[:, 1:-7], LEARNED)
    np.testing.assert_array_equal(inputs[:, -7:], np.tile(np.eye(7)[5], (3, 1)))


def test_scores_are_corrected_in_part_where_something_was_learned():
    ranker = Ranker(constant(WIDE, 0.5), constant(WIDER, 0.25))
    assert ranker.score(PLAIN, 0).tolist() == [0.5, 0.5, 0.5]
    corrected = 0.5 + float(CORRECTION_SHARE) * 0.25
    np.testing.assert_allclose(ranker.score(LEARNED, 3), corrected, rtol=1e-6)
    np.testing.assert_allclose(ranker.score(LEARNED, 6), corrected - float(LEARNED_TREE_COSTS), rtol=1e-6)


@pytest.mark.parametrize(("base", "correction", "score"), [(1.5, 0, 1), (-0.5, 0, 0), (0.9, 1, 1), (0.1, -1, 0)])
def test_scores_lie_between_0_and_1(base, correction, score):
    ranker = Ranker(constant(WIDE, base), constant(WIDER, correction))
    assert ranker.score(LEARNED, 0).tolist() == [score] * 3


def test_the_weights_of_the_package_fit_the_measures():
    ranker = load_ranker()
    for network, inputs in (
        (ranker.base, base_inputs(LEARNED, 0)),
        (ranker.correction, correction_inputs(LEARNED, 0, np.zeros(3, np.float32))),
    ):
        assert network.mean_f.shape == network.spread_f.shape == (inputs.shape[1],)
        assert network.hidden_fh.shape == (inputs.shape[1], network.output_h.size)
        assert network.hidden_bias_h.shape == network.output_h.shape
        arrays = (network.mean_f, network.spread_f, network.hidden_fh, network.hidden_bias_h, network.output_h)
        assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays)
        assert (network.spread_f > 0).all()


def test_wild_measures_get_a_score():
    wild = np.float32([[1e30], [-1e30], [0]]) * np.ones((1, LEARNED.shape[1]), np.float32)
    scores = load_ranker().score(wild, 3)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert load_ranker().score(wild[:0], 3).shape == (0,)
