import numpy as np
from scipy import ndimage

FIRST, SECOND = (f"Structure tensor eigenvalue {i}, {{}} px" for i in (1, 2))


def test_ramp_has_its_squared_slope_and_no_second_direction(compute_family):
    y, x = np.mgrid[:60, :60]
    planes = compute_family(0.03 * y - 0.04 * x, "structure_tensor", (3,))
    inner = np.s_[22:-22, 22:-22]
    np.testing.assert_allclose(planes[FIRST.format(3)][inner], 0.05**2, rtol=1e-4)
    np.testing.assert_allclose(planes[SECOND.format(3)][inner], 0, atol=1e-7)


def test_equals_numpy_scipy_and_eigvalsh(peer_image, compute_family, assert_close):
    planes = compute_family(peer_image, "structure_tensor", (1, 6), "radius")
    for scale in (1, 6):
        blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), 0.4 * scale)
        # Central differences of the mirrored image, also at its edges
        gy, gx = (ndimage.correlate1d(blurred, [-0.5, 0, 0.5], axis=axis) for axis in (0, 1))
        yy, xx, yx = (ndimage.gaussian_filter(product, 0.5 * scale) for product in (gy * gy, gx * gx, gy * gx))
        values = np.linalg.eigvalsh(np.moveaxis(np.array([[yy, yx], [yx, xx]]), (0, 1), (2, 3)))
        margin = int(2 * scale + 1)  # products of gy and gx change sign beyond an edge, blurred planes do not
        assert_close(planes[FIRST.format(scale)], values[..., 1], margin)
        assert_close(planes[SECOND.format(scale)], values[..., 0], margin)
