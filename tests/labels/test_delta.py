"""Deltas of tiles: what is between two tiles, taken back, repeated, stored."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import LabelRunsError
from sambaseg.labels.delta import Tile, TileDelta, merge_tiles


def tile(seed: int, share: float, classes: int = 3) -> Tile:
    """Return a random tile of which `share` is labelled."""
    random = np.random.default_rng(seed)
    labels_yx = random.integers(1, classes + 1, (256, 256), dtype=np.uint8)
    return labels_yx * (random.random((256, 256)) < share)


seeds = st.integers(0, 2**32 - 1)
shares = st.sampled_from([0.0, 0.001, 0.5, 1.0])


def test_a_delta_holds_only_what_differs() -> None:
    before, after = np.zeros((256, 256), np.uint8), np.zeros((256, 256), np.uint8)
    before[0, :4] = [1, 1, 2, 2]
    after[0, :4] = [1, 3, 3, 2]
    delta = TileDelta.between((0, 0), before, after)
    assert delta.runs.starts_n.tolist() == [1, 2]
    assert delta.runs.lengths_n.tolist() == [1, 1]
    assert delta.before_n.tolist() == [1, 2]
    assert delta.after_n.tolist() == [3, 3]
    assert {class_id: int(n) for class_id, n in enumerate(delta.count_changes()) if n} == {1: -1, 2: -1, 3: 2}


@settings(deadline=None)
@given(first=seeds, second=seeds, share=shares, other_share=shares)
def test_a_delta_leads_from_before_to_after_and_back(first: int, second: int, share: float, other_share: float) -> None:
    before, after = tile(first, share), tile(second, other_share)
    delta = TileDelta.between((1, 2), before, after)
    assert np.array_equal(delta.applied_to(before), after)
    assert np.array_equal(delta.reversed().applied_to(after), before)
    counts = np.bincount(after.ravel(), minlength=256) - np.bincount(before.ravel(), minlength=256)
    assert np.array_equal(delta.count_changes(), counts)
    stored = TileDelta.from_bytes((1, 2), delta.to_bytes())
    assert np.array_equal(stored.applied_to(before), after)
    assert stored.to_bytes() == delta.to_bytes()


@settings(deadline=None)
@given(first=seeds, second=seeds, third=seeds)
def test_taking_back_leaves_pixels_alone_that_changed_since(first: int, second: int, third: int) -> None:
    before, after, now = tile(first, 0.5), tile(second, 0.5), tile(third, 0.5)
    taken_back = TileDelta.between((0, 0), before, after).reversed().applied_to(now)
    restored = (before != after) & (now == after)
    assert np.array_equal(taken_back, np.where(restored, before, now))


def test_a_damaged_delta_is_named() -> None:
    data = bytearray(TileDelta.between((0, 0), tile(0, 0.5), tile(1, 0.5)).to_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(LabelRunsError, match=r"tile \(0, 0\) is damaged"):
        TileDelta.from_bytes((0, 0), bytes(data))


@settings(deadline=None)
@given(first=seeds, second=seeds, third=seeds)
def test_merging_tiles_is_where(first: int, second: int, third: int) -> None:
    mask, chosen, other = tile(first, 0.5) > 0, tile(second, 0.5, 255), tile(third, 0.5, 255)
    assert np.array_equal(merge_tiles(mask, chosen, other), np.where(mask, chosen, other))
    assert np.array_equal(merge_tiles(mask, np.uint8(7), other), np.where(mask, np.uint8(7), other))
