"""Mean, minimum, maximum, median and variance over a disk that includes its radius."""

import numpy as np
import pytest
from scipy import ndimage

RADII = (1, 2.5, 7)


def disk(radius):
    reach = int(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return y**2 + x**2 <= radius**2


def bright_pixel(size=21):
    image = np.zeros((size, size))
    image[size // 2, size // 2] = 1
    return image


@pytest.mark.parametrize("radius", [1, 2, 3, 5])
def test_maximum_of_one_bright_pixel_is_the_disk_with_its_radius(compute_family, radius):
    plane = compute_family(bright_pixel(), "maximum", (radius,))[f"Maximum, {radius} px"]
    inner = slice(10 - radius, 11 + radius)
    np.testing.assert_array_equal(plane[inner, inner], disk(radius))
    assert plane.sum() == disk(radius).sum()


def test_minimum_of_one_dark_pixel_is_the_disk_with_its_radius(compute_family):
    plane = compute_family(1 - bright_pixel(), "minimum", (4,))["Minimum, 4 px"]
    np.testing.assert_array_equal(plane[6:15, 6:15], ~disk(4))


def test_mean_of_one_bright_pixel_is_the_disk_over_its_area(compute_family):
    plane = compute_family(bright_pixel(), "mean", (3,))["Mean, 3 px"]
    np.testing.assert_allclose(plane[7:14, 7:14], disk(3) / disk(3).sum(), rtol=1e-6)


def test_median_removes_one_bright_pixel_and_keeps_an_edge(compute_family):
    step = np.tile(np.r_[np.zeros(10), np.ones(11)], (21, 1))
    assert not compute_family(bright_pixel(), "median", (1,))["Median, 1 px"].any()
    np.testing.assert_array_equal(compute_family(step, "median", (3,))["Median, 3 px"], step)


def test_variance_of_a_checkerboard(compute_family):
    """Radius 1 sees five pixels, four of them of the other colour: p (1 - p) with p = 1/5 or 4/5."""
    board = np.indices((12, 12)).sum(0) % 2
    plane = compute_family(board, "variance", (1,))["Variance, 1 px"]
    np.testing.assert_allclose(plane[1:-1, 1:-1], 0.2 * 0.8, rtol=1e-6)


def test_variance_of_a_bright_flat_image_is_zero(compute_family):
    plane = compute_family(np.full((40, 40), 9999.0), "variance", (8,))["Variance, 8 px"]
    np.testing.assert_allclose(plane, 0, atol=1e-6)


@pytest.mark.parametrize("radius", [0.3, 0.9])
def test_disk_below_radius_one_is_the_pixel(compute_family, radius):
    image = np.random.default_rng(1).random((6, 6), dtype=np.float32)
    for family in ("mean", "minimum", "maximum", "median"):
        (plane,) = compute_family(image, family, (radius,)).values()
        np.testing.assert_array_equal(plane, image)


@pytest.mark.parametrize("convention", ["sigma", "radius"])
def test_scale_is_the_radius_in_both_conventions(compute_family, convention):
    plane = compute_family(bright_pixel(), "maximum", (5,), convention)["Maximum, 5 px"]
    assert plane.sum() == disk(5).sum()


PEERS = {
    "Minimum": lambda image, footprint: ndimage.minimum_filter(image, footprint=footprint),
    "Maximum": lambda image, footprint: ndimage.maximum_filter(image, footprint=footprint),
    "Median": lambda image, footprint: ndimage.median_filter(image, footprint=footprint),
}


@pytest.mark.parametrize("name", sorted(PEERS))
def test_ranks_equal_scipy_exactly(peer_image, compute_family, name):
    planes = compute_family(peer_image, name.lower(), RADII)
    for radius in RADII:
        np.testing.assert_array_equal(planes[f"{name}, {radius:g} px"], PEERS[name](peer_image, disk(radius)))


def test_mean_and_variance_equal_scipy(peer_image, compute_family, assert_close):
    image = peer_image.astype(np.float64)
    means = compute_family(peer_image, "mean", RADII)
    variances = compute_family(peer_image, "variance", RADII)
    for radius in RADII:
        weights = disk(radius) / disk(radius).sum()
        mean = ndimage.convolve(image, weights)
        assert_close(means[f"Mean, {radius:g} px"], mean)
        assert_close(variances[f"Variance, {radius:g} px"], ndimage.convolve(image**2, weights) - mean**2)


def test_median_of_many_levels_is_exact(compute_family):
    """Wide range of distinct values: the ranks fill many chunks of counters."""
    image = np.random.default_rng(2).normal(0, 1e3, (60, 200)).astype(np.float32)
    plane = compute_family(image, "median", (9,))["Median, 9 px"]
    np.testing.assert_array_equal(plane, ndimage.median_filter(image, footprint=disk(9)))
