import numpy as np
from scipy import ndimage


def test_spot_of_its_size_is_positive_and_flat_is_zero(compute_family):
    y, x = np.mgrid[-30:31, -30:31]
    spot = np.exp(-(y**2 + x**2) / (2 * 3**2))
    plane = compute_family(spot, "difference_of_gaussians_ilastik", (3,))["Difference of Gaussians (0.66), 3 px"]
    # A Gaussian of sigma 3 blurred by s has the height 9 / (9 + s²)
    expected = 9 / (9 + (0.66 * 3) ** 2) - 9 / (9 + 3**2)
    assert np.isclose(plane[30, 30], expected, rtol=1e-3)
    assert np.abs(plane[0]).max() < 1e-4


def test_equals_scipy(peer_image, compute_family, assert_close):
    image = peer_image.astype(np.float64)
    planes = compute_family(peer_image, "difference_of_gaussians_ilastik", (0.3, 5))
    for scale in (0.3, 5):
        expected = ndimage.gaussian_filter(image, 0.66 * scale) - ndimage.gaussian_filter(image, scale)
        assert_close(planes[f"Difference of Gaussians (0.66), {scale} px"], expected)
