"""The built-in suggester as a whole: a disc is found, the same bytes every time, any pixels, any shape, knowledge."""

import numpy as np
import pytest

from sambaseg.errors import CancelledError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.smart.hierarchy import suggester as module
from sambaseg.smart.hierarchy.basins import SMALLEST_REGION_PX
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.hierarchy.trees import LEARNED_TREES, TREES
from sambaseg.smart.prompt import Prompt, PromptPoint
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage
from smart.hierarchy.scenes import disc_mask, disc_view, iou, known, many_discs, view_of


def prepare(view, knowledge=None):
    return HierarchySuggester().prepare(view, knowledge=knowledge)


def ask(table, y, x):
    return table.suggest(Prompt((PromptPoint(y + 0.5, x + 0.5),)))


def best_overlap(table, truth_yx, y, x):
    """Return how well the best of three masks at a pixel fits."""
    return max(iou(mask_yx, truth_yx) for mask_yx in ask(table, y, x).masks_3yx)


@pytest.mark.parametrize("place", [(30, 44), (24, 37), (39, 50)])
def test_a_disc_is_found_wherever_one_points_at_it(place):
    view, disc_yx = disc_view()
    table = prepare(view)
    assert best_overlap(table, disc_yx, *place) > 0.95
    assert all(mask_yx[place] for mask_yx in ask(table, *place).masks_3yx)


def test_dark_discs_are_found_like_bright_ones():
    view, disc_yx = disc_view()
    assert best_overlap(prepare(ViewImage(1 - view.pixels_cyx, is_rgb=False)), disc_yx, 30, 44) > 0.95


def test_a_stripe_with_sharp_edges_is_found_to_the_pixel():
    grey = np.full((48, 60), 0.3)
    stripe_yx = np.broadcast_to((np.arange(60) >= 20) & (np.arange(60) < 36), grey.shape)
    assert best_overlap(prepare(view_of(np.where(stripe_yx, 0.6, grey))), stripe_yx, 10, 25) == 1


def check_table(table):
    """Check all that holds for every table."""
    height, width = table.shape_yx
    count = table.region_area_n.size
    assert table.regions_yx.max() == count - 1
    np.testing.assert_array_equal(np.bincount(table.regions_yx.ravel(), minlength=count), table.region_area_n)
    assert count == 1 or table.region_area_n.min() >= SMALLEST_REGION_PX
    np.testing.assert_array_equal(np.sort(table.positions_tn, axis=1), np.tile(np.arange(count), (table.trees, 1)))
    assert (table.first_node_tn.max(axis=0) >= 0).all(), "each region has a node"
    scores = table.node_score_m
    assert ((scores >= 0) & (scores <= 1)).all()
    in_order = [np.cumsum([0, *table.region_area_n[np.argsort(positions)]]) for positions in table.positions_tn]
    for node, tree in enumerate(table.node_tree_m):
        low, high, parent = (int(a[node]) for a in (table.node_low_m, table.node_high_m, table.node_parent_m))
        assert in_order[tree][high] - in_order[tree][low] == table.node_area_m[node]
        if parent >= 0:
            assert table.node_tree_m[parent] == tree
            assert table.node_low_m[parent] <= low < high <= table.node_high_m[parent]
            assert table.node_area_m[parent] > table.node_area_m[node]
    for tree, firsts in enumerate(table.first_node_tn):
        assert ((firsts == -1) | (table.node_tree_m[firsts] == tree)).all()
        for region in np.flatnonzero(firsts >= 0):
            low, high = table.node_low_m[firsts[region]], table.node_high_m[firsts[region]]
            assert low <= table.positions_tn[tree, region] < high
    for node in range(0, scores.size, 7):
        mask_yx = table.mask(node)
        ys, xs = np.nonzero(mask_yx)
        assert len(ys) == table.node_area_m[node]
        assert table.node_box_m4[node].tolist() == [ys.min(), xs.min(), ys.max() + 1, xs.max() + 1]
    assert height * width == table.region_area_n.sum()


def test_a_table_holds_together():
    grey_yx, mask_yx = many_discs()
    table = prepare(view_of(grey_yx))
    assert table.trees == len(TREES)
    check_table(table)
    learned = prepare(view_of(grey_yx), known(mask_yx, uncertainty=60))
    assert learned.trees == len(LEARNED_TREES)
    check_table(learned)


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 40), (40, 1), (3, 4), (20, 30)])
def test_a_flat_view_is_one_region(shape_yx):
    table = prepare(view_of(np.full(shape_yx, 0.5)))
    check_table(table)
    assert table.region_area_n.tolist() == [np.prod(shape_yx)]
    assert ask(table, 0, 0).masks_3yx.all()


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 300), (300, 1), (2, 2), (5, 90)])
def test_noise_of_any_shape_gets_an_answer(shape_yx):
    table = prepare(view_of(np.random.default_rng(0).random(shape_yx)))
    check_table(table)
    y, x = shape_yx[0] - 1, shape_yx[1] // 2
    found = ask(table, y, x)
    assert found.masks_3yx[:, y, x].all()
    assert np.isfinite(found.scores_3).all()


def test_single_points_give_small_to_large_masks_that_hold_them():
    grey_yx, _ = many_discs()
    table = prepare(view_of(grey_yx))
    for y, x in np.random.default_rng(1).integers(0, grey_yx.shape, (60, 2)):
        masks = ask(table, y, x).masks_3yx
        assert masks[:, y, x].all()
        assert (np.diff(np.count_nonzero(masks, axis=(1, 2))) >= 0).all()


