"""Learned boundaries beside the built-in ones: what they add to trees and measures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed; it is needed for fitting rankers only")

from training.generator import make_micrograph
from training.judge_network import BOUNDARY_MEASURES, VARIANTS, cut_view, examples_of, fit, grow, print_tables
from training.ranking import Case

from sambaseg.smart.view_image import ViewImage


@pytest.fixture(scope="module")
def micrograph():
    return make_micrograph(3, side_px=96, family="grains")


@pytest.fixture(scope="module")
def view(micrograph):
    return ViewImage.from_pixels(micrograph.image_yx, is_rgb=False)


def test_each_variant_adds_what_it_says(micrograph, view):
    shapes = []
    with ThreadPoolExecutor(1) as threads:
        regions = cut_view(view, None, threads)
    for variant in VARIANTS:
        grown = grow(regions, micrograph.targets_cyx, variant)
        assert all(np.isfinite(values).all() for _, _, values in grown)
        shapes.append((len(grown), grown[0][2].shape[1]))
    trees, columns = shapes[0]
    more = BOUNDARY_MEASURES
    assert shapes[1:] == [(trees + 1, columns + 1), (trees, columns + more), (trees + 1, columns + 1 + more)]


def test_perfect_boundaries_give_better_nodes(micrograph, view):
    regions = micrograph.regions_yx
    areas = np.bincount(regions.ravel())
    ids = [i for i in np.flatnonzero(areas > 150) if areas[i] < regions.size / 4]
    objects = [([tuple(np.argwhere(regions == i)[areas[i] // 2])], regions == i) for i in ids]
    case = Case(0, 0, None, view, None, "grains", objects)
    best = []
    for variant in (VARIANTS[0], VARIANTS[1]):
        examples = examples_of([case], [micrograph.targets_cyx], variant)
        best.append(np.mean([examples.quality[examples.click == i].max() for i in range(len(ids))]))
    assert best[1] > best[0]


def test_tables_say_by_how_much_a_variant_is_better(capsys):
    rows = {VARIANTS[0].title: np.full((4, 4), 0.5), VARIANTS[1].title: np.full((4, 4), 0.6)}
    print_tables(["a", "b", "c", "d"], rows)
    assert "| difference | +0.000 | +0.100 |" in capsys.readouterr().out


def test_the_fitted_ranker_tells_good_nodes_from_bad_ones(micrograph, view):
    regions = micrograph.regions_yx
    ids = [i for i in np.unique(regions) if 150 < (regions == i).sum() < regions.size / 4]
    objects = [([tuple(np.argwhere(regions == i)[80])], regions == i) for i in ids]
    examples = examples_of([Case(0, 0, None, view, None, "grains", objects)], [micrograph.targets_cyx], VARIANTS[3])
    everything = np.ones(len(examples.quality), bool)
    expected = fit(examples, everything, 0)(examples.measures)
    assert np.corrcoef(expected, examples.quality)[0, 1] > 0.7
