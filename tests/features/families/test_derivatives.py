import numpy as np
import pytest
from scipy import ndimage

ORDERS = (2, 3, 4, 5)


def differentiated(image_yx, order):
    """Differences of this order along both axes."""
    for axis in (0, 1):
        for _ in range(order // 2):
            image_yx = ndimage.correlate1d(image_yx, [1, -2, 1], axis=axis)
        if order % 2:
            image_yx = ndimage.correlate1d(image_yx, [-0.5, 0, 0.5], axis=axis)
    return image_yx


@pytest.mark.parametrize("order", ORDERS)
def test_waves_are_damped_by_the_blur_and_multiplied_by_their_number(compute_family, order):
    """sin(kx) becomes its n-th difference, times exp(-(sigma k)²/2); along y likewise."""
    k = 2 * np.pi / 24
    y, x = np.mgrid[:120, :120]
    plane = compute_family(np.sin(k * y) * np.sin(k * x), "derivatives", (3,))[f"Derivative of order {order}, 3 px"]
    second, first = -4 * np.sin(k / 2) ** 2, np.sin(k)
    factor = second ** (order // 2) * first ** (order % 2) * np.exp(-((3 * k) ** 2) / 2)
    wave = np.cos if order % 2 else np.sin
    inner = np.s_[25:-25, 25:-25]
    expected = factor**2 * (wave(k * y) * wave(k * x))[inner]
    np.testing.assert_allclose(plane[inner], expected, atol=2e-3 * np.ptp(expected))


@pytest.mark.parametrize("scale", [0.3, 1.6, 7])
def test_equal_scipy(peer_image, compute_family, assert_close, scale):
    planes = compute_family(peer_image, "derivatives", (scale,))
    blurred = ndimage.gaussian_filter(peer_image.astype(np.float64), scale, truncate=6)
    margin = int(6 * scale + 0.5) + 3  # differences of the mirrored image and of its mirrored blur part at the edges
    for order in ORDERS:
        plane = planes[f"Derivative of order {order}, {scale} px"]
        assert_close(plane, differentiated(blurred, order), margin)


@pytest.mark.parametrize("scale", [0.3, 4, 16])
def test_flat_image_gives_nothing(compute_family, scale):
    for plane in compute_family(np.full((40, 40), 0.75), "derivatives", (scale,)).values():
        np.testing.assert_allclose(plane, 0, atol=1e-6)
