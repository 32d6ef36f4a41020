"""Packed tiles: the same pixels again, whatever they are, and small where labels are few or in patches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.labels.delta import TileDelta
from sambaseg.labels.layer import LabelLayer
from sambaseg.labels.packed import EMPTY_TILE, PackedTile
from sambaseg.labels.runs import Runs


def tile_of(seed: int, patch: int, empty: float) -> np.ndarray:
    """Return a tile of square patches of random classes, a share of them unlabelled."""
    random = np.random.default_rng(seed)
    side = -(-256 // patch)
    patches = random.integers(1, 256, (side, side)) * (random.random((side, side)) >= empty)
    return np.kron(patches, np.ones((patch, patch), int))[:256, :256].astype(np.uint8)


tiles = st.builds(
    tile_of, st.integers(0, 99), st.sampled_from([1, 2, 3, 7, 64, 255, 256]), st.sampled_from([0.0, 0.5, 0.99, 1.0])
)


@given(tile=tiles)
@settings(max_examples=60, deadline=None)
def test_a_packed_tile_holds_the_same_pixels(tile: np.ndarray) -> None:
    packed = PackedTile.of(tile)
    assert np.array_equal(packed.unpack(), tile)
    assert packed.labelled == np.count_nonzero(tile)


@given(tile=tiles)
@settings(max_examples=60, deadline=None)
def test_a_layer_from_stored_deltas_is_the_layer_that_was_stored(tile: np.ndarray) -> None:
    shape = (300, 500)
    labels_yx = np.zeros(shape, np.uint8)
    labels_yx[:256, :256], labels_yx[256:, 256:] = tile, tile[:44, :244]
    layer = LabelLayer.from_array(labels_yx)
    stored = [layer.delta_from_empty(key) for key in layer.keys]
    again = LabelLayer.from_deltas(
        shape, [TileDelta.from_bytes(delta.key, TileDelta.to_bytes(delta)) for delta in stored]
    )
    assert np.array_equal(again.to_array(), labels_yx)
    assert (again.counts(), again.keys) == (layer.counts(), layer.keys)


def test_patches_take_little_memory_and_noise_no_more_than_its_pixels() -> None:
    assert PackedTile.of(np.full((256, 256), 3, np.uint8)).bytes < 300
    assert PackedTile.of(tile_of(1, 16, 0.5)).bytes < 16_000
    assert PackedTile.of(tile_of(1, 1, 0.0)).bytes < 66_000


@pytest.mark.parametrize(
    ("starts", "lengths", "before", "after"),
    [
        ([0, 5], [10, 10], [0, 0], [1, 2]),  # overlapping
        ([65530], [10], [0], [1]),  # beyond the tile
        ([9, 2], [3, 3], [0, 0], [1, 1]),  # going back
        ([0], [10], [1], [2]),  # not from an empty tile
        ([0], [10], [0], [0]),  # to an empty one
        ([], [], [], []),
    ],
)
def test_deltas_that_begin_at_no_empty_tile_are_refused(
    starts: list[int], lengths: list[int], before: list[int], after: list[int]
) -> None:
    runs = Runs(np.array(starts, np.int32), np.array(lengths, np.int32))
    with pytest.raises(ValueError, match="tile"):
        PackedTile.from_empty(TileDelta((0, 0), runs, np.array(before, np.uint8), np.array(after, np.uint8)))


def test_deltas_outside_the_image_are_refused() -> None:
    delta = TileDelta.between((0, 2), EMPTY_TILE, np.ones((256, 256), np.uint8))
    with pytest.raises(IndexError):
        LabelLayer.from_deltas((256, 512), [delta])
