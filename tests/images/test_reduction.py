"""Halving an image in each of the three ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sambaseg.images.reduction import halve

INTEGERS = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64]


@pytest.mark.parametrize("dtype", INTEGERS)
@given(st.data())
def test_mean_of_integers_is_exact_up_to_the_limits_of_the_type(dtype, data):
    block = data.draw(arrays(dtype, (1, 2, 4)))
    expected = [(sum(int(v) for v in block[0, :, x : x + 2].flat) + 2) // 4 for x in (0, 2)]
    assert [int(v) for v in halve(block, "mean")[0, 0]] == expected


def test_mean_of_floats_leaves_out_what_is_not_finite():
    nan, inf = np.nan, np.inf
    block = np.array([[[1, 3, nan, 4, nan, nan], [5, 7, inf, 6, nan, -inf]]], dtype=np.float32)
    np.testing.assert_array_equal(halve(block, "mean"), np.array([[[4, 5, nan]]], dtype=np.float32))


def test_mean_of_the_largest_floats_does_not_overflow():
    top = np.finfo(np.float32).max
    np.testing.assert_array_equal(halve(np.full((1, 2, 2), top, dtype=np.float32), "mean"), [[[top]]])


def test_odd_edges_take_the_pixels_there_are():
    block = np.array([[[1, 3, 10], [5, 7, 20], [100, 50, 9]]], dtype=np.uint8)
    np.testing.assert_array_equal(halve(block, "mean"), [[[4, 15], [75, 9]]])


def test_nearest_takes_the_first_pixel():
    np.testing.assert_array_equal(halve(np.arange(9).reshape(1, 3, 3), "nearest"), [[[0, 2], [6, 8]]])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ([0, 0, 0, 0], 0),
        ([0, 0, 0, 3], 3),  # a thin line stays visible
        ([2, 0, 0, 2], 2),
        ([4, 4, 1, 0], 4),
        ([4, 1, 1, 4], 1),  # as many of each: the smaller id
        ([9, 5, 7, 3], 3),
        ([3, 3, 3, 1], 3),
        ([255, 255, 0, 254], 255),
    ],
)
def test_label_takes_the_most_frequent_id(block, expected):
    block = np.array(block, dtype=np.uint8).reshape(1, 2, 2)
    assert halve(block, "label").tolist() == [[[expected]]]


def test_the_type_stays():
    for dtype in [*INTEGERS, np.float32, np.float64]:
        for way in ("mean", "nearest", "label"):
            assert halve(np.ones((2, 3, 5), dtype=dtype), way).dtype == dtype


def test_channels_side_by_side_in_memory_are_halved_like_others():
    image = np.random.default_rng(0).integers(0, 255, (30, 40, 3)).astype(np.uint8)
    expected = halve(np.ascontiguousarray(np.moveaxis(image, -1, 0)), "mean")
    np.testing.assert_array_equal(halve(np.moveaxis(image, -1, 0), "mean"), expected)
