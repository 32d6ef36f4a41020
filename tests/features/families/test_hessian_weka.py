import numpy as np
import pytest

ORIENTATION = "Hessian orientation"
DIFFERENCE = "Hessian eigenvalue difference, squared"
SQUARES = "Hessian difference of squared eigenvalues, squared"


@pytest.mark.parametrize("angle", [0, 0.3, 1.2, -0.7])
def test_valley_points_across_itself(compute_family, angle):
    """The second derivative of a valley is largest across it: along (cos, sin) of the angle in (x, y)."""
    y, x = np.mgrid[-12:13, -12:13]
    valley = 1.5 * (np.cos(angle) * x + np.sin(angle) * y) ** 2
    planes = compute_family(valley, "hessian_weka")
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(planes[f"{ORIENTATION}, no blur"][inner], angle, atol=1e-4)
    np.testing.assert_allclose(planes[f"{DIFFERENCE}, no blur"][inner], 3.0**2, rtol=1e-4)
    np.testing.assert_allclose(planes[f"{SQUARES}, no blur"][inner], 3.0**4, rtol=1e-4)


def test_flat_image_has_direction_zero(compute_family):
    planes = compute_family(np.full((8, 8), 0.4), "hessian_weka")
    assert all(not plane.any() for plane in planes.values())


def test_follows_the_eigenvalues_of_the_hessian_family(peer_image, compute_family, assert_close):
    extras = compute_family(peer_image, "hessian_weka", (2,))
    hessian = compute_family(peer_image.astype(np.float64), "hessian", (2,))
    larger, smaller = (hessian[f"Hessian eigenvalue {i}, 2 px"].astype(np.float64) for i in (1, 2))
    assert_close(extras[f"{DIFFERENCE}, 2 px"], (larger - smaller) ** 2)
    assert_close(extras[f"{SQUARES}, 2 px"], (larger**2 - smaller**2) ** 2)


def test_orientation_equals_the_eigenvector(peer_image, compute_family):
    from scipy import ndimage

    orientation = compute_family(peer_image, "hessian_weka", (2,))[f"{ORIENTATION}, 2 px"]
    gy, gx = np.gradient(ndimage.gaussian_filter(peer_image.astype(np.float64), 2))
    (yy, yx), (_, xx) = np.gradient(gy), np.gradient(gx)
    values, vectors = np.linalg.eigh(np.moveaxis(np.array([[xx, yx], [yx, yy]]), (0, 1), (2, 3)))
    x, y = vectors[..., 0, 1], vectors[..., 1, 1]  # the eigenvector of the larger eigenvalue
    clear = (values[..., 1] - values[..., 0]) > 1e-3
    clear[:2] = clear[-2:] = clear[:, :2] = clear[:, -2:] = False
    turned = np.angle(np.exp(2j * (orientation - np.arctan2(y, x))))
    assert clear.sum() > 1000
    assert np.abs(turned[clear]).max() < 1e-3
