import numpy as np
import pytest
from scipy import ndimage


def test_blur_of_a_gaussian_blob_is_a_wider_gaussian_blob(compute_family):
    y, x = np.mgrid[-40:41, -40:41]
    blob = np.exp(-(y**2 + x**2) / (2 * 4.0**2))
    wider = 4**2 / (4**2 + 3**2) * np.exp(-(y**2 + x**2) / (2 * (4.0**2 + 3**2)))
    plane = compute_family(blob, "gaussian", (3,))["Gaussian, 3 px"]
    np.testing.assert_allclose(plane, wider, atol=2e-4)  # the kernel ends at 4 sigma


def test_flat_image_stays_flat(compute_family):
    plane = compute_family(np.full((9, 9), 0.6), "gaussian", (5,))["Gaussian, 5 px"]
    np.testing.assert_allclose(plane, 0.6, rtol=1e-6)


@pytest.mark.parametrize(("convention", "factor"), [("sigma", 1), ("radius", 0.4)])
def test_equals_scipy_everywhere(peer_image, compute_family, assert_close, convention, factor):
    planes = compute_family(peer_image, "gaussian", (0.7, 2, 16), convention)
    for scale in (0.7, 2, 16):
        expected = ndimage.gaussian_filter(peer_image.astype(np.float64), factor * scale, mode="reflect")
        assert_close(planes[f"Gaussian, {scale} px"], expected)
