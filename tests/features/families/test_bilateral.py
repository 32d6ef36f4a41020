import numpy as np
import pytest
from skimage.filters import rank
from skimage.morphology import disk


def test_noise_within_the_range_is_averaged_and_a_step_beyond_it_stays(compute_family):
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.02, 0.02, (60, 60))
    step = np.tile(np.r_[np.full(30, 0.2), np.full(30, 0.8)], (60, 1))
    for plane in compute_family(step + noise, "bilateral").values():
        np.testing.assert_allclose(plane, step, atol=0.008)


def test_the_range_decides_what_is_averaged(compute_family):
    """A pixel 80 levels above its surroundings stands alone in a range of 50, and is one of 81 or 317 in one of 100."""
    image = np.full((41, 41), 100 / 255)
    image[20, 20] = 180 / 255
    planes = {name: plane[20, 20] * 255 for name, plane in compute_family(image, "bilateral").items()}
    assert planes == pytest.approx(
        {
            "Bilateral (5 px, range 50)": 180,
            "Bilateral (5 px, range 100)": 100 + 80 / 81,
            "Bilateral (10 px, range 50)": 180,
            "Bilateral (10 px, range 100)": 100 + 80 / 317,
        },
        rel=1e-5,
    )


@pytest.mark.parametrize("range_", [50, 100])
@pytest.mark.parametrize("radius", [5, 10])
def test_equals_scikit_image(compute_family, radius, range_):
    """Which gives whole levels, cut off; and sees only the part of a disk that lies in the image."""
    rng = np.random.default_rng(1)
    levels = np.clip(rng.normal(90, 40, (60, 70)).round() + 70 * (np.arange(70) > 30), 0, 255).astype(np.uint8)
    plane = compute_family(levels / np.float32(255), "bilateral")[f"Bilateral ({radius} px, range {range_})"]
    expected = rank.mean_bilateral(levels, disk(radius), s0=range_, s1=range_)
    inner = np.s_[radius:-radius, radius:-radius]
    difference = plane[inner] * 255 - expected[inner]
    assert difference.min() > -1e-3
    assert difference.max() < 1 + 1e-3
