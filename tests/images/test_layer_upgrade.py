"""Layers of the first format become layers of the present one, wherever the upgrade is cut off."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sambaseg.errors import StorageError
from sambaseg.images.pyramid import TileLayer, level_shapes
from sambaseg.images.reduction import halve

IMAGE_CYX = np.random.default_rng(0).integers(0, 60_000, (2, 300, 521)).astype(np.uint16)


@pytest.fixture
def old_layer(tmp_path):
    """Return a folder as the first version wrote it."""
    folder = tmp_path / "image"
    folder.mkdir()
    level_cyx = IMAGE_CYX
    for level, shape in enumerate(level_shapes(IMAGE_CYX.shape)):
        assert level_cyx.shape == shape
        np.save(folder / f"level_{level}.npy", level_cyx)
        level_cyx = halve(level_cyx, "mean")
    header = {"format": 1, "shape_cyx": list(IMAGE_CYX.shape), "dtype": "<u2", "reduce": "mean"}
    (folder / "layer.json").write_text(json.dumps(header))
    return folder


def assert_upgraded(folder):
    layer = TileLayer.open(folder)
    level_cyx = IMAGE_CYX
    for level in range(layer.levels):
        np.testing.assert_array_equal(layer.array(level), level_cyx)
        level_cyx = halve(level_cyx, "mean")
    names = {path.name for path in folder.iterdir()}
    assert names == {"zarr.json", *map(str, range(layer.levels))}


def test_an_old_layer_is_not_opened_but_upgraded(old_layer):
    with pytest.raises(StorageError):
        TileLayer.open(old_layer)
    assert TileLayer.upgrade(old_layer)
    assert_upgraded(old_layer)
    assert not TileLayer.upgrade(old_layer)
    assert_upgraded(old_layer)


def test_an_upgrade_that_is_cut_off_anywhere_is_done_the_next_time(old_layer, monkeypatch):
    class CutOffError(Exception):
        pass

    for allowed in range(40):
        folder = old_layer.parent / f"copy {allowed}"
        shutil.copytree(old_layer, folder)
        left = allowed

        def counted(original):
            def step(*args, **options):
                nonlocal left
                if left == 0:
                    raise CutOffError
                left -= 1
                return original(*args, **options)

            return step

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", counted(Path.rename))
            patched.setattr(Path, "replace", counted(Path.replace))
            patched.setattr(Path, "unlink", counted(Path.unlink))
            patched.setattr(shutil, "rmtree", counted(shutil.rmtree))
            try:
                TileLayer.upgrade(folder)
            except CutOffError:
                pass
            else:
                assert allowed > 10
                return
        TileLayer.upgrade(folder)
        assert_upgraded(folder)
    pytest.fail("the upgrade never came to its end")


@pytest.mark.parametrize("damage", ["header", "pixels", "missing"])
def test_a_damaged_old_layer_stays_as_it_is(old_layer, damage):
    if damage == "header":
        (old_layer / "layer.json").write_text("{}")
    elif damage == "pixels":
        np.save(old_layer / "level_0.npy", IMAGE_CYX[:, :5])
    else:
        (old_layer / "level_0.npy").unlink()
    before = {path.name: path.read_bytes() for path in old_layer.iterdir()}
    with pytest.raises(StorageError, match="cannot be opened"):
        TileLayer.upgrade(old_layer)
    assert {path.name: path.read_bytes() for path in old_layer.iterdir()} == before