def test_the_same_view_gives_the_same_bytes_on_any_number_of_threads(monkeypatch):
    grey_yx, mask_yx = many_discs()
    view, knowledge = view_of(grey_yx), known(mask_yx)
    expected = prepare(view).to_bytes(), prepare(view, knowledge).to_bytes()
    for threads in (1, 2, 7):
        monkeypatch.setattr(module, "THREADS", threads)
        assert (prepare(view).to_bytes(), prepare(view, knowledge).to_bytes()) == expected


@pytest.mark.parametrize("factor", [256, 257])
def test_8_and_16_bits_of_one_picture_agree(factor):
    grey_yx, _ = many_discs()
    eight_yx = np.rint(grey_yx * 255).astype(np.uint8)
    sixteen_yx = eight_yx.astype(np.uint16) * np.uint16(factor)
    one, two = (prepare(ViewImage.from_pixels(pixels, is_rgb=False)) for pixels in (eight_yx, sixteen_yx))
    assert np.mean(one.regions_yx == two.regions_yx) > 0.999
    for y, x in ((16, 16), (50, 80), (30, 100)):
        for mine_yx, other_yx in zip(ask(one, y, x).masks_3yx, ask(two, y, x).masks_3yx, strict=True):
            assert iou(mine_yx, other_yx) > 0.99


def test_grey_in_three_equal_colours_is_the_same_picture():
    grey_yx, _ = many_discs()
    grey, colours = prepare(view_of(grey_yx)), prepare(view_of(grey_yx, grey_yx, grey_yx))
    for y, x in ((16, 16), (48, 80)):
        assert (
            max(iou(ask(grey, y, x).masks_3yx[k], mask) for k in range(3) for mask in ask(colours, y, x).masks_3yx)
            > 0.95
        )


def test_an_object_of_another_hue_but_the_same_brightness_is_found():
    disc_yx = disc_mask((64, 80), (30, 44), 13)
    red, blue = np.where(disc_yx, 0.8, 0.2), np.where(disc_yx, 0.2, 0.8)
    assert best_overlap(prepare(view_of(red, np.full(red.shape, 0.5), blue)), disc_yx, 30, 44) > 0.95


def test_an_object_in_one_of_five_channels_is_found():
    disc_yx = disc_mask((64, 80), (30, 44), 13)
    planes = [np.full(disc_yx.shape, 0.4)] * 4 + [np.where(disc_yx, 0.9, 0.1)]
    table = prepare(view_of(*planes))
    check_table(table)
    assert best_overlap(table, disc_yx, 30, 44) > 0.95


def test_a_view_of_two_megapixels_is_prepared():
    grey_yx, mask_yx = many_discs((1250, 1600), 50, 16)
    table = prepare(view_of(grey_yx))
    assert table.shape_yx == (1250, 1600)
    disc_yx = mask_yx & disc_mask(mask_yx.shape, (625, 825), 20)
    assert best_overlap(table, disc_yx, 625, 825) > 0.9


def test_cancelled_work_ends():
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        HierarchySuggester().prepare(disc_view()[0], cancelled=token)


def test_work_cancelled_while_trees_grow_ends(monkeypatch):
    token = CancelToken()
    grown = []

    def grow(inputs):
        token.cancel()
        grown.append(TREES[0](inputs))
        return grown[-1]

    monkeypatch.setattr(module, "THREADS", 1)
    monkeypatch.setattr(module, "TREES", (grow,) * 4)
    with pytest.raises(CancelledError):
        HierarchySuggester().prepare(disc_view()[0], cancelled=token)
    assert len(grown) == 1


@pytest.mark.parametrize("classes", [0, 3])
def test_knowledge_of_fewer_than_two_classes_is_none(classes):
    view, _ = disc_view()
    ignored = Knowledge(np.full(view.shape_yx, classes, np.uint8), np.full(view.shape_yx, 100, np.uint8))
    assert prepare(view, ignored).to_bytes() == prepare(view).to_bytes()


def test_ids_of_classes_do_not_matter():
    grey_yx, mask_yx = many_discs()
    expected = prepare(view_of(grey_yx), known(mask_yx, ids=(1, 2))).to_bytes()
    assert prepare(view_of(grey_yx), known(mask_yx, ids=(2, 4))).to_bytes() == expected
    assert prepare(view_of(grey_yx), known(mask_yx, ids=(7, 255))).to_bytes() == expected


def test_what_was_learned_finds_objects_that_have_no_boundary():
    """Discs that differ in nothing but what the forest says of them."""
    noise_yx = np.random.default_rng(3).normal(0.5, 0.05, (96, 128)).clip(0, 1)
    _, mask_yx = many_discs()
    disc_yx = mask_yx & disc_mask(mask_yx.shape, (48, 80), 14)
    view = view_of(noise_yx)
    assert best_overlap(prepare(view), disc_yx, 48, 80) < 0.6
    assert best_overlap(prepare(view, known(mask_yx)), disc_yx, 48, 80) > 0.75


def test_a_view_that_is_not_computed_yet_in_part_is_prepared():
    grey_yx, mask_yx = many_discs()
    knowledge = known(mask_yx)
    knowledge.classes_yx[:, 64:] = 0
    table = prepare(view_of(grey_yx), knowledge)
    check_table(table)
    assert best_overlap(table, mask_yx & disc_mask(mask_yx.shape, (48, 112), 14), 48, 112) > 0.8
