import numpy as np
from skimage import filters


def test_ramp_has_its_slope_everywhere(compute_family):
    y, x = np.mgrid[:20, :24]
    plane = compute_family(0.03 * y + 0.04 * x, "sobel")["Sobel, no blur"]
    np.testing.assert_allclose(plane[1:-1, 1:-1], 2 * 0.05 / np.sqrt(2), rtol=1e-5)


def test_equals_scikit_image_at_every_scale(peer_image, compute_family, assert_close):
    planes = compute_family(peer_image, "sobel", (1, 5))
    image = peer_image.astype(np.float64)
    assert_close(planes["Sobel, no blur"], filters.sobel(image))
    for scale in (1, 5):
        assert_close(planes[f"Sobel, {scale} px"], filters.sobel(filters.gaussian(image, scale, mode="reflect")))
