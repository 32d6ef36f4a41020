import numpy as np
import pytest
from scipy import ndimage

OFFSETS = {
    "above left": (-1, -1),
    "above": (-1, 0),
    "above right": (-1, 1),
    "left": (0, -1),
    "right": (0, 1),
    "below left": (1, -1),
    "below": (1, 0),
    "below right": (1, 1),
}


@pytest.mark.parametrize("convention", ["sigma", "radius"])
def test_one_bright_pixel_is_seen_from_the_other_side(compute_family, convention):
    image = np.zeros((15, 15))
    image[7, 7] = 1
    planes = compute_family(image, "neighbours", (3,), convention)
    for name, (dy, dx) in OFFSETS.items():
        assert np.argwhere(planes[f"Neighbour {name}, 3 px"]).tolist() == [[7 - 3 * dy, 7 - 3 * dx]]


@pytest.mark.parametrize("scale", [0.3, 1, 2.5, 8])
def test_equal_scipy_and_are_mirrored_at_the_edges(peer_image, compute_family, assert_close, scale):
    planes = compute_family(peer_image, "neighbours", (scale,))
    mirrored = np.pad(peer_image.astype(np.float64), 10, mode="symmetric")
    for name, (dy, dx) in OFFSETS.items():
        expected = ndimage.shift(mirrored, (-dy * scale, -dx * scale), order=1)[10:-10, 10:-10]
        assert_close(planes[f"Neighbour {name}, {scale} px"], expected)
