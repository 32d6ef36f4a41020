"""The window of grey values that is shown."""

import numpy as np
import pytest

from sambaseg.images.contrast import display_window


def test_a_ramp_is_shown_from_its_low_to_its_high_percentile():
    low, high = display_window(np.arange(10_000, dtype=np.uint16).reshape(100, 100))
    assert low == pytest.approx(20, abs=1)
    assert high == pytest.approx(9979, abs=1)


def test_a_few_hot_pixels_do_not_darken_the_image():
    image = np.tile(np.arange(100, dtype=np.float32), (100, 1))
    image[0, 0] = 1e30
    assert display_window(image)[1] <= 99


def test_nan_and_infinity_are_left_out():
    image = np.tile(np.arange(100, dtype=np.float32), (100, 1))
    image[:10] = np.nan
    image[10:20] = np.inf
    image[20:30] = -np.inf
    assert display_window(image) == (0.0, 99.0)


@pytest.mark.parametrize("value", [0, 7, -3])
def test_one_value_is_shown_black(value):
    assert display_window(np.full((4, 4), value, dtype=np.int16)) == (value, value + 1)


def test_a_rare_second_value_is_shown():
    image = np.zeros((100, 100), dtype=np.uint8)
    image[0, 0] = 5
    assert display_window(image) == (0.0, 5.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_without_finite_pixels_there_still_is_a_window(value):
    assert display_window(np.full((3, 3), value)) == (0.0, 1.0)


@pytest.mark.parametrize("value", [np.finfo(np.float64).max, -np.finfo(np.float64).max, 1e300])
def test_the_window_of_huge_values_is_finite_and_not_empty(value):
    low, high = display_window(np.full((2, 2), value))
    assert np.isfinite([low, high]).all()
    assert low < high


def test_a_large_image_is_sampled_all_over():
    image = np.zeros((3000, 3000), dtype=np.uint8)
    image[:, 1500:] = 200
    assert display_window(image) == (0.0, 200.0)
