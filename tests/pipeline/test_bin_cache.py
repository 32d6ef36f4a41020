"""Bins that are kept are the bins that would be computed; those of other edges never come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import CancelledError
from sambaseg.pipeline import apply
from sambaseg.pipeline.apply import all_tiles, apply_classifier, segment
from sambaseg.pipeline.bin_cache import BinCache
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier

TILES = list(all_tiles((300, 530)))
TILE_BYTES = 6 * 256 * 256


def collected(classifier, micrograph, **options):
    """Return classes (H, W) of the tiles that came, 0 elsewhere."""
    classes_yx = np.zeros(micrograph.shape_yx, np.uint8)

    def take(ty, tx, tile_yx, *_):
        classes_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256] = tile_yx

    apply_classifier(classifier, micrograph, sink=take, **options)
    return classes_yx


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(TILES),
    cut=st.integers(0, len(TILES)),
    budget=st.sampled_from([0, TILE_BYTES, 2 * TILE_BYTES, 10**9]),
    view=st.sets(st.sampled_from(TILES)),
    threads=st.integers(1, 3),
)
def test_any_order_any_cancel_point_and_any_budget_give_the_same_tiles(
    classifier, micrograph, order, cut, budget, view, threads
):
    whole_yx = segment(classifier, micrograph, with_probabilities=False).classes_yx
    cache, token, done = BinCache(budget), CancelToken(), {}

    def take_until_cut(ty, tx, tile_yx, *_):
        done[ty, tx] = tile_yx
        if len(done) >= cut:
            token.cancel()

    options = {"kept": cache.of(classifier, 0), "wanted_again": view, "threads": threads}
    if cut:
        try:
            apply_classifier(classifier, micrograph, sink=take_until_cut, tile_order=order, cancelled=token, **options)
        except CancelledError:
            assert len(done) < len(TILES)
    rest = [tile for tile in order if tile not in done]
    classes_yx = collected(classifier, micrograph, tile_order=rest, **options)
    for (ty, tx), tile_yx in done.items():
        classes_yx[ty * 256 : ty * 256 + 256, tx * 256 : tx * 256 + 256] = tile_yx
    assert np.array_equal(classes_yx, whole_yx)
    assert cache.bytes <= budget
    assert np.array_equal(collected(classifier, micrograph, **options), whole_yx)


def test_kept_tiles_are_predicted_without_features(classifier, micrograph, monkeypatch):
    cache = BinCache(10**9)
    whole_yx = collected(classifier, micrograph, kept=cache.of(classifier, 4))
    monkeypatch.setattr(apply, "read_with_halo", None)
    assert np.array_equal(collected(classifier, micrograph, kept=cache.of(classifier, 4)), whole_yx)


def test_images_are_kept_apart(classifier, micrograph):
    cache = BinCache(10**9)
    other = type(micrograph).from_array(255 - micrograph.pixels_cyx)
    collected(classifier, micrograph, kept=cache.of(classifier, 0))
    found_yx = collected(classifier, other, kept=cache.of(classifier, 1))
    assert np.array_equal(found_yx, segment(classifier, other).classes_yx)


def test_another_forest_with_the_same_edges_takes_the_kept_bins(micrograph, labels_yx, recipe, classifier, monkeypatch):
    cache = BinCache(10**9)
    collected(classifier, micrograph, kept=cache.of(classifier, 0))
    fewer_yx = np.where(np.arange(530) % 5 == 0, 0, labels_yx)
    settings_ = TrainingSettings(points=None, trees=20, depth=8)
    changed = train_classifier(micrograph, fewer_yx, recipe, settings_, edges_of=classifier)
    wanted_yx = segment(changed, micrograph).classes_yx
    monkeypatch.setattr(apply, "read_with_halo", None)
    assert np.array_equal(collected(changed, micrograph, kept=cache.of(changed, 0)), wanted_yx)


def test_bins_of_former_edges_are_neither_given_nor_taken_any_more(micrograph, labels_yx, recipe, classifier):
    cache = BinCache(10**9)
    former = cache.of(classifier, 0)
    collected(classifier, micrograph, kept=former)
    other = train_classifier(micrograph, np.roll(labels_yx, 9), recipe, TrainingSettings(trees=20, points=None))
    now = cache.of(other, 0)
    assert cache.bytes == 0
    assert former.get(0, 0) is None
    former.put(0, 0, np.zeros((6, 256, 256), np.uint8), wanted_again=True)
    assert now.get(0, 0) is None
    wanted_yx = segment(other, micrograph).classes_yx
    assert np.array_equal(collected(other, micrograph, kept=now), wanted_yx)


def test_what_is_in_view_stays_and_the_rest_takes_only_room_that_is_left(classifier, micrograph):
    cache, view = BinCache(2 * TILE_BYTES), {(0, 0), (0, 1)}
    kept = cache.of(classifier, 0)
    collected(classifier, micrograph, kept=kept, wanted_again=view)
    collected(classifier, micrograph, kept=kept, wanted_again=view)
    assert kept.get(0, 0) is not None
    assert kept.get(0, 1) is not None


@pytest.mark.parametrize("budget", [0, TILE_BYTES - 1])
def test_a_budget_below_one_tile_keeps_nothing(classifier, micrograph, budget):
    cache = BinCache(budget)
    collected(classifier, micrograph, kept=cache.of(classifier, 0), tile_order=[(0, 0)], wanted_again=TILES)
    assert cache.bytes == 0
