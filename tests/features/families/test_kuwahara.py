import numpy as np
import pytest


def reference(image_yx, reach):
    """The mean of the square of least variance, square by square."""
    padded = np.pad(image_yx.astype(np.float64), reach, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (reach + 1, reach + 1))
    means, variances = windows.mean(axis=(2, 3)), windows.var(axis=(2, 3))
    height, width = image_yx.shape
    corners = [(dy, dx) for dy in (0, reach) for dx in (0, reach)]
    at = [np.s_[dy : dy + height, dx : dx + width] for dy, dx in corners]
    best = np.argmin([variances[place] for place in at], axis=0)
    return np.choose(best, [means[place] for place in at])


def test_a_step_stays_as_sharp_as_it_was(compute_family):
    step = np.tile(np.r_[np.zeros(20), np.ones(20)], (40, 1))
    for radius in (1, 3, 7):
        np.testing.assert_array_equal(compute_family(step, "kuwahara", (radius,))[f"Kuwahara, {radius} px"], step)


def test_one_bright_pixel_stays_where_every_square_holds_it(compute_family):
    image = np.zeros((21, 21))
    image[10, 10] = 1
    plane = compute_family(image, "kuwahara", (2,))["Kuwahara, 2 px"]
    assert plane[10, 10] == pytest.approx(1 / 9)
    plane[10, 10] = 0
    assert not plane.any()


@pytest.mark.parametrize("radius", [1, 2, 5])
def test_equals_the_definition(peer_image, compute_family, radius):
    plane = compute_family(peer_image, "kuwahara", (radius,))[f"Kuwahara, {radius} px"]
    different = np.abs(plane - reference(peer_image, radius)) > 1e-6
    assert different.mean() < 1e-3  # two squares that vary alike to the last bit


def test_below_one_pixel_it_is_the_image(compute_family):
    image = np.random.default_rng(0).random((8, 9), dtype=np.float32)
    np.testing.assert_array_equal(compute_family(image, "kuwahara", (0.7,))["Kuwahara, 0.7 px"], image)
