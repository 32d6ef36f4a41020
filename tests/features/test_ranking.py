import numpy as np
import pytest

from sambaseg.features.ranking import rank_pixels
from sambaseg.features.scratch import Scratch


def test_equal_values_have_equal_ranks():
    ranks_yx, values = rank_pixels(np.float32([[0.5, -2, 0.5], [1e30, -2, 0]]), Scratch())
    assert ranks_yx.tolist() == [[2, 0, 2], [3, 0, 1]]
    assert values.tolist() == [-2, 0, 0.5, np.float32(1e30)]


def test_minus_zero_is_zero():
    ranks_yx, values = rank_pixels(np.float32([[0.0, -0.0, 1.0]]), Scratch())
    assert ranks_yx.tolist() == [[0, 0, 1]]
    assert values.tolist() == [0, 1]


@pytest.mark.parametrize("levels", [1, 2, 256, None])
def test_equals_numpy(levels):
    rng = np.random.default_rng(3)
    values_yx = rng.normal(0, 10 ** rng.uniform(-30, 30, (70, 90))).astype(np.float32)
    if levels is not None:
        values_yx = rng.integers(0, levels, (70, 90)).astype(np.float32) / np.float32(255)
    expected, inverse = np.unique(values_yx, return_inverse=True)
    ranks_yx, values = rank_pixels(values_yx, Scratch())
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(ranks_yx, inverse.reshape(values_yx.shape))
