import numpy as np
import pytest

PLANES = ["module", "trace", "determinant", "eigenvalue 1", "eigenvalue 2"]


def quadratic(yy, xx, yx):
    """An image whose second derivatives are these numbers everywhere."""
    y, x = np.mgrid[-12:13, -12:13]
    return yy * y**2 / 2 + xx * x**2 / 2 + yx * y * x


@pytest.mark.parametrize(("yy", "xx", "yx"), [(2, 0, 0), (-1, 3, 0), (1, 1, 0.5), (0, 0, -2)])
def test_quadratic_has_its_hessian(compute_family, yy, xx, yx):
    planes = compute_family(quadratic(yy, xx, yx), "hessian")
    smaller, larger = np.linalg.eigvalsh([[yy, yx], [yx, xx]])
    expected = [np.sqrt(yy**2 + xx**2 + yx**2), yy + xx, yy * xx - yx**2, larger, smaller]
    for name, value in zip(PLANES, expected, strict=True):
        np.testing.assert_allclose(planes[f"Hessian {name}, no blur"][2:-2, 2:-2], value, atol=1e-4)


def test_equals_numpy_and_eigvalsh(peer_image, compute_family, assert_close):
    from scipy import ndimage

    planes = compute_family(peer_image, "hessian", (3,))
    blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), 3)
    gy, gx = np.gradient(blurred)
    (yy, yx), (_, xx) = np.gradient(gy), np.gradient(gx)
    eigenvalues = np.linalg.eigvalsh(np.moveaxis(np.array([[yy, yx], [yx, xx]]), (0, 1), (2, 3)))
    expected = [np.sqrt(yy**2 + xx**2 + yx**2), yy + xx, yy * xx - yx**2, eigenvalues[..., 1], eigenvalues[..., 0]]
    for name, plane in zip(PLANES, expected, strict=True):
        assert_close(planes[f"Hessian {name}, 3 px"], plane, margin=2)
