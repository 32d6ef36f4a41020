import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import gabor_kernel


def striped(width, angle, size=161):
    """Stripes of this width, of ±1, whose normal stands at an angle to x."""
    y, x = np.mgrid[:size, :size]
    return np.cos(np.pi / width * (np.cos(angle) * x + np.sin(angle) * y))


@pytest.mark.parametrize("angle", np.arange(8) * np.pi / 8)
def test_stripes_of_the_scale_answer_fully_in_each_orientation(compute_family, angle):
    """A wave under a Gaussian of sum 1 answers to the wave cos(kx) with 1/2, whatever the phase."""
    plane = compute_family(striped(4, angle), "gabor", (4,))["Gabor maximum, 4 px"]
    np.testing.assert_allclose(plane[30:-30, 30:-30], 0.5, rtol=0.01)


def test_other_scales_and_other_orientations_answer_less(compute_family):
    planes = compute_family(striped(4, np.pi / 8), "gabor", (2, 4, 8))
    at = {name: plane[80, 80] for name, plane in planes.items()}
    assert at["Gabor maximum, 4 px"] > 4 * max(at["Gabor maximum, 2 px"], at["Gabor maximum, 8 px"])
    assert at["Gabor mean, 4 px"] < 0.5 * at["Gabor maximum, 4 px"]


def test_flat_image_gives_nothing(compute_family):
    for plane in compute_family(np.full((60, 60), 0.9), "gabor", (1, 5)).values():
        np.testing.assert_allclose(plane, 0, atol=1e-6)


def test_scales_finer_than_a_pixel_have_no_planes(compute_family):
    assert list(compute_family(np.zeros((9, 9)), "gabor", (0.3, 0.99, 1))) == [
        "Gabor maximum, 1 px",
        "Gabor mean, 1 px",
    ]


@pytest.mark.parametrize("scale", [1, 3.5])
def test_equals_scikit_image(peer_image, compute_family, assert_close, scale):
    """`gabor_kernel` cut to our square, normalised, and without the mean of its even part."""
    wavelength = 2 * scale
    radius = int(3 * np.sqrt(np.log(2) / 2) * 3 / np.pi * wavelength + 0.5)
    distance = np.arange(-radius, radius + 1)
    magnitudes = []
    for angle in np.arange(8) * np.pi / 8:
        kernel = gabor_kernel(1 / wavelength, theta=angle, bandwidth=1, n_stds=6)
        centre = [side // 2 for side in kernel.shape]
        kernel = kernel[centre[0] - radius : centre[0] + radius + 1, centre[1] - radius : centre[1] + radius + 1]
        envelope = np.abs(kernel) / np.abs(kernel).sum()
        kernel = kernel / np.abs(kernel).sum()
        kernel = kernel - envelope * kernel.sum()
        assert kernel.shape == (distance.size, distance.size)
        parts = [ndimage.convolve(peer_image.astype(np.float64), part) for part in (kernel.real, kernel.imag)]
        magnitudes.append(np.hypot(*parts))
    planes = compute_family(peer_image, "gabor", (scale,))
    assert_close(planes[f"Gabor maximum, {scale} px"], np.max(magnitudes, axis=0))
    assert_close(planes[f"Gabor mean, {scale} px"], np.mean(magnitudes, axis=0))
