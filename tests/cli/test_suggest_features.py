"""What `sambaseg suggest-features` says and saves."""

import json

import numpy as np
import pytest
from PIL import Image

from sambaseg.features.recipe import FeatureRecipe, read_recipe


@pytest.fixture
def labelled(tmp_path):
    random = np.random.default_rng(0)
    pixels_yx = random.integers(0, 40, (120, 160)) + np.where(np.arange(160) < 80, 40, 160)
    labels_yx = np.zeros((120, 160), np.uint8)
    for top in 10, 80:
        labels_yx[top : top + 20, 10:50], labels_yx[top : top + 20, 100:140] = 1, 2
    Image.fromarray(pixels_yx.astype(np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(labels_yx).save(tmp_path / "labels.png")


@pytest.mark.usefixtures("labelled")
def test_a_smaller_recipe_is_said_and_saved(run, tmp_path):
    ended = run(
        "suggest-features", "a.png", "--labels", "labels.png", "--out", "smaller.json", "--trees", "20", "--json"
    )
    assert ended.code == 0
    found = json.loads(ended.out)
    assert found["is_smaller"]
    assert found["after"]["planes"] < found["before"]["planes"]
    assert found["strokes_of_class"] == {"1": 2, "2": 2}
    assert read_recipe(tmp_path / "smaller.json") == FeatureRecipe.from_json(found["after"]["recipe"])


@pytest.mark.usefixtures("labelled")
def test_people_are_told_in_words(run):
    ended = run("suggest-features", "a.png", "--labels", "labels.png", "--recipe", "fast", "--trees", "20")
    assert ended.code == 0
    assert "on held-out strokes" in ended.out
    assert "Gaussian" in ended.out


@pytest.mark.usefixtures("labelled")
def test_a_recipe_must_be_json(run):
    assert run("suggest-features", "a.png", "--labels", "labels.png", "--out", "smaller.tif").code == 2
