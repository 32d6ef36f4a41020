import numpy as np
from scipy import ndimage

NAME = "Structure tensor eigenvalue {} over {} px, {} px"


def test_ramp_has_its_squared_slope_and_no_second_direction(compute_family):
    y, x = np.mgrid[:60, :60]
    planes = compute_family(0.03 * y - 0.04 * x, "structure_tensor_weka", (2,))
    inner = np.s_[23:-23, 23:-23]
    for integration in (1, 3):
        np.testing.assert_allclose(planes[NAME.format(1, integration, 2)][inner], 0.05**2, rtol=1e-4)
        np.testing.assert_allclose(planes[NAME.format(2, integration, 2)][inner], 0, atol=1e-7)


def test_equals_numpy_scipy_and_eigvalsh(peer_image, compute_family, assert_close):
    planes = compute_family(peer_image, "structure_tensor_weka", (1, 5), "radius")
    for scale in (1, 5):
        blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), 0.4 * scale)
        gy, gx = (ndimage.correlate1d(blurred, [-0.5, 0, 0.5], axis=axis) for axis in (0, 1))
        for integration in (1, 3):
            yy, xx, yx = (ndimage.gaussian_filter(product, integration) for product in (gy * gy, gx * gx, gy * gx))
            values = np.linalg.eigvalsh(np.moveaxis(np.array([[yy, yx], [yx, xx]]), (0, 1), (2, 3)))
            margin = 4 * integration + 1
            assert_close(planes[NAME.format(1, integration, scale)], values[..., 1], margin)
            assert_close(planes[NAME.format(2, integration, scale)], values[..., 0], margin)
