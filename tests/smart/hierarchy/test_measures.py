"""Measures of nodes: a square by hand, and every node of random label images pixel pair by pixel pair."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.smart.hierarchy.class_map import map_classes
from sambaseg.smart.hierarchy.measures import LEARNED_MEASURES, MEASURES, Gatherable, measure_nodes
from sambaseg.smart.hierarchy.merging import MergeTree, merge_by_area
from sambaseg.smart.hierarchy.region_graph import build_graph
from sambaseg.smart.hierarchy.regions import AREA, sum_regions
from smart.hierarchy.scenes import label_images, regions_of

NAMES = (*MEASURES, *LEARNED_MEASURES)
NO_CLASSES = 0


class Scene:
    """A label image with grey values, texture, two boundary maps and class probabilities, and a tree over it."""

    def __init__(self, regions_yx, count, grey_yx, *, texture_yx=None, boundaries_cyx=None, classes_kyx=None):
        shape = regions_yx.shape
        self.regions_yx, self.count, self.grey_yx = regions_yx, count, grey_yx
        self.texture_yx = grey_yx if texture_yx is None else texture_yx
        self.boundaries_cyx = np.zeros((2, *shape), np.float32) if boundaries_cyx is None else boundaries_cyx
        self.classes_kyx = np.zeros((NO_CLASSES, *shape), np.float32) if classes_kyx is None else classes_kyx
        self.graph = build_graph(regions_yx, count, self.boundaries_cyx)
        self.sums = sum_regions(regions_yx, count, grey_yx[np.newaxis], self.texture_yx, self.classes_kyx)
        self.classes = map_classes(self.graph, self.sums.sums_ns[:, AREA].copy(), self.sums.classes_nk)

    def measure(self, tree):
        """Return the measures of each node as a dictionary by name."""
        measures = measure_nodes(tree, Gatherable.of(self.graph, self.sums, self.classes))
        assert np.isfinite(measures.values_mf).all()
        expected = len(NAMES) if len(self.classes_kyx) else len(MEASURES)
        assert measures.values_mf.shape == (tree.parent.size, expected)
        return measures.area_m, [dict(zip(NAMES, row.tolist(), strict=False)) for row in measures.values_mf]


def square_scene(**more):
    """Return a scene of 12 by 12 px: ground of grey 0.25, in it a square of 4 by 6 px and grey 0.75."""
    regions_yx = np.zeros((12, 12), np.int32)
    regions_yx[3:7, 2:8] = 1
    return Scene(regions_yx, 2, np.where(regions_yx, 0.75, 0.25).astype(np.float32), **more)


PAIR = MergeTree(np.int32([2, 2, -1]), np.float32([0, 0, 0.5]))


def test_a_rectangle_by_hand():
    ramps_cyx = np.stack([np.full((12, 12), 0.2), np.full((12, 12), 0.1)]).astype(np.float32)
    area_m, (ground, square, whole) = square_scene(boundaries_cyx=ramps_cyx).measure(PAIR)
    assert area_m.tolist() == [120, 24, 144]
    expected = {
        "log area": math.log(24),
        "log of the parent's area over the area": math.log(6),
        "log of the area over the larger child's": math.log(2),
        "fine boundary strength around": 0.2,
        "coarse boundary strength around": 0.1,
        "fine boundary strength inside": 0,
        "coarse boundary strength inside": 0,
        "log of fine around over inside": math.log(0.201 / 0.001),
        "log of coarse around over inside": math.log(0.101 / 0.001),
        "contrast to the surroundings": 0.5,
        "one-sidedness of the contrast": 0.5 / 0.5001,
        "spread of grey inside": 0,
        "difference across the boundary": 0.5,
        "compactness": 4 * math.pi * 24 / 20**2,
        "log elongation": 2 * math.log(6 / 4),
        "area over its ellipse's": 3 / math.pi,
        "share of the outline at the view's border": 0,
        "strength of the edge that joins it": 0.5,
        "strongest edge that joined it": 0,
        "log of joining strength over the strongest inside": math.log(0.501 / 0.001),
        "log share of the view": math.log(1 / 6),
        "difference of texture across the boundary": 0.5,
        "mean grey": 0.75,
    }
    assert set(expected) == set(MEASURES)
    assert square == pytest.approx(expected, abs=1e-5)
    assert ground["contrast to the surroundings"] == pytest.approx(-0.5)
    assert ground["share of the outline at the view's border"] == pytest.approx(48 / (48 + 20))
    assert whole["log of the parent's area over the area"] == pytest.approx(math.log(4))
    assert whole["log of the area over the larger child's"] == pytest.approx(math.log(144 / 120))
    assert whole["fine boundary strength around"] == pytest.approx(0, abs=1e-7)
    assert whole["fine boundary strength inside"] == pytest.approx(0.2)
    assert whole["spread of grey inside"] == pytest.approx(math.sqrt(1 / 6 * 5 / 6) * 0.5)
    assert whole["share of the outline at the view's border"] == 1
    assert whole["strength of the edge that joins it"] == whole["strongest edge that joined it"] == 0.5


def test_what_was_learned_of_a_rectangle():
    certain_yx = np.where(np.indices((12, 12))[0] >= 0, 0.25, 0).astype(np.float32)
    certain_yx[3:7, 2:8] = 0.875
    _, (ground, square, whole) = square_scene(classes_kyx=np.stack([certain_yx, 1 - certain_yx])).measure(PAIR)
    learned = {name: square[name] for name in LEARNED_MEASURES}
    assert learned == pytest.approx(
        {
            "largest class probability": 0.875,
            "second largest class probability": 0.125,
            "rise of the main class across the boundary": 0.625,
            "change of all classes across the boundary": 0.625,
            "change of all classes inside": 0,
            "log of class change around over inside": math.log(0.635 / 0.01),
            "log of its thickness over that of the main class": 0,  # it is all there is of its class
            "log of the class components' area over the area": 0,
        },
        abs=1e-5,
    )
    assert ground["largest class probability"] == pytest.approx(0.75)
    assert ground["rise of the main class across the boundary"] == pytest.approx(0.625)
    assert whole["change of all classes inside"] == pytest.approx(0.625)
    mean = (120 * math.log(120) + 24 * math.log(24)) / 144
    assert whole["log of the class components' area over the area"] == pytest.approx(mean - math.log(144), abs=1e-5)


def test_the_two_main_classes_are_found_wherever_they_stand():
    for order in ([0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5], [0.2, 0.3, 0.5]):
        planes = np.float32(order).reshape(3, 1, 1) * np.ones((3, 12, 12), np.float32)
        _, (_, square, _) = square_scene(classes_kyx=planes).measure(PAIR)
        assert square["largest class probability"] == pytest.approx(0.5)
        assert square["second largest class probability"] == pytest.approx(0.3)


def pairs_of(scene, mask_yx):
    """Return the touching pairs of pixels on the edge of a mask, inner one first, and those of regions inside it."""
    around, inside = [], []
    height, width = mask_yx.shape
    for y, x in np.ndindex(mask_yx.shape):
        for ny, nx in ((y, x + 1), (y + 1, x)):
            if ny >= height or nx >= width:
                continue
            if mask_yx[y, x] != mask_yx[ny, nx]:
                around.append(((y, x), (ny, nx)) if mask_yx[y, x] else ((ny, nx), (y, x)))
            elif mask_yx[y, x] and scene.regions_yx[y, x] != scene.regions_yx[ny, nx]:
                inside.append(((y, x), (ny, nx)))
    return around, inside


def expected_of(scene, mask_yx):
    """Return what can be said of a node from its pixels, slowly."""
    around, inside = pairs_of(scene, mask_yx)
    outer, inner = max(len(around), 1), max(len(inside), 1)
    means = {"grey": scene.grey_yx, "texture": scene.texture_yx}
    region = {
        name: np.array([plane[scene.regions_yx == number].mean(dtype=np.float64) for number in range(scene.count)])
        for name, plane in means.items()
    }
    probabilities = np.stack([scene.classes_kyx[:, scene.regions_yx == n].mean(axis=1) for n in range(scene.count)])

    def at(values, place):
        return values[scene.regions_yx[place]]

    def change(one, two):
        return 0.5 * np.abs(at(probabilities, one) - at(probabilities, two)).sum()

    fine, coarse = scene.boundaries_cyx
    main = int(scene.classes_kyx[:, mask_yx].mean(axis=1).argmax())
    border = sum(int(np.count_nonzero(side)) for side in (mask_yx[0], mask_yx[-1], mask_yx[:, 0], mask_yx[:, -1]))
    grey = region["grey"]
    return {
        "log area": math.log(mask_yx.sum()),
        "fine boundary strength around": sum(max(fine[p], fine[q]) for p, q in around) / outer,
        "coarse boundary strength around": sum(max(coarse[p], coarse[q]) for p, q in around) / outer,
        "fine boundary strength inside": sum(max(fine[p], fine[q]) for p, q in inside) / inner,
        "coarse boundary strength inside": sum(max(coarse[p], coarse[q]) for p, q in inside) / inner,
        "contrast to the surroundings": sum(at(grey, p) - at(grey, q) for p, q in around) / outer,
        "difference across the boundary": sum(abs(at(grey, p) - at(grey, q)) for p, q in around) / outer,
        "spread of grey inside": scene.grey_yx[mask_yx].std(dtype=np.float64),
        "compactness": 4 * math.pi * mask_yx.sum() / (len(around) + border) ** 2,
        "share of the outline at the view's border": border / (len(around) + border),
        "log share of the view": math.log(mask_yx.mean()),
        "difference of texture across the boundary": sum(
            at(region["texture"], p) - at(region["texture"], q) for p, q in around
        )
        / outer,
        "mean grey": scene.grey_yx[mask_yx].mean(dtype=np.float64),
        "largest class probability": scene.classes_kyx[main, mask_yx].mean(),
        "rise of the main class across the boundary": sum(
            at(probabilities, p)[main] - at(probabilities, q)[main] for p, q in around
        )
        / outer,
        "change of all classes across the boundary": sum(change(p, q) for p, q in around) / outer,
        "change of all classes inside": sum(change(p, q) for p, q in inside) / inner,
    }


@settings(max_examples=40)
@given(label_images(), st.integers(0, 2**32 - 1))
def test_measures_are_what_the_pixels_of_each_node_say(image, seed):
    regions_yx, count = image
    rng = np.random.default_rng(seed)
    first_yx = rng.random(regions_yx.shape, np.float32)
    scene = Scene(
        regions_yx,
        count,
        rng.random(regions_yx.shape, np.float32),
        texture_yx=rng.random(regions_yx.shape, np.float32),
        boundaries_cyx=rng.random((2, *regions_yx.shape), np.float32),
        classes_kyx=np.stack([first_yx, 1 - first_yx]),
    )
    tree = merge_by_area(scene.graph.ends_e2, scene.graph.lowest_ce[0], scene.sums.sums_ns[:, AREA].copy())
    area_m, nodes = scene.measure(tree)
    for node, regions in enumerate(regions_of(tree.parent, count)):
        mask_yx = np.isin(regions_yx, list(regions))
        assert area_m[node] == mask_yx.sum()
        expected = expected_of(scene, mask_yx)
        assert {name: nodes[node][name] for name in expected} == pytest.approx(expected, abs=2e-5)


def test_the_strongest_edge_inside_may_lie_far_below():
    regions_yx = np.int32([[0, 0, 1, 1], [2, 2, 1, 1]])
    tree = MergeTree(np.int32([3, 4, 3, 4, -1]), np.float32([0, 0, 0, 0.75, 0.25]))
    _, nodes = Scene(regions_yx, 3, np.zeros((2, 4), np.float32)).measure(tree)
    assert [node["strongest edge that joined it"] for node in nodes] == [0, 0, 0, 0.75, 0.75]
    assert [node["strength of the edge that joins it"] for node in nodes] == [0.75, 0.25, 0.75, 0.25, 0.75]
    assert nodes[3]["log of joining strength over the strongest inside"] == pytest.approx(math.log(0.251 / 0.751))


def test_mean_grey_alone_changes_in_a_lighter_view():
    regions_yx = np.int32([[0, 0, 1, 1], [2, 2, 1, 1]])
    grey_yx = np.random.default_rng(1).random((2, 4), np.float32) / 4
    tree = MergeTree(np.int32([3, 4, 3, 4, -1]), np.float32([0, 0, 0, 0.25, 0.5]))
    _, dark = Scene(regions_yx, 3, grey_yx, texture_yx=grey_yx).measure(tree)
    _, light = Scene(regions_yx, 3, grey_yx + np.float32(0.5), texture_yx=grey_yx).measure(tree)
    for before, after in zip(dark, light, strict=True):
        assert after.pop("mean grey") == pytest.approx(before.pop("mean grey") + 0.5, abs=1e-6)
        assert after == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("shape_yx", [(1, 1), (1, 7), (5, 1)])
def test_one_flat_region_has_numbers(shape_yx):
    tree = MergeTree(np.int32([-1]), np.float32([0]))
    ones_kyx = np.full((2, *shape_yx), 0.5, np.float32)
    scene = Scene(np.zeros(shape_yx, np.int32), 1, np.zeros(shape_yx, np.float32), classes_kyx=ones_kyx)
    area_m, (only,) = scene.measure(tree)
    assert area_m.tolist() == [math.prod(shape_yx)]
    assert only["share of the outline at the view's border"] == 1
    assert only["log share of the view"] == 0
