"""Tile layers: levels, tiles, regions, and the same levels whether written whole or tile by tile."""

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sambaseg.errors import ParameterError, StorageError
from sambaseg.images.pyramid import TILE_PX, TileLayer, level_shapes
from sambaseg.images.reduction import halve


def textured(shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 200, shape).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 1, 1), [(1, 1)]),
        ((1, 256, 256), [(256, 256)]),
        ((1, 257, 10), [(257, 10), (129, 5)]),
        ((3, 1000, 1025), [(1000, 1025), (500, 513), (250, 257), (125, 129)]),
    ],
)
def test_levels_go_on_until_one_tile_is_enough(shape, expected):
    assert [level[1:] for level in level_shapes(shape)] == expected


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300, 1023, 2**20 - 1])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_level_has_the_size_divided_and_rounded_up(size, level):
    shapes = level_shapes((1, size, 1))
    if level < len(shapes):
        assert shapes[level][1] == -(-size // 2**level)


@pytest.mark.parametrize("reduce", ["mean", "nearest", "label"])
@pytest.mark.parametrize("shape", [(1, 5, 7), (2, 300, 521), (1, 769, 257)])
def test_written_tile_by_tile_equals_written_whole(tmp_path, shape, reduce):
    image = textured(shape)
    whole = TileLayer.create(tmp_path / "whole", shape, np.uint8, reduce)
    whole.write_array(image)
    tiled = TileLayer.create(tmp_path / "tiled", shape, np.uint8, reduce)
    rows, columns = tiled.tile_counts(0)
    indices = [(ty, tx) for ty in range(rows) for tx in range(columns)]
    np.random.default_rng(1).shuffle(indices)
    with ThreadPoolExecutor(4) as pool:

        def write(index):
            ty, tx = index
            tile = image[:, ty * TILE_PX : (ty + 1) * TILE_PX, tx * TILE_PX : (tx + 1) * TILE_PX]
            tiled.write_tile(ty, tx, tile)
            tiled.reduce_above(ty, tx)

        list(pool.map(write, indices))
    expected = image
    for level in range(whole.levels):
        np.testing.assert_array_equal(whole.array(level), expected)
        np.testing.assert_array_equal(tiled.array(level), expected)
        expected = halve(expected, reduce)


def test_tiles_and_regions_are_read_back_after_opening_again(tmp_path):
    image = textured((2, 300, 521), np.float32)
    TileLayer.create(tmp_path, image.shape, np.float32).write_array(image)
    layer = TileLayer.open(tmp_path)
    assert layer.dtype == np.float32
    assert layer.tile_counts(0) == (2, 3)
    np.testing.assert_array_equal(layer.read_tile(0, 1, 2), image[:, 256:, 512:])
    np.testing.assert_array_equal(layer.read_tile(1, 0, 1), layer.array(1)[:, :, 256:])
    np.testing.assert_array_equal(layer.read_region(0, 250, 310, -5, 20), image[:, 250:300, :20])


def test_a_layer_opened_for_reading_cannot_be_changed(tmp_path):
    TileLayer.create(tmp_path, (1, 4, 4), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        TileLayer.open(tmp_path).write_tile(0, 0, np.ones((1, 4, 4), dtype=np.uint8))


@pytest.mark.parametrize(
    ("level", "ty", "tx"), [(0, 2, 0), (0, 0, 3), (0, -1, 0), (1, 1, 0), (2, 1, 0), (9, 0, 0), (-1, 0, 0)]
)
def test_there_are_no_tiles_outside(tmp_path, level, ty, tx):
    layer = TileLayer.create(tmp_path, (1, 300, 600), np.uint8)
    with pytest.raises(ParameterError):
        layer.read_tile(level, ty, tx)


def test_a_tile_of_another_shape_is_refused(tmp_path):
    layer = TileLayer.create(tmp_path, (1, 300, 300), np.uint8)
    with pytest.raises(ParameterError, match=r"\(1, 44, 256\)"):
        layer.write_tile(1, 0, np.zeros((1, 256, 256), dtype=np.uint8))
    with pytest.raises(ParameterError):
        layer.write_array(np.zeros((1, 300, 299), dtype=np.uint8))


@pytest.mark.parametrize("shape", [(0, 5, 5), (1, 0, 5), (1, 5, 0)])
def test_an_empty_layer_is_refused(tmp_path, shape):
    with pytest.raises(ParameterError):
        TileLayer.create(tmp_path, shape, np.uint8)


def test_a_full_disk_is_told_and_what_was_written_stays_readable(tmp_path, monkeypatch):
    layer = TileLayer.create(tmp_path, (1, 10, 10), np.uint8)
    tile = textured((1, 10, 10))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("sambaseg.images.stored_levels.write_shard", full)
        with pytest.raises(StorageError, match="No space left"):
            layer.write_tile(0, 0, tile)
        with pytest.raises(StorageError, match="No space left"):
            layer.flush()
        np.testing.assert_array_equal(layer.array(), tile)
    layer.flush()
    np.testing.assert_array_equal(TileLayer.open(tmp_path).array(), tile)


def test_a_full_disk_is_told_when_a_layer_is_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="no room"):
        TileLayer.create(tmp_path / "file", (1, 10, 10), np.uint8)


def test_a_damaged_layer_is_refused(tmp_path):
    with pytest.raises(StorageError):
        TileLayer.open(tmp_path)
    TileLayer.create(tmp_path, (1, 300, 300), np.uint8)
    for damage in ({"dtype": "float32"}, {"shape_cyx": [1, 300, 301]}, {"shape_cyx": 3}):
        values = json.loads((tmp_path / "zarr.json").read_text())
        values["attributes"]["sambaseg"].update(damage)
        shutil.copytree(tmp_path, tmp_path.parent / "damaged", dirs_exist_ok=True)
        (tmp_path.parent / "damaged" / "zarr.json").write_text(json.dumps(values))
        with pytest.raises(StorageError):
            TileLayer.open(tmp_path.parent / "damaged")
    (tmp_path / "1" / "zarr.json").unlink()
    with pytest.raises(StorageError):
        TileLayer.open(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "index", "chunk", "empty"])
def test_damaged_tiles_are_refused_by_name(tmp_path, damage):
    TileLayer.create(tmp_path, (1, 300, 300), np.uint8).write_array(textured((1, 300, 300)))
    path = tmp_path / "0" / "c" / "0" / "0" / "0"
    content = bytearray(path.read_bytes())
    if damage == "index":
        content[-100] ^= 1
    elif damage == "chunk":
        content[:20] = bytes(20)
    path.write_bytes(content[:-7] if damage == "cut" else b"" if damage == "empty" else content)
    with pytest.raises(StorageError, match="damaged"):
        TileLayer.open(tmp_path).read_tile(0, 0, 0)
