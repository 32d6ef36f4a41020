"""`sambaseg features`: the same planes as in Python."""

import json

import numpy as np
import pytest
import tifffile

from sambaseg.features.recipe import DEFAULT_RECIPE, PRESETS
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack, plane_names
from sambaseg.images.micrograph import Micrograph


def test_features_are_saved_with_their_names(run, phases, tmp_path):
    ended = run("features", "steel.tif", "--recipe", "fast", "--out", "f.tif", "--json")
    assert ended.code == 0
    micrograph = Micrograph.from_array(phases[0])
    expected = compute_stack(Scaling.for_image(micrograph).apply(micrograph.pixels_cyx), PRESETS["fast"])
    with tifffile.TiffFile(tmp_path / "f.tif") as tiff:
        saved = np.stack([page.asarray() for page in tiff.pages])
        described = json.loads(tiff.pages[0].description)
    np.testing.assert_array_equal(saved, expected)
    assert described["names"] == [name.text for name in plane_names(PRESETS["fast"], 1)]
    assert described["pixel_size_um"] == [0.2, 0.2]
    assert described["recipe"] == ended.json["recipe"] == PRESETS["fast"].to_json()


@pytest.mark.usefixtures("phases")
def test_a_recipe_file_is_read_and_a_broken_one_named(run, tmp_path):
    (tmp_path / "r.json").write_text(json.dumps({**DEFAULT_RECIPE.to_json(), "families": ["sobel"], "scales_px": [2]}))
    assert run("features", "steel.tif", "--recipe", "r.json", "--out", "f.tif").code == 0
    (tmp_path / "r.json").write_text("{")
    assert run("features", "steel.tif", "--recipe", "r.json", "--out", "f.tif").code == 3
    assert run("features", "steel.tif", "--recipe", "nothing", "--out", "f.tif").code == 3


@pytest.mark.usefixtures("phases")
def test_more_than_fits_into_memory_is_refused(run, monkeypatch):
    monkeypatch.setattr("sambaseg.cli.commands.features._MOST_BYTES", 1_000_000)
    ended = run("features", "steel.tif", "--out", "f.tif")
    assert ended.code == 5
    assert "56 features of 280 by 300 pixels" in ended.err
