import numpy as np
import pytest
from scipy import ndimage

from sambaseg.features.blur import blur_into, gaussian_radius_px, gaussian_weights
from sambaseg.features.scratch import Scratch


@pytest.mark.parametrize("sigma_px", [0.3, 0.4, 1, 2.5, 6.4, 16, 64])
def test_weights_are_the_sampled_gaussian_with_sum_one(sigma_px):
    weights = gaussian_weights(sigma_px).astype(np.float64)
    distance = np.arange(weights.size)
    assert weights.size == gaussian_radius_px(sigma_px) + 1 == int(4 * sigma_px + 0.5) + 1
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(weights / weights[0], np.exp(-(distance**2) / (2 * sigma_px**2)), rtol=1e-5)


def test_weights_of_no_blur_are_one():
    assert gaussian_weights(0.0).tolist() == [1.0]
    assert gaussian_weights(0.1).tolist() == [1.0]


@pytest.mark.parametrize("radius", range(9))
def test_blur_of_every_radius_equals_scipy(radius):
    sigma_px = max(0.05, (radius - 0.5) / 4)
    assert gaussian_radius_px(sigma_px) == radius
    image_yx = np.random.default_rng(radius).random((40, 45), dtype=np.float32)
    out_yx = np.empty((40 - 2 * radius - 3, 45 - 2 * radius - 2), np.float32)
    blur_into(out_yx, image_yx, radius + 1, radius + 2, sigma_px, Scratch())
    expected = ndimage.gaussian_filter(image_yx.astype(np.float64), sigma_px)
    inner = expected[radius + 1 :, radius + 2 :][: out_yx.shape[0], : out_yx.shape[1]]
    np.testing.assert_allclose(out_yx, inner, atol=3e-7)
