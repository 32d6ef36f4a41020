"""Ranking places: analytic maps, parts beside SciPy, and what holds for any maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage as ndi

from sambaseg.errors import ParameterError
from sambaseg.guidance.maps import MapsOfTiles, ResultMaps, level_for
from sambaseg.guidance.ranking import CELL_PX, distance_from, mean_around, open_bytes, rank_places
from sambaseg.guidance.words import reason_for
from sambaseg.images.reduction import halve

SIDE = 256


def maps_with(*, uncertainty, labels=None, scale=1):
    """Return maps whose left half is class 1 and whose right half is class 2."""
    classes = np.ones_like(uncertainty)
    classes[:, uncertainty.shape[1] // 2 :] = 2
    return ResultMaps(classes, uncertainty, np.zeros_like(uncertainty) if labels is None else labels, scale)


def square(uncertainty, y, x, half, value):
    uncertainty[y - half : y + half, x - half : x + half] = value


def test_a_neighbourhood_that_is_unsure_comes_before_a_seam_that_is_more_so():
    uncertainty = np.zeros((SIDE, SIDE), np.uint8)
    uncertainty[:, 126:130] = 255  # as wide as seams are
    square(uncertainty, 60, 40, 12, 100)
    places = rank_places(maps_with(uncertainty=uncertainty), wanted=5)
    assert abs(places[0].y - 60) <= 12
    assert abs(places[0].x - 40) <= 12
    assert all(abs(place.x - 128) > 6 for place in places)


def test_of_two_equal_places_the_one_without_labels_comes_first():
    uncertainty = np.zeros((SIDE, SIDE), np.uint8)
    square(uncertainty, 60, 40, 12, 150)
    square(uncertainty, 200, 200, 12, 150)
    labels = np.zeros_like(uncertainty)
    labels[60, 20:56] = 1
    first = rank_places(maps_with(uncertainty=uncertainty, labels=labels), wanted=1)[0]
    assert abs(first.y - 200) <= 12
    assert first.distance_px == pytest.approx(np.hypot(first.y - 60, first.x - 55), abs=2 * CELL_PX)


def test_places_are_spread_over_a_large_unsure_region():
    uncertainty = np.full((SIDE, SIDE), 120, np.uint8)
    places = rank_places(maps_with(uncertainty=uncertainty), wanted=6)
    distances = [np.hypot(a.y - b.y, a.x - b.x) for at, a in enumerate(places) for b in places[:at]]
    assert len(places) == 6
    assert min(distances) > SIDE / 16


def test_what_is_sure_or_not_computed_is_never_proposed():
    uncertainty = np.zeros((SIDE, SIDE), np.uint8)
    assert rank_places(maps_with(uncertainty=uncertainty), wanted=4) == []
    unsure = maps_with(uncertainty=np.full((SIDE, SIDE), 200, np.uint8))
    nowhere = ResultMaps(np.zeros_like(unsure.classes_yx), unsure.uncertainty_yx, unsure.labels_yx)
    assert rank_places(nowhere, wanted=4) == []


def test_places_are_told_in_pixels_of_the_image():
    uncertainty = np.zeros((SIDE, SIDE), np.uint8)
    square(uncertainty, 60, 128, 12, 150)
    place = rank_places(maps_with(uncertainty=uncertainty, scale=8), wanted=1)[0]
    assert abs(place.y - 480) <= 96
    assert abs(place.x - 1024) <= 96
    assert place.radius_px == 16
    assert set(place.classes) == {1, 2}
    assert place.distance_px is None
    assert place.uncertainty == pytest.approx(150 / 255)


def test_a_place_at_the_far_edge_is_in_an_image_that_ends_within_the_last_pixel_of_the_maps():
    side = 63 * CELL_PX + 1
    uncertainty, labels = np.full((side, side), 150, np.uint8), np.ones((side, side), np.uint8)
    labels[-13:, -13:] = 0
    maps = ResultMaps(np.ones_like(uncertainty), uncertainty, labels, 4, (4 * side - 3, 4 * side - 2))
    place = rank_places(maps, wanted=1)[0]
    assert (place.y, place.x) == (4 * side - 4, 4 * side - 3)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.integers(0, 3)),
    st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_any_maps_give_places_inside_and_unlabelled_and_always_the_same(classes, seed):
    rng = np.random.default_rng(seed)
    uncertainty = rng.integers(0, 256, classes.shape).astype(np.uint8)
    labels = np.where(rng.random(classes.shape) < 0.1, 1, 0).astype(np.uint8)
    places = rank_places(ResultMaps(classes, uncertainty, labels), wanted=5)
    assert places == rank_places(ResultMaps(classes, uncertainty, labels), wanted=5)
    assert [place.interest for place in places] == sorted((place.interest for place in places), reverse=True)
    for place in places:
        assert classes[place.y, place.x] != 0
        assert labels[place.y, place.x] == 0
        assert place.classes


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30))), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_opening_is_that_of_scipy(plane, radius):
    peer = ndi.grey_opening(plane, size=(2 * radius + 1,) * 2, mode="nearest")
    np.testing.assert_array_equal(open_bytes(plane, radius), peer)


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 50), st.integers(1, 50))))
@settings(max_examples=50, deadline=None)
def test_distance_is_that_of_scipy_between_cells(marked):
    if not marked.any():
        assert np.isinf(distance_from(marked)).all()
        return
    rows, columns = (-(-length // CELL_PX) for length in marked.shape)
    padded = np.zeros((rows * CELL_PX, columns * CELL_PX), bool)
    padded[: marked.shape[0], : marked.shape[1]] = marked
    cells = padded.reshape(rows, CELL_PX, columns, CELL_PX).any(axis=(1, 3))
    peer = np.kron(ndi.distance_transform_edt(~cells) * CELL_PX, np.ones((CELL_PX, CELL_PX)))
    np.testing.assert_allclose(distance_from(marked), peer[: marked.shape[0], : marked.shape[1]], rtol=1e-6)


def test_mean_around_leaves_out_what_is_beyond_the_edge():
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    means = mean_around(plane, 3)
    assert means[1, 1] == pytest.approx(plane[0:3, 0:3].mean())
    assert means[0, 0] == pytest.approx(plane[0:2, 0:2].mean())
    assert means[2, 3] == pytest.approx(plane[1:3, 2:4].mean())


def test_maps_of_different_shapes_are_refused():
    plane = np.zeros((4, 5), np.uint8)
    with pytest.raises(ParameterError, match="one shape"):
        ResultMaps(plane, plane, np.zeros((5, 4), np.uint8))


@pytest.mark.parametrize(
    ("shape", "level"), [((512, 512), 0), ((1024, 1024), 1), ((513, 512), 1), ((20_000, 30_000), 6)]
)
def test_large_images_are_looked_at_coarsely(shape, level):
    assert level_for(shape) == level


@given(st.sampled_from([(300, 520), (1100, 260), (70, 2000), (513, 1025)]), st.integers(0, 2**31))
@settings(max_examples=12, deadline=None)
def test_tiles_that_come_one_by_one_make_the_maps_of_the_whole(shape, seed):
    rng = np.random.default_rng(seed)
    classes, uncertainty = rng.integers(1, 4, shape).astype(np.uint8), rng.integers(0, 256, shape).astype(np.uint8)
    rows, columns = rng.integers(shape[0], size=9), rng.integers(shape[1], size=9)
    tiles = MapsOfTiles(shape)
    keys = [(ty, tx) for ty in range(-(-shape[0] // 256)) for tx in range(-(-shape[1] // 256))]
    for ty, tx in rng.permutation(keys):
        part = slice(ty * 256, ty * 256 + 256), slice(tx * 256, tx * 256 + 256)
        tiles.take(int(ty), int(tx), classes[part], uncertainty[part])
    maps = tiles.maps(rows, columns)
    classes, uncertainty = classes[np.newaxis], uncertainty[np.newaxis]
    for _ in range(level_for(shape)):
        classes, uncertainty = halve(classes, "label"), halve(uncertainty, "mean")
    np.testing.assert_array_equal(maps.classes_yx, classes[0])
    np.testing.assert_array_equal(maps.uncertainty_yx, uncertainty[0])
    assert maps.scale == 2 ** level_for(shape)
    labelled = {(int(y) // maps.scale, int(x) // maps.scale) for y, x in zip(rows, columns, strict=True)}
    assert {(int(y), int(x)) for y, x in np.argwhere(maps.labels_yx)} == labelled


def test_reasons_name_classes_distance_and_what_is_rarely_labelled():
    uncertainty = np.zeros((SIDE, SIDE), np.uint8)
    square(uncertainty, 60, 128, 12, 150)
    labels = np.zeros_like(uncertainty)
    labels[250, :] = 1
    place = rank_places(maps_with(uncertainty=uncertainty, labels=labels), wanted=1)[0]
    names = {1: "matrix", 2: "pore"}
    told = reason_for(place, names=names, labelled={1: 256}, shape_yx=(SIDE, SIDE))
    assert told in {
        "Uncertain between matrix and pore, far from labels, pore has few labels",
        "Uncertain between pore and matrix, far from labels, pore has few labels",
    }
    alone = reason_for(place, names={}, labelled={1: 9, 2: 9}, shape_yx=(10 * SIDE, 10 * SIDE))
    assert alone.startswith("Uncertain between class ")
    assert "far" not in alone
    assert "few" not in alone
