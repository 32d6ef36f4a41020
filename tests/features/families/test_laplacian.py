import numpy as np
import pytest
from scipy import ndimage


def test_quadratic_has_its_curvature_and_a_ramp_none(compute_family):
    y, x = np.mgrid[-15:16, -15:16]
    bowl = compute_family(1.5 * y**2 + 0.5 * x**2 + 2 * y - x, "laplacian", (1,))["Laplacian of Gaussian, 1 px"]
    ramp = compute_family(2.0 * y - x, "laplacian", (1,))["Laplacian of Gaussian, 1 px"]
    np.testing.assert_allclose(bowl[6:-6, 6:-6], 4, rtol=1e-3)
    np.testing.assert_allclose(ramp[6:-6, 6:-6], 0, atol=1e-4)


@pytest.mark.parametrize("scale", [0.4, 2, 7])
def test_equals_scipy(peer_image, compute_family, assert_close, scale):
    plane = compute_family(peer_image, "laplacian", (scale,))[f"Laplacian of Gaussian, {scale} px"]
    assert_close(plane, ndimage.laplace(ndimage.gaussian_filter(peer_image.astype(np.float64), scale)))


def test_flat_image_gives_nothing_at_the_smallest_scale(compute_family):
    """Sampled second derivatives of a narrow Gaussian do not sum to zero; differences of neighbours do."""
    planes = compute_family(np.full((9, 9), 0.75), "laplacian", (0.4,))
    np.testing.assert_allclose(planes["Laplacian of Gaussian, 0.4 px"], 0, atol=1e-6)
