"""Cleaning up: by hand for small planes, beside scikit-image and SciPy for noise, and the same in any file or band."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label as ndimage_label
from skimage.measure import label
from skimage.morphology import disk

from sambaseg.cleaning.clean import Cleaner, clean_classes
from sambaseg.cleaning.steps import CleaningStep, in_words, parse_steps, steps_for, steps_from_json
from sambaseg.errors import CancelledError, MemoryBudgetError, ParameterError


def clean(plane, text, class_ids=(1, 2, 3), **options):
    plane = np.array(plane, np.uint8)
    Cleaner(parse_steps(text), class_ids, **options).clean(plane)
    return plane


def noise(seed, shape=(90, 131), classes=3):
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.1)
    return (np.digitize(smooth, np.quantile(smooth, np.arange(1, classes) / classes)) + 1).astype(np.uint8)


def test_holes_up_to_a_size_are_filled_but_not_bays():
    plane = [
        [2, 2, 2, 2, 2, 2, 1],
        [2, 1, 2, 1, 1, 2, 1],
        [2, 2, 2, 2, 2, 2, 1],
        [1, 2, 2, 2, 2, 1, 1],
    ]
    expected = np.array(plane)
    expected[1, 1] = 2
    np.testing.assert_array_equal(clean(plane, "fill_holes:1:2"), expected)
    expected[1, 3:5] = 2
    np.testing.assert_array_equal(clean(plane, "fill_holes:2:2"), expected)
    np.testing.assert_array_equal(clean(plane, "fill_holes:99:1"), plane)


@pytest.mark.parametrize("seed", range(3))
def test_holes_are_those_that_scipy_finds(seed):
    plane = noise(seed)
    expected = plane.copy()
    holes, count = ndimage_label(plane != 2)
    for hole in range(1, count + 1):
        y, x = np.nonzero(holes == hole)
        inside = y.min() > 0 and x.min() > 0 and y.max() < plane.shape[0] - 1 and x.max() < plane.shape[1] - 1
        if inside and len(y) <= 30:
            expected[holes == hole] = 2
    assert (expected != plane).any()
    np.testing.assert_array_equal(clean(plane, "fill_holes:30:2"), expected)


def test_small_regions_go_to_what_they_share_most_sides_with():
    plane = np.full((9, 12), 1)
    plane[:, 6:] = 2
    plane[4, 5:9] = 3
    plane[1, 1] = 3
    expected = plane.copy()
    expected[4, 5:9], expected[1, 1] = 2, 1
    np.testing.assert_array_equal(clean(plane, "remove_small:5"), expected)
    np.testing.assert_array_equal(clean(plane, "remove_small:5:1+2"), plane)


def test_small_regions_in_small_regions_vanish_together():
    plane = np.full((11, 11), 1)
    plane[3:8, 3:8] = 2
    plane[5, 5] = 3
    np.testing.assert_array_equal(clean(plane, "remove_small:60"), np.full((11, 11), 1))


def test_where_all_is_small_nothing_changes():
    plane = np.array([[1, 2], [2, 3]])
    np.testing.assert_array_equal(clean(plane, "remove_small:100"), plane)


@pytest.mark.parametrize("seed", range(3))
def test_no_small_region_is_left_and_large_ones_only_grow(seed):
    plane = noise(seed, classes=4)
    cleaned = clean(plane, "remove_small:25", class_ids=(1, 2, 3, 4))
    regions = label(cleaned, connectivity=2, background=0)
    assert np.bincount(regions.ravel())[1:].min() >= 25
    before = label(plane, connectivity=2, background=0)
    large = np.bincount(before.ravel())[before] >= 25
    np.testing.assert_array_equal(cleaned[large], plane[large])
    assert (cleaned != plane).any()


@pytest.mark.parametrize("radius", [1, 2, 5])
def test_the_majority_is_that_of_all_pixels_in_the_disc(radius):
    plane = noise(7, (41, 37))
    plane[10:14, 20:25] = 0
    disc = disk(radius)
    padded = np.pad(plane, radius)
    windows = np.lib.stride_tricks.sliding_window_view(padded, disc.shape)
    counts = np.stack([((windows == value) & (disc == 1)).sum(axis=(2, 3)) for value in range(4)])
    counts[0] = 0
    own = np.take_along_axis(counts, plane[np.newaxis].astype(int), axis=0)[0]
    expected = np.where(own == counts.max(axis=0), plane, counts.argmax(axis=0))
    expected[plane == 0] = 0
    np.testing.assert_array_equal(clean(plane, f"majority:{radius}"), expected)
    only = clean(plane, f"majority:{radius}:2")
    np.testing.assert_array_equal(only, np.where((plane == 2) | (expected == 2), expected, plane))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_cleaning_twice_removes_no_more_and_orientation_does_not_matter_for_holes(seed, height, width):
    plane = np.random.default_rng(seed).integers(1, 4, (height, width)).astype(np.uint8)
    once = clean(plane, "remove_small:6")
    np.testing.assert_array_equal(clean(once, "remove_small:6"), once)
    np.testing.assert_array_equal(clean(plane[::-1].T, "fill_holes:9:2"), clean(plane, "fill_holes:9:2")[::-1].T)


def test_steps_are_done_in_their_order():
    plane = np.full((9, 9), 1)
    plane[2:7, 2:7] = 2
    plane[4, 4] = 1
    assert (clean(plane, "fill_holes:1:2,remove_small:25") == 2).sum() == 25
    assert (clean(plane, "remove_small:25,fill_holes:1:2") == 2).sum() == 0


def test_planes_in_files_give_the_same(monkeypatch, tmp_path):
    plane, text = noise(3), "fill_holes:20,remove_small:30,majority:2"
    whole = clean(plane, text)
    monkeypatch.setattr("sambaseg.cleaning.plane.SMALL_BYTES", 0)
    monkeypatch.setattr("sambaseg.cleaning.clean.BAND_PX", 7)
    monkeypatch.setattr("sambaseg.cleaning.regions.BAND_PX", 5)
    np.testing.assert_array_equal(clean(plane, text, folder=tmp_path), whole)


def test_too_many_regions_are_named_before_memory_is_gone(monkeypatch):
    monkeypatch.setattr("sambaseg.cleaning.regions.FEWEST", 64)
    monkeypatch.setattr("sambaseg.cleaning.regions.BAND_PX", 1)
    checkerboard = np.indices((300, 200)).sum(axis=0) % 3 + 1
    with pytest.raises(MemoryBudgetError, match="regions"):
        clean(checkerboard, "fill_holes:3", memory_bytes=10_000)


def test_cleaning_ends_when_what_is_told_says_so():
    def stop(_):
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        clean(noise(1), "majority:2", tell=stop)


def test_steps_are_read_from_text_and_json_and_written_back():
    text = "fill_holes:100,remove_small:50:2+3,majority:2"
    steps = parse_steps(text)
    assert steps[1] == CleaningStep("remove_small", 50, (2, 3))
    assert in_words(steps) == text
    assert steps_from_json([step.to_json() for step in steps]) == steps
    for wrong in ("", "fill_holes", "fill_holes:x", "polish:3", "majority:33", "majority:0", "remove_small:5:0"):
        with pytest.raises(ParameterError):
            parse_steps(wrong)
    for wrong in (None, {}, [1], [{"kind": "majority", "size": True, "classes": []}], [{"kind": "majority"}]):
        with pytest.raises(ParameterError):
            steps_from_json(wrong)


def test_classes_of_any_id_are_cleaned_like_their_ranks():
    plane, text = noise(5), "fill_holes:20:300,majority:1:9+70000"
    ids = np.array([0, 9, 300, 70000])
    ranks = clean(plane, "fill_holes:20:2,majority:1:1+3")
    np.testing.assert_array_equal(clean_classes(ids[plane], [70000, 9, 300], parse_steps(text)), ids[ranks])
    np.testing.assert_array_equal(clean_classes(plane, [1, 2, 3], ()), plane)


def test_steps_for_classes_that_are_not_there_are_left_out():
    steps = parse_steps("fill_holes:9,remove_small:5:2+8,majority:1:8")
    assert in_words(steps_for(steps, [1, 2])) == "fill_holes:9,remove_small:5:2"
    assert steps_for(steps, [1, 2, 8]) == steps
