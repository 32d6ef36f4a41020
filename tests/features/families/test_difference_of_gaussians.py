import numpy as np
from skimage import filters


def test_every_larger_scale_stands_against_every_smaller_one(compute_family):
    planes = compute_family(np.zeros((4, 4)), "difference_of_gaussians", (1, 2, 4))
    assert list(planes) == [f"Difference of Gaussians, {pair} px" for pair in ("1 and 2", "1 and 4", "2 and 4")]


def test_bright_spot_is_positive_and_sums_to_zero(compute_family):
    spot = np.zeros((61, 61))
    spot[30, 30] = 1
    plane = compute_family(spot, "difference_of_gaussians", (1, 3))["Difference of Gaussians, 1 and 3 px"]
    assert plane[30, 30] > 0.1
    assert plane.sum(dtype=np.float64) == np.float64(0) or abs(plane.sum(dtype=np.float64)) < 1e-5


def test_equals_scikit_image(peer_image, compute_family, assert_close):
    planes = compute_family(peer_image, "difference_of_gaussians", (1, 2, 8))
    image = peer_image.astype(np.float64)
    for low, high in ((1, 2), (1, 8), (2, 8)):
        expected = filters.difference_of_gaussians(image, low, high, mode="reflect")
        assert_close(planes[f"Difference of Gaussians, {low} and {high} px"], expected)
