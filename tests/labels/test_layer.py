"""The label layer: what paint, erase, clear and replace do to each pixel, over tile borders and at the edges."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import LabelRunsError, LabelsFileError, LabelsSizeMismatchError
from sambaseg.labels.layer import LabelLayer
from sambaseg.labels.runs import TileRuns, encode_runs

SHAPE = (300, 520)


def runs_of(mask_yx: np.ndarray) -> list[TileRuns]:
    """Return a mask over the image as runs of tiles."""
    rows, columns = (-(-size // 256) for size in mask_yx.shape)
    parts = {
        (ty, tx): mask_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256]
        for ty in range(rows)
        for tx in range(columns)
    }
    return [TileRuns(*key, encode_runs(part)) for key, part in parts.items() if part.any()]


def box(top: int, left: int, bottom: int, right: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Return the mask of a rectangle."""
    mask_yx = np.zeros(shape, dtype=bool)
    mask_yx[top:bottom, left:right] = True
    return mask_yx


def layer_with(*boxes: tuple[int, tuple[int, int, int, int]]) -> LabelLayer:
    """Return a layer with rectangles painted one after the other."""
    layer = LabelLayer(SHAPE)
    for class_id, corners in boxes:
        layer.commit(layer.plan_paint(runs_of(box(*corners)), class_id))
    return layer


def test_a_plan_changes_nothing_until_it_is_committed() -> None:
    layer = LabelLayer(SHAPE)
    plan = layer.plan_paint(runs_of(box(250, 250, 260, 260)), 3)
    assert not layer.to_array().any()
    assert layer.counts() == {}
    layer.commit(plan)
    assert np.array_equal(layer.to_array(), 3 * box(250, 250, 260, 260))
    assert layer.counts() == {3: 100}
    assert layer.keys == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert plan.delta.pixels == 100


def test_the_oldest_label_wins_unless_overwritten() -> None:
    layer = layer_with((1, (0, 0, 10, 10)))
    layer.commit(layer.plan_paint(runs_of(box(5, 0, 15, 10)), 2))
    assert layer.counts() == {1: 100, 2: 50}
    layer.commit(layer.plan_paint(runs_of(box(0, 0, 15, 10)), 2, overwrite=True))
    assert layer.counts() == {2: 150}


def test_locked_classes_are_never_changed() -> None:
    layer = layer_with((1, (0, 0, 10, 10)), (2, (0, 10, 10, 20)))
    locked = frozenset({1})
    everything = runs_of(np.ones(SHAPE, dtype=bool))
    layer.commit(layer.plan_paint(everything, 3, overwrite=True, locked=locked))
    assert layer.counts() == {1: 100, 3: SHAPE[0] * SHAPE[1] - 100}
    for plan in (
        layer.plan_erase(everything, None, locked=locked),
        layer.plan_clear(None, locked=locked),
        layer.plan_replace(np.zeros(SHAPE, dtype=np.uint8), locked=locked),
    ):
        assert plan.delta.pixels == SHAPE[0] * SHAPE[1] - 100
    assert not layer.plan_erase(everything, 1, locked=locked).delta.tiles
    assert not layer.plan_clear(1, locked=locked).delta.tiles


def test_erasing_one_class_leaves_the_others() -> None:
    layer = layer_with((1, (0, 0, 10, 10)), (2, (0, 10, 10, 20)))
    layer.commit(layer.plan_erase(runs_of(box(0, 5, 10, 15)), 1))
    assert layer.counts() == {1: 50, 2: 100}
    layer.commit(layer.plan_erase(runs_of(box(0, 5, 10, 15)), None))
    assert layer.counts() == {1: 50, 2: 50}


def test_tiles_that_become_empty_are_dropped() -> None:
    layer = layer_with((1, (0, 0, 300, 520)))
    assert len(layer.keys) == 6
    layer.commit(layer.plan_clear(1))
    assert layer.keys == []
    assert not layer.to_array().any()


