"""Images and a short way to one family's planes, for the tests of features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.stack import compute_stack, plane_names

SHARED_IMAGE = Path(__file__).parents[3] / "shared/data/nasa_superalloy/images/spot3_0d_3.png"


def synthetic_image(height=150, width=170):
    """Smooth blobs, a sharp step, fine lines and noise, 0 to 1, float32."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:height, :width]
    image = 0.3 + 0.2 * np.sin(y / 9) * np.cos(x / 13) + 0.2 * (x + y > 160) + 0.1 * ((x - 2 * y) % 23 < 2)
    return np.clip(image + rng.normal(0, 0.03, image.shape), 0, 1).astype(np.float32)


@pytest.fixture(params=["synthetic", "micrograph"])
def peer_image(request):
    """A float32 image (H, W) of 0 to 1 to compare with other libraries."""
    if request.param == "synthetic":
        return synthetic_image()
    if not SHARED_IMAGE.exists():
        pytest.skip("the shared micrographs are not here")
    from PIL import Image

    pixels = np.asarray(Image.open(SHARED_IMAGE).convert("L"))
    return np.ascontiguousarray(pixels[100:260, 200:380], dtype=np.float32) / np.float32(255)


@pytest.fixture(scope="session")
def compute_family():
    """``compute_family(image_yx, family, scales_px, convention)`` returns {plane text: plane}."""

    def compute(image_yx, family, scales_px=(), convention="sigma"):
        recipe = FeatureRecipe((family,), scales_px, convention)
        planes = compute_stack(np.asarray(image_yx, np.float32)[np.newaxis], recipe, threads=1)
        texts = [name.text for name in plane_names(recipe, 1)]
        assert len(texts) == len(planes)
        return dict(zip(texts, planes, strict=True))

    return compute


@pytest.fixture(scope="session")
def assert_close():
    """Check that two planes agree to 1e-4 of the range of the expected one, `margin` pixels from the edges."""

    def check(plane, expected, margin=0):
        inner = np.s_[margin : plane.shape[0] - margin, margin : plane.shape[1] - margin]
        plane, expected = plane[inner].astype(np.float64), expected[inner]
        assert plane.size
        assert np.abs(plane - expected).max() <= 1e-4 * np.ptp(expected)

    return check
