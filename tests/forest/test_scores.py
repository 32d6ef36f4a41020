"""Cuts are scored as NumPy scores them, and the highest score is that of the best possible cut."""

import numpy as np
import pytest

from sambaseg.compiled import compiled
from sambaseg.forest.scores import BIN_COUNT, above_64, score_bins


@compiled
def score(histogram, on_left, table, classes, limits):
    return score_bins(histogram, on_left, table, classes, limits)


@compiled
def above(table, start, factor):
    return above_64(table, np.uint64(start), factor)


def sums_of(rng, classes, samples):
    """Return running sums of samples and of draws (classes, 256)."""
    counts_kb = rng.multinomial(samples, np.full(BIN_COUNT, 1 / BIN_COUNT), classes) * (rng.random(BIN_COUNT) < 0.3)
    draws_kb = counts_kb * rng.integers(1, 4, (classes, BIN_COUNT))
    return counts_kb.cumsum(axis=1), draws_kb.cumsum(axis=1)


@pytest.mark.parametrize(("classes", "fewest"), [(1, 1), (2, 1), (3, 40), (7, 5)])
def test_every_cut_has_the_score_of_its_two_sides(classes, fewest):
    rng = np.random.default_rng(classes)
    counts_kb, draws_kb = sums_of(rng, classes, 200)
    counts_kb[0], draws_kb[0] = (0, 0) if classes > 2 else (counts_kb[0], draws_kb[0])
    sizes_k, weights_k = counts_kb[:, -1].copy(), rng.random(classes) + 0.1
    left_kb = draws_kb * weights_k[:, np.newaxis]
    wholes_k = left_kb[:, -1].copy()
    right_kb, total = wholes_k[:, np.newaxis] - left_kb, wholes_k.sum()
    histogram = ((counts_kb.astype(np.uint64) << np.uint64(32)) | draws_kb.astype(np.uint64)).ravel()
    on_left, table = np.zeros(BIN_COUNT, np.int32), np.zeros((2, BIN_COUNT))
    most = int(sizes_k.sum()) - fewest
    highest = score(histogram, on_left, table, (sizes_k, weights_k, wholes_k), (total, fewest, most))
    assert np.array_equal(on_left, counts_kb.sum(axis=0))
    possible = (on_left >= fewest) & (on_left <= most)
    left_b, right_b = left_kb.sum(axis=0), right_kb.sum(axis=0)
    wanted = (left_kb**2).sum(axis=0)[possible] / left_b[possible] + (right_kb**2).sum(axis=0)[possible] / right_b[
        possible
    ]
    assert possible.sum() > 5
    assert table[1, possible] / table[0, possible] == pytest.approx(wanted, rel=1e-9)
    assert highest == pytest.approx(wanted.max(), rel=1e-9)
    for start in range(0, BIN_COUNT, 64):
        answers = int(above(table, start, 0.97 * highest))
        for column in range(64):
            divisor, dividend = table[:, start + column]
            assert bool(answers >> column & 1) == (dividend > 0.97 * highest * divisor)


def test_the_highest_score_is_below_0_where_no_cut_leaves_enough_samples_on_both_sides():
    histogram = np.full(BIN_COUNT, (9 << 32) | 9, np.uint64)
    on_left, table, one = np.zeros(BIN_COUNT, np.int32), np.zeros((2, BIN_COUNT)), np.ones(1)
    assert score(histogram, on_left, table, (np.array([9]), one, 9 * one), (9.0, 1, 8)) == -1
