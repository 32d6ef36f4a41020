"""Bins answer the same questions as floats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sambaseg.forest.bins import MAX_EDGES, choose_bins, quantise_planes

finite = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)


def bins_of(values_n, edges_fb):
    bins_fyx = np.empty((1, 1, len(values_n)), np.uint8)
    quantise_planes(values_n[np.newaxis, np.newaxis], edges_fb, bins_fyx, 0, 0, 0)
    return bins_fyx[0, 0]


def test_few_distinct_values_get_an_edge_midway_between_any_two_neighbours():
    bins = choose_bins(np.array([[3, 1, 1, 2, 8, 3]], np.float32))
    assert bins.edges_fb[0, :3].tolist() == [1.5, 2.5, 5.5]
    assert np.isposinf(bins.edges_fb[0, 3:]).all()
    assert bins.lowest_fb[0, :4].tolist() == bins.highest_fb[0, :4].tolist() == [1, 2, 3, 8]


def test_a_constant_feature_has_no_edges():
    assert np.isposinf(choose_bins(np.full((1, 9), 4, np.float32)).edges_fb).all()


def test_256_distinct_values_lose_nothing_and_257_do():
    for count, edges in ((256, 255), (257, 255)):
        bins = choose_bins(np.arange(count, dtype=np.float32)[np.newaxis])
        assert np.isfinite(bins.edges_fb).sum() == edges
        assert len(np.unique(bins_of(np.arange(count, dtype=np.float32), bins.edges_fb))) == 256


def test_bins_hold_about_equally_many_values():
    values_n = np.random.default_rng(0).standard_cauchy(10_000).astype(np.float32)
    bins = choose_bins(values_n[np.newaxis])
    counts = np.bincount(bins_of(values_n, bins.edges_fb), minlength=256)
    assert counts.min() >= 38
    assert counts.max() <= 41


def test_an_edge_between_neighbouring_floats_is_the_lower_one():
    low = np.float32(1)
    high = np.nextafter(low, np.float32(2))
    assert choose_bins(np.array([[low, high]])).edges_fb[0, 0] == low


def test_the_ends_of_each_bin_are_values_of_the_sample():
    values_n = np.random.default_rng(1).normal(size=3000).astype(np.float32)
    bins = choose_bins(values_n[np.newaxis])
    at_n = bins_of(values_n, bins.edges_fb)
    for at in (0, 17, 255):
        assert bins.lowest_fb[0, at] == values_n[at_n == at].min()
        assert bins.highest_fb[0, at] == values_n[at_n == at].max()


def test_threads_do_not_change_the_edges():
    features_fn = np.random.default_rng(2).normal(size=(7, 900)).astype(np.float32)
    assert np.array_equal(choose_bins(features_fn).edges_fb, choose_bins(features_fn, threads=3).edges_fb)


@settings(deadline=None)
@given(hnp.arrays(np.float32, st.integers(1, 400), elements=finite), hnp.arrays(np.float32, 30, elements=finite))
def test_a_value_is_at_most_an_edge_exactly_if_its_bin_is(sample_n, values_n):
    edges_fb = choose_bins(sample_n[np.newaxis]).edges_fb
    edges_b = edges_fb[0][np.isfinite(edges_fb[0])]
    assert (np.diff(edges_b) > 0).all()
    at_n = bins_of(np.concatenate([values_n, edges_b]), edges_fb)
    for edge, value in enumerate(edges_b):
        assert np.array_equal(np.concatenate([values_n, edges_b]) <= value, at_n <= edge)


@pytest.mark.parametrize(("first", "top", "left"), [(0, 0, 0), (1, 2, 3)])
def test_planes_are_written_where_they_belong(first, top, left):
    edges_fb = np.full((3, MAX_EDGES), np.inf, np.float32)
    edges_fb[:, 0] = [0.5, 1.5, 2.5]
    planes_fyx = np.random.default_rng(3).uniform(0, 3, (2, 4, 5)).astype(np.float32)
    bins_fyx = np.full((3, 8, 9), 99, np.uint8)
    quantise_planes(planes_fyx, edges_fb, bins_fyx, first, top, left)
    written = bins_fyx[first : first + 2, top : top + 4, left : left + 5]
    assert np.array_equal(written, planes_fyx > edges_fb[first : first + 2, :1, np.newaxis])
    assert (bins_fyx == 99).sum() == bins_fyx.size - planes_fyx.size
