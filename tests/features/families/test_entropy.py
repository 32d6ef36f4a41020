import numpy as np
import pytest
from skimage.filters import rank
from skimage.morphology import disk

BINS = (32, 64, 128, 256)


@pytest.mark.parametrize("bins", BINS)
def test_two_grey_values_in_equal_shares_have_one_bit(compute_family, bins):
    """A disk of radius 1 over a checkerboard holds 1 and 4 pixels; H = -(0.2 log 0.2 + 0.8 log 0.8) bits."""
    board = (np.indices((12, 12)).sum(0) % 2).astype(float)
    plane = compute_family(board, "entropy", (1,))[f"Entropy ({bins} bins), 1 px"]
    expected = -(0.2 * np.log2(0.2) + 0.8 * np.log2(0.8)) / np.log2(bins)
    np.testing.assert_allclose(plane[1:-1, 1:-1], expected, rtol=1e-6)


def test_even_image_has_none_and_values_beyond_the_range_count_as_its_ends(compute_family):
    image = np.full((20, 20), 0.4)
    image[:, 10:] = 7
    image[10:, 10:] = 1
    image[:10, :10] = -3
    image[10:, :10] = 0
    for plane in compute_family(image, "entropy", (2,)).values():
        assert (plane[:, 2:8] == 0).all()
        assert (plane[:, 12:] == 0).all()
        assert (plane[:, 8:12] > 0).all()


def test_all_bins_filled_alike_have_entropy_one(compute_family):
    """Stripes of 32 grey values, all of which a wide disk holds nearly alike."""
    levels = (np.arange(200)[:, None] % 32 + np.zeros((200, 200))) / 32 + 1 / 64
    plane = compute_family(levels, "entropy", (60,))["Entropy (32 bins), 60 px"]
    assert 0.999 < plane[100, 100] <= 1


@pytest.mark.parametrize("radius", [1, 3, 9])
def test_equals_scikit_image(compute_family, radius):
    """At the edges scikit-image sees only the part of the disk that lies in the image."""
    rng = np.random.default_rng(radius)
    levels = np.clip(rng.normal(120, 30, (50, 60)).round() + 60 * (np.arange(60) > 25), 0, 255).astype(np.uint8)
    planes = compute_family(levels / np.float32(255), "entropy", (radius,))
    inner = np.s_[radius:-radius, radius:-radius]
    for bins in BINS:
        expected = rank.entropy(levels // (256 // bins), disk(radius)) / np.log2(bins)
        np.testing.assert_allclose(planes[f"Entropy ({bins} bins), {radius} px"][inner], expected[inner], atol=1e-6)
