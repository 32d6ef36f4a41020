import numpy as np
import pytest

NAME = "Anisotropic diffusion ({} steps, edge {})"


def reference(image_yx, steps, edge):
    """Perona and Malik's scheme written with mirrored neighbours."""
    values = image_yx.astype(np.float64)
    for _ in range(steps):
        padded = np.pad(values, 1, mode="edge")
        change = np.zeros_like(values)
        for neighbour in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
            difference = neighbour - values
            change += difference / (1 + (difference * 255 / edge) ** 2)
        values = values + 0.2 * change
    return values


@pytest.mark.parametrize("edge", [10, 30])
@pytest.mark.parametrize("steps", [5, 20])
def test_equals_the_scheme(peer_image, compute_family, assert_close, steps, edge):
    plane = compute_family(peer_image, "anisotropic_diffusion")[NAME.format(steps, edge)]
    assert_close(plane, reference(peer_image, steps, edge))


@pytest.mark.parametrize(("steps", "variance"), [(5, 2.0), (20, 8.0)])
def test_what_is_far_below_the_edge_strength_spreads_like_a_blur(compute_family, steps, variance):
    """Each step of rate 0.2 adds 0.4 px² to the variance along each axis."""
    image = np.zeros((61, 61))
    image[30, 30] = 1e-5
    plane = compute_family(image, "anisotropic_diffusion")[NAME.format(steps, 10)].astype(np.float64)
    x = np.arange(61) - 30
    assert plane.sum() == pytest.approx(1e-5, rel=1e-4)
    assert (plane.sum(axis=0) * x**2).sum() / plane.sum() == pytest.approx(variance, rel=1e-3)


def test_a_step_far_above_the_edge_strength_stays(compute_family):
    step = np.tile(np.r_[np.zeros(20), np.ones(20)], (40, 1))
    plane = compute_family(step, "anisotropic_diffusion")[NAME.format(20, 10)]
    np.testing.assert_allclose(plane, step, atol=0.01)
