"""Whatever the order of tiles, changes, flushes and evictions: a layer holds what was written last, on all levels."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.images import shards
from sambaseg.images.pyramid import TILE_PX, TileLayer, level_shapes
from sambaseg.images.reduction import halve
from sambaseg.images.stored_levels import StoredLevels
from sambaseg.images.zarr_metadata import SHARD_PX


def tile_of(image_cyx, ty, tx):
    return image_cyx[:, ty * TILE_PX : (ty + 1) * TILE_PX, tx * TILE_PX : (tx + 1) * TILE_PX]


def assert_levels_of(layer, image_cyx):
    expected = image_cyx
    for level in range(layer.levels):
        np.testing.assert_array_equal(layer.array(level), expected)
        expected = halve(expected, layer.reduce)


def with_small_buffer(layer, buffer_bytes):
    layer._stored._buffer_bytes = buffer_bytes
    return layer


@settings(max_examples=25)
@given(st.data())
def test_any_order_of_tiles_and_flushes_gives_the_same_layer(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("layer")
    shape = data.draw(st.sampled_from([(1, 1100, 1300), (2, 300, 2100), (1, 1, 1), (1, 1025, 1024)]))
    reduce = data.draw(st.sampled_from(["mean", "nearest", "label"]))
    buffer_bytes = data.draw(st.sampled_from([0, 200_000, 10**9]))
    layer = with_small_buffer(TileLayer.create(folder, shape, np.uint8, reduce), buffer_bytes)
    image_cyx = np.zeros(shape, np.uint8)
    rows, columns = layer.tile_counts(0)
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    for _ in range(data.draw(st.integers(1, 25))):
        ty, tx = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
        tile = random.integers(0, 4, tile_of(image_cyx, ty, tx).shape).astype(np.uint8)
        tile_of(image_cyx, ty, tx)[...] = tile
        layer.write_tile(ty, tx, tile)
        layer.reduce_above(ty, tx)
        np.testing.assert_array_equal(layer.read_tile(0, ty, tx), tile)
        step = data.draw(st.sampled_from(["go on", "go on", "flush", "open again"]))
        if step != "go on":
            layer.flush()
        if step == "open again":
            layer = with_small_buffer(TileLayer.open(folder, writable=True), buffer_bytes)
    assert_levels_of(layer, image_cyx)
    layer.flush()
    assert_levels_of(TileLayer.open(folder), image_cyx)


@settings(max_examples=25)
@given(st.data())
def test_blocks_give_what_tiles_give(tmp_path_factory, data):
    shape = data.draw(st.sampled_from([(1, 1100, 1300), (2, 300, 2100), (1, 2049, 255)]))
    image_cyx = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    layer = TileLayer.create(tmp_path_factory.mktemp("layer"), shape, np.uint8)
    rows, columns = layer.tile_counts(0)
    missing = {(ty, tx) for ty in range(rows) for tx in range(columns)}
    while missing:
        ty, tx = data.draw(st.sampled_from(sorted(missing)))
        ty1, tx1 = data.draw(st.integers(ty + 1, rows)), data.draw(st.integers(tx + 1, columns))
        layer.write_block(ty, tx, image_cyx[:, ty * TILE_PX : ty1 * TILE_PX, tx * TILE_PX : tx1 * TILE_PX])
        missing -= {(y, x) for y in range(ty, ty1) for x in range(tx, tx1)}
    assert_levels_of(layer, image_cyx)


def test_shards_leave_the_memory_once_they_are_whole(tmp_path):
    image_cyx = np.random.default_rng(0).integers(0, 255, (1, 2300, 2048)).astype(np.uint8)
    layer = TileLayer.create(tmp_path, image_cyx.shape, np.uint8)
    whole = []
    layer.tell_whole_shards(whole.append)
    rows, columns = layer.tile_counts(0)
    for ty in range(rows):
        for tx in range(columns):
            layer.write_tile(ty, tx, tile_of(image_cyx, ty, tx))
            layer.reduce_above(ty, tx)
        assert layer._stored._held_bytes <= 3 * SHARD_PX * 2048
    assert layer._stored._held_bytes == 0
    assert not layer._stored._open
    assert sorted(whole) == sorted(
        (level, sy, sx)
        for level, (_, height, width) in enumerate(level_shapes(image_cyx.shape))
        for sy in range(-(-height // SHARD_PX))
        for sx in range(-(-width // SHARD_PX))
    )
    assert_levels_of(TileLayer.open(tmp_path), image_cyx)


def test_a_small_buffer_bounds_the_memory_in_any_order(tmp_path):
    image_cyx = np.random.default_rng(0).integers(0, 255, (1, 3000, 3000)).astype(np.uint8)
    layer = with_small_buffer(TileLayer.create(tmp_path, image_cyx.shape, np.uint8), 2 * SHARD_PX**2)
    whole = []
    layer.tell_whole_shards(whole.append)
    rows, columns = layer.tile_counts(0)
    places = [(ty, tx) for ty in range(rows) for tx in range(columns)]
    np.random.default_rng(1).shuffle(places)
    for ty, tx in places:
        layer.write_tile(ty, tx, tile_of(image_cyx, ty, tx))
        layer.reduce_above(ty, tx)
        assert layer._stored._held_bytes <= 2 * SHARD_PX**2
    assert layer._stored._held_bytes == 0
    assert len(whole) == len(set(whole)) == 9 + 4 + 1 + 1 + 1
    assert_levels_of(layer, image_cyx)


def test_a_finished_shard_is_opened_again_and_its_other_tiles_are_kept_as_they_are_stored(tmp_path, monkeypatch):
    image_cyx = np.random.default_rng(0).integers(0, 255, (1, 1024, 1024)).astype(np.uint8)
    layer = TileLayer.create(tmp_path, image_cyx.shape, np.uint8)
    layer.write_array(image_cyx)
    encoded = []

    def counted(tile):
        encoded.append(tile.shape)
        return shards.encode_chunk(tile)

    monkeypatch.setattr("sambaseg.images.stored_levels.encode_chunk", counted)
    image_cyx[:, 256:512, 512:768] = 7
    layer.write_tile(1, 2, tile_of(image_cyx, 1, 2))
    layer.reduce_above(1, 2)
    assert encoded == []
    layer.flush()
    assert len(encoded) == layer.levels
    assert_levels_of(TileLayer.open(tmp_path), image_cyx)
    image_cyx[...] = 0
    layer.write_array(image_cyx)
    assert not [path for path in (tmp_path / "0" / "c").rglob("*") if path.is_file()]
    assert_levels_of(TileLayer.open(tmp_path), image_cyx)


def test_more_levels_than_a_tile_has_powers_of_two(tmp_path):
    image_cyx = np.random.default_rng(0).integers(0, 255, (1, 3, 70_000)).astype(np.uint8)
    layer = TileLayer.create(tmp_path, image_cyx.shape, np.uint8)
    assert layer.levels == 10
    places = list(range(layer.tile_counts(0)[1]))
    np.random.default_rng(1).shuffle(places)
    for tx in places:
        layer.write_tile(0, tx, tile_of(image_cyx, 0, tx))
        layer.reduce_above(0, tx)
    assert_levels_of(layer, image_cyx)
    whole = TileLayer.create(tmp_path / "whole", image_cyx.shape, np.uint8)
    whole.write_array(image_cyx)
    assert_levels_of(whole, image_cyx)


def test_readers_never_see_less_than_what_was_written(tmp_path):
    shape = (1, 1500, 1500)
    layer = with_small_buffer(TileLayer.create(tmp_path, shape, np.uint8, "nearest"), 300_000)
    rows, columns = layer.tile_counts(0)
    stop, seen = threading.Event(), []

    def watch():
        last = {}
        random = np.random.default_rng(threading.get_ident() % 2**32)
        while not stop.is_set():
            ty, tx = int(random.integers(rows)), int(random.integers(columns))
            values = np.unique(layer.read_tile(0, ty, tx))
            seen.append(len(values) == 1 and values[0] >= last.get((ty, tx), 0))
            last[ty, tx] = values[0]

    def write(first):
        for value in range(1, 12):
            for number in range(first, rows * columns, 3):
                ty, tx = divmod(number, columns)
                layer.write_tile(ty, tx, np.full(layer.read_tile(0, ty, tx).shape, value, np.uint8))
                layer.reduce_above(ty, tx)

    with ThreadPoolExecutor(6) as pool:
        watchers = [pool.submit(watch) for _ in range(2)]
        for writer in [pool.submit(write, first) for first in range(3)]:
            writer.result()
        layer.flush()
        stop.set()
        for watcher in watchers:
            watcher.result()
    assert all(seen)
    for level in range(layer.levels):
        assert (TileLayer.open(tmp_path).array(level) == 11).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.float32, np.float64, np.int64])
def test_other_programs_read_what_is_written_and_write_what_is_read(tmp_path, dtype):
    image_cyx = np.random.default_rng(0).normal(size=(2, 1100, 300)).astype(dtype)
    layer = TileLayer.create(tmp_path, image_cyx.shape, dtype, pixel_size_um=(0.5, 0.25))
    layer.write_array(image_cyx)
    group = zarr.open_group(tmp_path, mode="r")
    scales = group.attrs["ome"]["multiscales"][0]["datasets"]
    for level, entry in enumerate(scales):
        np.testing.assert_array_equal(group[entry["path"]][:], layer.array(level))
        assert entry["coordinateTransformations"][0]["scale"] == [1.0, 0.5 * 2**level, 0.25 * 2**level]
    other_cyx = -image_cyx
    other_cyx[:, 256:512] = 0
    zarr.open_group(tmp_path, mode="r+")["0"][:] = other_cyx
    np.testing.assert_array_equal(TileLayer.open(tmp_path).array(), other_cyx)


def test_a_layer_over_a_source_stores_only_coarser_levels(tmp_path):
    image_cyx = np.random.default_rng(0).integers(0, 255, (1, 1300, 600)).astype(np.uint8)
    layer = TileLayer.create(tmp_path, image_cyx.shape, np.uint8, finest=image_cyx)
    layer.write_array(image_cyx)
    assert_levels_of(TileLayer.open(tmp_path, finest=image_cyx), image_cyx)
    assert not (tmp_path / "0").exists()
    with pytest.raises(ValueError, match="elsewhere"):
        layer.write_tile(0, 0, image_cyx[:, :256, :256])
    layer.reduce_above(0, 0)
    assert layer.pixels() is image_cyx
    np.testing.assert_array_equal(layer.pixels(1)[:, 3:400:7, ::-1], layer.array(1)[:, 3:400:7, ::-1])
    group = zarr.open_group(tmp_path, mode="r")
    assert [entry["path"] for entry in group.attrs["ome"]["multiscales"][0]["datasets"]] == ["1", "2", "3"]


def test_the_levels_of_a_folder_that_was_removed_are_not_made_anew(tmp_path):
    layer = TileLayer.create(tmp_path / "layer", (1, 300, 300), np.uint8)
    layer.write_tile(0, 0, np.ones((1, 256, 256), np.uint8))
    (tmp_path / "layer").rename(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="could not be written"):
        layer.flush()
    assert not (tmp_path / "layer").exists()
    assert isinstance(layer._stored, StoredLevels)
