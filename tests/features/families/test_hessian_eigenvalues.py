import numpy as np
import pytest
from scipy import ndimage

FIRST, SECOND = (f"Hessian of Gaussian eigenvalue {i}, {{:g}} px" for i in (1, 2))


def test_quadratic_has_its_curvatures(compute_family):
    """Curvature 3 along one diagonal and -1 along the other."""
    y, x = np.mgrid[-20:21, -20:21]
    along, across = (y + x) / np.sqrt(2), (y - x) / np.sqrt(2)
    planes = compute_family(1.5 * along**2 - 0.5 * across**2 + y, "hessian_eigenvalues", (1,))
    np.testing.assert_allclose(planes[FIRST.format(1)][7:-7, 7:-7], 3, rtol=2e-3)
    np.testing.assert_allclose(planes[SECOND.format(1)][7:-7, 7:-7], -1, rtol=5e-3)


def test_a_line_of_one_pixel_is_seen_at_the_smallest_scale(compute_family):
    image = np.zeros((15, 15))
    image[7] = 1
    planes = compute_family(image, "hessian_eigenvalues", (0.3,))
    np.testing.assert_allclose(planes[SECOND.format(0.3)][7, 2:-2], -2, atol=0.05)
    np.testing.assert_allclose(planes[FIRST.format(0.3)][7, 2:-2], 0, atol=0.01)


@pytest.mark.parametrize("scale", [0.7, 5])
def test_equal_scipy_and_eigvalsh(peer_image, compute_family, assert_close, scale):
    planes = compute_family(peer_image, "hessian_eigenvalues", (scale,))
    blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), scale)
    yy, xx = (ndimage.correlate1d(blurred, [1, -2, 1], axis=axis) for axis in (0, 1))
    yx = ndimage.correlate1d(ndimage.correlate1d(blurred, [-0.5, 0, 0.5], axis=0), [-0.5, 0, 0.5], axis=1)
    values = np.linalg.eigvalsh(np.moveaxis(np.array([[yy, yx], [yx, xx]]), (0, 1), (2, 3)))
    assert_close(planes[FIRST.format(scale)], values[..., 1])
    assert_close(planes[SECOND.format(scale)], values[..., 0])
