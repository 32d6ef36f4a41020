"""Uncertainty on one absolute scale."""

import numpy as np
import pytest

from sambaseg.forest.uncertainty import uncertainty_as_bytes, uncertainty_of


@pytest.mark.parametrize(
    ("probabilities", "uncertainty", "byte"),
    [([1, 0], 0, 0), ([0.5, 0.5], 0.5, 128), ([0.2, 0.3, 0.5], 0.5, 128), ([0.25] * 4, 0.75, 191), ([0, 0.9], 0.1, 26)],
)
def test_uncertainty_is_one_minus_the_largest_probability(probabilities, uncertainty, byte):
    probabilities_kyx = np.array(probabilities, np.float32)[:, np.newaxis, np.newaxis]
    found_yx = uncertainty_of(probabilities_kyx)
    assert found_yx.dtype == np.float32
    assert found_yx == pytest.approx(uncertainty)
    assert uncertainty_as_bytes(found_yx).tolist() == [[byte]]


def test_the_scale_does_not_depend_on_the_image():
    sure = np.full((2, 4, 4), 0.5, np.float32)
    sure[:, :2] = [[[0.9]], [[0.1]]]
    assert np.array_equal(uncertainty_of(sure)[:2], uncertainty_of(sure[:, :2]))


def test_rounding_above_one_does_not_go_below_zero():
    assert uncertainty_of(np.array([[[1.0000001]]], np.float32)).min() == 0
