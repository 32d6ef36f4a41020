"""The manual describes every family of the table, with a picture computed by the very code that it describes.

`SAMBASEG_WRITE_PICTURES=1` draws the pictures anew; otherwise each is compared with a fresh one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack, plane_names
from sambaseg.features.table import FAMILIES, Family
from sambaseg.images.reader import read_image
from sambaseg.samples import find_sample

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/manual/features.md"
REGION = (slice(20, 260), slice(60, 380))
SCALE_PX = 8.0
SHOWN_SCALES_PX = {"difference_of_gaussians": (2.0, 16.0)}
SHOWN_PLANE = {  # at the largest scale; of the other families, the first plane
    "sobel": "Sobel",
    "hessian": "Hessian eigenvalue 1",
    "hessian_weka": "Hessian eigenvalue difference",
    "membrane": "Membrane standard deviation",
    "bilateral": "Bilateral (10 px, range 50)",
    "anisotropic_diffusion": "Anisotropic diffusion (20 steps, edge 30)",
    "structure_tensor_weka": "Structure tensor eigenvalue 1 over 3 px",
    "neighbours": "Neighbour right",
    "learned": "Learned 1",
}
BLACK_PERCENTILE, WHITE_PERCENTILE = 0.5, 99.5

Grey = NDArray[np.uint8]


@pytest.fixture(scope="module")
def scaled_cyx() -> NDArray[np.float32]:
    """Return the superalloy sample as features see it."""
    micrograph = read_image(find_sample("superalloy").path)
    return Scaling.for_image(micrograph).apply(micrograph.pixels_cyx)


def coloured(scaled_cyx: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a grey image as a colour one: blue where it is dark, over green to red where it is bright."""
    grey_yx = np.clip(scaled_cyx[0], 0, 1)
    return np.stack([grey_yx, 1 - np.abs(2 * grey_yx - 1), 1 - grey_yx])


def draw(scaled_cyx: NDArray[np.float32], recipe: FeatureRecipe, shown: str | None = None) -> Grey:
    """Return one plane of `recipe` (the first named `shown`..., or the first) as grey values of the shown region."""
    names = [name.text for name in plane_names(recipe, len(scaled_cyx))]
    index = 0 if shown is None else max(i for i, name in enumerate(names) if name.startswith(shown))
    plane_yx = compute_stack(scaled_cyx, recipe)[index][REGION]
    black, white = np.percentile(plane_yx, [BLACK_PERCENTILE, WHITE_PERCENTILE])
    return np.clip((plane_yx - black) / (white - black) * 255, 0, 255).round().astype(np.uint8)


def compare_or_write(drawn: Grey, name: str) -> None:
    """Compare a fresh picture with the manual's, or write it there when that was asked for."""
    path = PAGE.parent / f"images/{name}.webp"
    if os.environ.get("SAMBASEG_WRITE_PICTURES"):
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(drawn).save(path, quality=85, method=6)
    shown = np.asarray(Image.open(path).convert("L"), np.int16)
    assert shown.shape == drawn.shape
    assert np.abs(shown - drawn).mean() < 4, f"{path.name} is out of date; write it with SAMBASEG_WRITE_PICTURES=1"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_picture_of_a_family_shows_what_it_computes(family: Family, scaled_cyx: NDArray[np.float32]) -> None:
    scales_px = SHOWN_SCALES_PX.get(family.id, (SCALE_PX,) if family.uses_scales else ())
    image_cyx = coloured(scaled_cyx) if family.id == "colour" else scaled_cyx
    drawn = draw(image_cyx, FeatureRecipe((family.id,), scales_px), SHOWN_PLANE.get(family.id))
    compare_or_write(drawn, f"feature-{family.id}")


@pytest.mark.parametrize("scale_px", [2.0, 8.0, 32.0])
def test_pictures_of_scales_show_the_blur(scale_px: float, scaled_cyx: NDArray[np.float32]) -> None:
    compare_or_write(draw(scaled_cyx, FeatureRecipe(("gaussian",), (scale_px,))), f"feature-scale-{scale_px:g}")


def test_manual_describes_every_family_in_the_order_of_the_table() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## The families")[1].split("\n## ")[0]
    described = re.findall(r"^### (.+)\n\n?((?:.|\n)+?)!\[.+\]\(images/feature-(\w+)\.webp\)", section, re.MULTILINE)
    assert [(name, family_id) for name, _, family_id in described] == [(row.name, row.id) for row in FAMILIES]
    assert all(len(text.split()) >= 8 for _, text, _ in described)
