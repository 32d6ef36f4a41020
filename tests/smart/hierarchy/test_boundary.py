"""Boundary strength: slopes and steps by hand, Gaussian derivatives and local deviations by scipy."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from sambaseg.smart.hierarchy.boundary import FLAT, TEXTURE_FLOOR, blurred, boundary_strength, texture_strength

NO_BLUR_PX = 0.1


def test_differences_are_central_inside_and_one_sided_at_borders():
    row = np.float32([[[0, 1, 4, 4]]])
    assert boundary_strength(row, NO_BLUR_PX).tolist() == [[1, 2, 1.5, 0]]
    assert boundary_strength(row.transpose(0, 2, 1), NO_BLUR_PX).tolist() == [[1], [2], [1.5], [0]]


@pytest.mark.parametrize("sigma_px", [1.0, 2.5])
def test_a_slope_is_as_strong_as_it_is_steep(sigma_px):
    y, x = np.indices((48, 48), dtype=np.float32)
    strength_yx = boundary_strength((0.003 * y + 0.004 * x)[np.newaxis], sigma_px)
    np.testing.assert_allclose(strength_yx[12:-12, 12:-12], 0.005, atol=1e-6)


def test_channels_add_up_as_lengths_do():
    x = np.tile(np.arange(40, dtype=np.float32), (40, 1))
    strength_yx = boundary_strength(np.stack([0.003 * x, 0.004 * x, 0 * x]), 1.0)
    np.testing.assert_allclose(strength_yx[8:-8, 8:-8], 0.005, atol=1e-6)


def test_what_rounding_leaves_on_a_flat_place_is_no_boundary():
    x = np.tile(np.arange(16, dtype=np.float32), (4, 1))[np.newaxis]
    assert boundary_strength(x * (FLAT / 2), NO_BLUR_PX).max() == 0
    assert boundary_strength(x * (FLAT * 2), NO_BLUR_PX).min() == FLAT * 2
    assert boundary_strength(np.full((1, 9, 9), 1 / 3, np.float32), 2.5).max() == 0


@pytest.mark.parametrize("sigma_px", [1.0, 2.5])
@pytest.mark.parametrize("shape_yx", [(37, 53), (5, 4)])
def test_strength_is_that_of_scipy(sigma_px, shape_yx):
    pixels_yx = np.random.default_rng(3).random(shape_yx, np.float32)
    expected_yx = np.hypot(*np.gradient(ndi.gaussian_filter(pixels_yx.astype(np.float64), sigma_px, mode="reflect")))
    expected_yx[expected_yx < FLAT] = 0
    np.testing.assert_allclose(boundary_strength(pixels_yx[np.newaxis], sigma_px), expected_yx, atol=1e-5)


def test_blur_is_that_of_scipy_and_keeps_its_input():
    pixels_yx = np.random.default_rng(4).random((20, 31), np.float32)
    before_yx = pixels_yx.copy()
    found_yx = blurred(pixels_yx, 2.0)
    np.testing.assert_allclose(found_yx, ndi.gaussian_filter(pixels_yx.astype(np.float64), 2.0), atol=1e-6)
    np.testing.assert_array_equal(pixels_yx, before_yx)


def test_texture_is_the_logarithm_of_the_local_deviation():
    y, x = np.indices((40, 40))
    stripes_yx = (0.5 + 0.1 * np.where((y + x) % 2, 1, -1)).astype(np.float32)
    np.testing.assert_allclose(texture_strength(stripes_yx)[12:-12, 12:-12], np.log(0.1 + TEXTURE_FLOOR), atol=1e-3)
    np.testing.assert_allclose(texture_strength(np.full((6, 7), 0.3, np.float32)), np.log(TEXTURE_FLOOR), atol=1e-4)


def test_texture_is_that_of_scipy():
    grey_yx = np.random.default_rng(5).random((33, 29), np.float32)
    centred_yx = grey_yx.astype(np.float64) - ndi.gaussian_filter(grey_yx.astype(np.float64), 2.0)
    expected_yx = np.log(np.sqrt(ndi.gaussian_filter(centred_yx**2, 2.0)) + TEXTURE_FLOOR)
    np.testing.assert_allclose(texture_strength(grey_yx), expected_yx, atol=1e-4)


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_the_smallest_views_have_numbers(shape_yx):
    pixels_yx = np.random.default_rng(6).random(shape_yx, np.float32)
    for found_yx in (boundary_strength(pixels_yx[np.newaxis], 2.5), texture_strength(pixels_yx)):
        assert found_yx.dtype == np.float32
        assert found_yx.shape == shape_yx
        assert np.isfinite(found_yx).all()
