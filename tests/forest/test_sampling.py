"""Which labelled pixels train: as many as wanted, every class among them, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import LabelsFileError
from sambaseg.forest.sampling import CLASS_FLOOR, choose_points, share_points


def labels_of(**counts):
    """Return labels with so many pixels of each id, in random places among unlabelled ones."""
    ids = np.concatenate(
        [np.zeros(500, np.int32), *(np.full(n, int(name[1:]), np.int32) for name, n in counts.items())]
    )
    side = int(np.ceil(np.sqrt(len(ids))))
    ids = np.concatenate([ids, np.zeros(side * side - len(ids), np.int32)])
    return np.random.default_rng(0).permutation(ids).reshape(side, side)


def counts_of(labels_yx, positions_n):
    ids, counts = np.unique(labels_yx.ravel()[positions_n], return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


def test_all_are_taken_where_there_are_no_more_than_wanted():
    labels_yx = labels_of(c2=30, c4=7)
    for points in (None, 37, 1000):
        positions_n = choose_points(labels_yx, points=points, seed=0)
        assert positions_n.tolist() == np.flatnonzero(labels_yx).tolist()


def test_a_rare_class_keeps_all_its_pixels_up_to_the_floor():
    labels_yx = labels_of(c1=90_000, c2=CLASS_FLOOR - 1, c9=1)
    found = counts_of(labels_yx, choose_points(labels_yx, points=1000, seed=0))
    assert found[2] == CLASS_FLOOR - 1
    assert found[9] == 1
    assert found[1] == pytest.approx(800, abs=1)


def test_what_is_above_the_floors_is_shared_in_proportion():
    labels_yx = labels_of(c1=30_000, c2=10_000)
    found = counts_of(labels_yx, choose_points(labels_yx, points=4400, seed=0, floor=200))
    assert found == {1: 200 + 29_800 * 4000 // 39_600, 2: 200 + 9_800 * 4000 // 39_600}


def test_the_seed_decides_and_positions_ascend():
    labels_yx = labels_of(c1=5000, c2=5000)
    once = choose_points(labels_yx, points=500, seed=3)
    assert (np.diff(once) > 0).all()
    assert np.array_equal(once, choose_points(labels_yx, points=500, seed=3))
    assert not np.array_equal(once, choose_points(labels_yx, points=500, seed=4))


def test_nothing_labelled_gives_no_points():
    assert choose_points(np.zeros((4, 4), np.uint8), points=10, seed=0).size == 0


@settings(deadline=None)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=60), st.integers(1, 100_000), st.integers(0, 500))
def test_no_class_is_dropped_and_no_more_are_taken_than_there_are(counts, points, floor):
    counts_k = np.array(counts, np.intp)
    taken_k = share_points(counts_k, points, floor)
    assert (taken_k >= 1).all()
    assert (taken_k <= counts_k).all()
    assert taken_k.sum() <= max(points, len(counts))
    fair = max(1, min(floor, points // len(counts)))
    assert (taken_k >= np.minimum(counts_k, fair)).all()


def test_labels_that_are_no_class_ids_are_refused():
    with pytest.raises(LabelsFileError, match="whole numbers"):
        choose_points(np.zeros((2, 2)), points=5, seed=0)
    with pytest.raises(LabelsFileError, match="-3"):
        choose_points(np.array([[0, -3]]), points=5, seed=0)
