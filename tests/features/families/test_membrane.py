import numpy as np
import pytest
from scipy import ndimage

from sambaseg.features.families.membrane import ANGLES, line_kernels

PROJECTIONS = {
    "mean": lambda responses: responses.mean(0),
    "maximum": lambda responses: responses.max(0),
    "minimum": lambda responses: responses.min(0),
    "sum": lambda responses: responses.sum(0),
    "standard deviation": lambda responses: responses.std(0),
    "median": lambda responses: np.median(responses, axis=0),
}


def rotated_lines():
    line = np.zeros((19, 19))
    line[:, 9] = 1
    angles = np.arange(ANGLES) * 180 / ANGLES
    lines = [ndimage.rotate(line, angle, reshape=False, order=1, mode="grid-constant") for angle in angles]
    return [kernel / kernel.sum() for kernel in lines]


def test_kernels_are_one_line_rotated_in_patches_of_one_size():
    kernels = line_kernels()
    assert kernels.shape == (30, 19, 19)
    np.testing.assert_allclose(kernels, rotated_lines(), atol=1e-6)
    np.testing.assert_allclose(kernels.sum((1, 2)), 1, atol=1e-6)


def test_flat_image_has_equal_projections_and_no_deviation(compute_family):
    planes = compute_family(np.full((20, 22), 0.5), "membrane")
    for name in ("mean", "maximum", "minimum", "median"):
        np.testing.assert_allclose(planes[f"Membrane {name}"], 0.5, rtol=1e-5)
    np.testing.assert_allclose(planes["Membrane sum"], 15, rtol=1e-5)
    np.testing.assert_allclose(planes["Membrane standard deviation"], 0, atol=1e-6)


@pytest.mark.parametrize("turn", [False, True])
def test_line_is_found_along_itself(compute_family, turn):
    image = np.zeros((41, 41))
    image[:, 20] = 1
    planes = compute_family(image.T if turn else image, "membrane")
    assert planes["Membrane maximum"][20, 20] == pytest.approx(1, abs=1e-6)
    assert planes["Membrane minimum"][20, 20] == pytest.approx(1 / 19, abs=1e-6)
    assert planes["Membrane maximum"][20, 20] > 4 * planes["Membrane mean"][20, 20]


@pytest.mark.parametrize("name", sorted(PROJECTIONS))
def test_equals_scipy(peer_image, compute_family, assert_close, name):
    image = peer_image[:60, :70].astype(np.float64)
    responses = np.array([ndimage.correlate(image, kernel) for kernel in rotated_lines()])
    plane = compute_family(image, "membrane")[f"Membrane {name}"]
    assert_close(plane, PROJECTIONS[name](responses))
