import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NAME = "Lipschitz {} cover, slope {}"
SLOPES = (10, 25)


def reference(image_yx, slope):
    """The lower cover, from every place to every place, of a small image that is mirrored around."""
    pad = 26
    values = np.clip(np.pad(image_yx, pad, mode="symmetric"), 0, 1).astype(np.float64)
    height, width = image_yx.shape
    cover = np.full(image_yx.shape, np.inf)
    for dy in range(-pad, pad + 1):
        for dx in range(-pad, pad + 1):
            near, far = sorted((abs(dy), abs(dx)))
            distance = far - near + np.sqrt(2) * near
            part = values[pad + dy : pad + dy + height, pad + dx : pad + dx + width]
            cover = np.minimum(cover, part + slope / 255 * distance)
    return cover


@pytest.mark.parametrize("slope", SLOPES)
def test_one_dark_pixel_makes_a_cone_and_one_bright_pixel_vanishes(compute_family, slope):
    image = np.full((71, 71), 1.0)
    image[35, 35] = 0
    planes = compute_family(image, "lipschitz")
    lower, upper = planes[NAME.format("lower", slope)], planes[NAME.format("upper", slope)]
    distance = np.abs(np.arange(71) - 35)
    np.testing.assert_allclose(lower[35], np.minimum(1, slope / 255 * distance), atol=1e-6)
    np.testing.assert_allclose(np.diagonal(lower), np.minimum(1, slope / 255 * np.sqrt(2) * distance), atol=1e-6)
    np.testing.assert_allclose(upper[34:37, 34:37], [[1] * 3, [1, 1 - slope / 255, 1], [1] * 3], atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 20), width=st.integers(1, 20))
def test_equals_the_definition(compute_family, seed, height, width):
    image = np.random.default_rng(seed).uniform(-0.2, 1.2, (height, width)).astype(np.float32)
    planes = compute_family(image, "lipschitz")
    for slope in SLOPES:
        np.testing.assert_allclose(planes[NAME.format("lower", slope)], reference(image, slope), atol=1e-6)
        np.testing.assert_allclose(planes[NAME.format("upper", slope)], 1 - reference(1 - image, slope), atol=1e-6)


def test_covers_enclose_the_image_and_rise_no_faster_than_the_slope(peer_image, compute_family):
    planes = compute_family(peer_image, "lipschitz")
    for slope in SLOPES:
        lower, upper = planes[NAME.format("lower", slope)], planes[NAME.format("upper", slope)]
        assert (lower <= peer_image).all()
        assert (upper >= peer_image).all()
        for cover in (lower, upper):
            assert max(np.abs(np.diff(cover, axis=axis)).max() for axis in (0, 1)) <= slope / 255 + 1e-6
