"""Label all like this: discs among discs, ranked by how alike they are; labelled ones and overlaps are left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from scipy import ndimage as ndi

from sambaseg.errors import CancelledError, NotEnoughLabelsError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart import similar as module
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.similar import LABEL_PX_LET_PASS, LEAST_SIMILARITY, find_similar
from sambaseg.smart.suggester import Knowledge
from smart.hierarchy.scenes import disc_mask, iou, squares_table, view_of

SHAPE = (120, 160)
MIDDLES = [(20, 20), (20, 60), (20, 100), (60, 20), (60, 60), (60, 100)]
ODD = (92, 128)
BRIGHT = [(96, 40), (96, 72)]
SMALL = (25, 140)


def scene(noise=0.01):
    """Return a view of six equal discs, a large one, two brighter ones and a small one, on a noisy ground."""
    grey_yx = np.full(SHAPE, 0.3)
    for middle in MIDDLES:
        grey_yx[disc_mask(SHAPE, middle, 11)] = 0.6
    grey_yx[disc_mask(SHAPE, ODD, 25)] = 0.6
    for middle in BRIGHT:
        grey_yx[disc_mask(SHAPE, middle, 11)] = 0.95
    grey_yx[disc_mask(SHAPE, SMALL, 4)] = 0.6
    noise_yx = np.random.default_rng(0).normal(0, noise, SHAPE)
    return view_of(np.clip(grey_yx + noise_yx, 0, 1))


VIEW = scene()


@pytest.fixture(scope="module")
def table():
    return HierarchySuggester().prepare(VIEW)


def labels_on(middle=MIDDLES[0], radius=11, class_id=3):
    labels_yx = np.zeros(SHAPE, np.uint8)
    labels_yx[disc_mask(SHAPE, middle, radius)] = class_id
    return labels_yx


def in_full(region):
    """Return the mask of a region over the view."""
    mask_yx = np.zeros(SHAPE, bool)
    height, width = region.mask_yx.shape
    mask_yx[region.top : region.top + height, region.left : region.left + width] = region.mask_yx
    return mask_yx


def best_match(regions, middle, radius=11):
    """Return the place of the region that is the disc in the list, None where none is."""
    disc_yx = disc_mask(SHAPE, middle, radius)
    places = [place for place, region in enumerate(regions) if iou(in_full(region), disc_yx) > 0.8]
    return places[0] if places else None


def test_discs_like_a_labelled_one_come_first(table):
    regions = find_similar(table, VIEW, labels_on(), 3)
    assert sorted(best_match(regions, middle) for middle in MIDDLES[1:]) == [0, 1, 2, 3, 4]
    assert all(region.similarity > 0.7 for region in regions[:5])
    assert best_match(regions, MIDDLES[0]) is None


def test_less_alike_means_less_similar(table):
    regions = find_similar(table, VIEW, labels_on(), 3)
    similarities = [region.similarity for region in regions]
    assert similarities == sorted(similarities, reverse=True)
    assert all(LEAST_SIMILARITY <= value <= 1 for value in similarities)
    for middle, radius in ((ODD, 25), (BRIGHT[0], 11), (BRIGHT[1], 11), (SMALL, 4)):
        place = best_match(regions, middle, radius)
        assert place is None or similarities[place] < 0.6


@pytest.mark.parametrize("noise", [0.01, 0.06])
def test_a_stroke_stands_for_the_object_around_it(noise):
    view = scene(noise)
    table = HierarchySuggester().prepare(view)
    labels_yx = np.zeros(SHAPE, np.uint8)
    labels_yx[59:61, 18:24] = 3
    regions = find_similar(table, view, labels_yx, 3)
    others = [middle for middle in MIDDLES if middle != (60, 20)]
    assert sum(best_match(regions[:8], middle) is not None for middle in others) >= 4


@pytest.mark.parametrize(
    ("rows", "columns", "node"),
    [(slice(4, 6), slice(2, 8), 4), (slice(0, 9), slice(0, 10), 0), (slice(8, 12), slice(4, 6), 5)],
    ids=["a stroke is on the likeliest object", "what is filled is the object", "a stroke over two is on both"],
)
def test_an_example_is_what_labels_fill_or_lie_on(rows, columns, node):
    table = squares_table([0.4, 0.4, 0.4, 0.4, 0.6, 0.5, 0.3])
    labelled_yx = np.zeros((20, 20), bool)
    labelled_yx[rows, columns] = True
    assert module._examples(module._NodeSums(table), labelled_yx) == [node]


def test_regions_do_not_overlap_and_fill_their_boxes(table):
    total_yx = np.zeros(SHAPE, int)
    regions = find_similar(table, VIEW, labels_on(), 3)
    for region in regions:
        assert region.mask_yx.dtype == np.bool_
        for side in (region.mask_yx[0], region.mask_yx[-1], region.mask_yx[:, 0], region.mask_yx[:, -1]):
            assert side.any()
        total_yx += in_full(region)
    assert total_yx.max() == 1


def test_what_has_labels_of_any_class_is_left_out(table):
    labels_yx = labels_on()
    labels_yx[disc_mask(SHAPE, MIDDLES[1], 3)] = 3
    labels_yx[disc_mask(SHAPE, MIDDLES[2], 3)] = 8
    y, x = MIDDLES[3]
    labels_yx[y, x : x + int(LABEL_PX_LET_PASS)] = 8
    regions = find_similar(table, VIEW, labels_yx, 3)
    assert [best_match(regions, middle) is not None for middle in MIDDLES[1:]] == [False, False, True, True, True]
    assert all(np.count_nonzero(in_full(region) & (labels_yx > 0)) <= LABEL_PX_LET_PASS for region in regions)


def test_examples_of_two_kinds_find_both(table):
    labels_yx = labels_on() + labels_on(BRIGHT[0])
    places = [best_match(find_similar(table, VIEW, labels_yx, 3), middle) for middle in (*MIDDLES[1:], BRIGHT[1])]
    assert sorted(places) == [0, 1, 2, 3, 4, 5]


def test_what_the_forest_takes_for_another_class_is_left_out(table):
    classes_yx = np.full(SHAPE, 3, np.uint8)
    classes_yx[:, 80:] = 5
    knowledge = Knowledge(classes_yx, np.full(SHAPE, 10, np.uint8))
    regions = find_similar(table, VIEW, labels_on(), 3, knowledge=knowledge)
    assert [best_match(regions, middle) is not None for middle in MIDDLES[1:]] == [True, False, True, True, False]
    plain = find_similar(table, VIEW, labels_on(), 3)
    unknown_class = find_similar(table, VIEW, labels_on(class_id=9), 9, knowledge=knowledge)
    assert [region.similarity for region in unknown_class] == [region.similarity for region in plain]


def test_the_number_of_regions_is_bounded(table, monkeypatch):
    monkeypatch.setattr(module, "MOST_REGIONS", 2)
    assert len(find_similar(table, VIEW, labels_on(), 3)) == 2


def test_of_many_pieces_of_labels_the_largest_count(table, monkeypatch):
    monkeypatch.setattr(module, "MOST_EXAMPLES", 1)
    both = find_similar(table, VIEW, labels_on() + labels_on(SMALL, 4), 3)
    monkeypatch.undo()
    large = find_similar(table, VIEW, labels_on() + labels_on(SMALL, 4, class_id=8), 3)
    assert [region.similarity for region in both] == [region.similarity for region in large]
    small = find_similar(table, VIEW, labels_on(class_id=8) + labels_on(SMALL, 4), 3)
    assert [region.similarity for region in both] != [region.similarity for region in small]


@pytest.mark.parametrize("labels_yx", [np.zeros(SHAPE, np.uint8), labels_on(class_id=2)])
def test_nothing_is_like_a_class_without_labels(table, labels_yx):
    with pytest.raises(NotEnoughLabelsError, match="no labels in what is on the screen"):
        find_similar(table, VIEW, labels_yx, 3)


def test_a_view_that_is_labelled_all_over_has_nothing_left(table):
    assert find_similar(table, VIEW, np.full(SHAPE, 3, np.uint8), 3) == []


def test_cancelled_work_ends(table):
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        find_similar(table, VIEW, labels_on(), 3, cancelled=token)


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 30), (24, 24)])
def test_a_flat_view_has_nothing_like_its_label(shape_yx):
    view = view_of(np.full(shape_yx, 0.5))
    labels_yx = np.zeros(shape_yx, np.uint8)
    labels_yx[0, 0] = 1
    for region in find_similar(HierarchySuggester().prepare(view), view, labels_yx, 1):
        assert region.mask_yx.shape == shape_yx


def test_colours_tell_objects_apart():
    red, green = (disc_mask(SHAPE, middle, 11) for middle in (MIDDLES[0], MIDDLES[1]))
    blue = np.full(SHAPE, 0.4)
    also_red = disc_mask(SHAPE, MIDDLES[4], 11)
    view = view_of(np.where(red | also_red, 0.9, 0.4), np.where(green, 0.9, 0.4), blue)
    regions = find_similar(HierarchySuggester().prepare(view), view, labels_on(), 3)
    assert best_match(regions, MIDDLES[4]) == 0
    place = best_match(regions, MIDDLES[1])
    assert place is None or regions[place].similarity < 0.3


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_pieces_of_labels_are_those_of_scipy_largest_first(mask_yx):
    pieces = module._pieces(mask_yx)
    expected_yx, count = ndi.label(mask_yx)
    assert len(pieces) == count
    assert {piece.tobytes() for piece in pieces} == {(expected_yx == number + 1).tobytes() for number in range(count)}
    sizes = [np.count_nonzero(piece) for piece in pieces]
    assert sizes == sorted(sizes, reverse=True)
