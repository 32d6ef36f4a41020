import numpy as np
from scipy import ndimage


def test_ramp_has_its_slope_at_every_scale(compute_family):
    y, x = np.mgrid[:60, :60]
    planes = compute_family(0.03 * y - 0.04 * x, "gradient_magnitude", (0.3, 1, 4))
    assert len(planes) == 3
    for plane in planes.values():
        np.testing.assert_allclose(plane[18:-18, 18:-18], 0.05, rtol=1e-4)


def test_equals_scipy(peer_image, compute_family, assert_close):
    planes = compute_family(peer_image, "gradient_magnitude", (0.7, 3.5))
    for scale in (0.7, 3.5):
        blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), scale)
        gy, gx = (ndimage.correlate1d(blurred, [-0.5, 0, 0.5], axis=axis) for axis in (0, 1))
        assert_close(planes[f"Gradient magnitude, {scale} px"], np.hypot(gy, gx))