def test_reverting_restores_only_pixels_that_still_hold_what_was_drawn() -> None:
    layer = LabelLayer(SHAPE)
    delta = layer.commit(layer.plan_paint(runs_of(box(0, 0, 10, 10)), 1))
    layer.commit(layer.plan_paint(runs_of(box(0, 0, 10, 4)), 2, overwrite=True))
    layer.commit(layer.plan_revert(delta))
    assert np.array_equal(layer.to_array(), 2 * box(0, 0, 10, 4))
    layer.commit(layer.plan_reapply(delta))
    assert layer.counts() == {1: 60, 2: 40}


def test_a_copy_stays_as_it_was() -> None:
    layer = layer_with((1, (0, 0, 10, 10)))
    copy, tile = layer.copy(), layer.tile((0, 0))
    layer.commit(layer.plan_paint(runs_of(box(0, 0, 20, 20)), 2, overwrite=True))
    assert copy.counts() == {1: 100}
    assert copy.to_array().sum() == tile.sum() == 100
    assert copy.keys == [(0, 0)]
    with pytest.raises(ValueError, match="read-only"):
        tile[0, 0] = 5


def test_tiles_at_the_edges_are_as_small_as_the_image_there() -> None:
    layer = layer_with((1, (290, 510, 300, 520)))
    assert layer.tile((1, 2)).shape == (44, 8)
    assert layer.tile((1, 2)).sum() == 10 * 8
    for key in [(2, 0), (0, 3), (-1, 0)]:
        with pytest.raises(IndexError, match="no tile"):
            layer.tile(key)


@pytest.mark.parametrize(
    ("tiles", "message"),
    [
        ([TileRuns(1, 2, b"\x08\x00\x00\x00")], "44 rows and 8 columns"),
        ([TileRuns(2, 0, b"")], "leave the image"),
        ([TileRuns(0, 0, b""), TileRuns(0, 0, b"")], "listed twice"),
    ],
)
def test_runs_outside_the_image_are_refused(tiles: list[TileRuns], message: str) -> None:
    with pytest.raises(LabelRunsError, match=message):
        LabelLayer(SHAPE).plan_paint(tiles, 1)


def test_labels_of_another_size_or_kind_are_refused() -> None:
    layer = LabelLayer(SHAPE)
    with pytest.raises(LabelsSizeMismatchError, match=r"\(520, 300\)"):
        layer.plan_replace(np.zeros((520, 300), dtype=np.uint8))
    with pytest.raises(LabelsFileError, match="not float64"):
        layer.plan_replace(np.zeros(SHAPE))
    for value in (-1, 256):
        with pytest.raises(LabelsFileError, match=str(value)):
            layer.plan_replace(np.full(SHAPE, value, dtype=np.int32))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.01, 0.5, 1.0]))
def test_a_layer_holds_the_array_it_was_made_of(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    labels_yx = random.integers(0, 256, SHAPE) * (random.random(SHAPE) < share)
    layer = LabelLayer.from_array(labels_yx)
    assert np.array_equal(layer.to_array(), labels_yx)
    ids, counts = np.unique(labels_yx[labels_yx > 0], return_counts=True)
    assert layer.counts() == dict(zip(ids.tolist(), counts.tolist(), strict=True))


def test_adding_labels_keeps_those_that_are_there() -> None:
    layer = layer_with((1, (0, 0, 10, 10)))
    layer.commit(layer.plan_replace(2 * box(0, 0, 20, 10).astype(np.uint8), keep_labelled=True))
    assert layer.counts() == {1: 100, 2: 100}
    layer.commit(layer.plan_replace(2 * box(0, 0, 20, 10).astype(np.uint8)))
    assert layer.counts() == {2: 200}


def test_a_wide_stroke_over_a_large_image_takes_milliseconds() -> None:
    shape = (4096, 4096)
    stroke = runs_of(box(800, 600, 1200, 1400, shape))
    layer = LabelLayer(shape)
    seconds = []
    for class_id in range(1, 12):
        started = time.perf_counter()
        layer.commit(layer.plan_paint(stroke, class_id, overwrite=True))
        seconds.append(time.perf_counter() - started)
    assert np.median(seconds) < 0.05  # measured: 0.002 on an idle machine
