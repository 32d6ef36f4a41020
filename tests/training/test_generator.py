"""Synthetic micrographs: the same for the same seed, and boundaries exactly where regions change."""

from __future__ import annotations

import numpy as np
import pytest
from training.generator import FAMILIES, make_micrograph
from training.targets import NEAR_PX, PART_STRENGTH, boundary_targets


@pytest.fixture(scope="module", params=list(FAMILIES))
def micrographs(request):
    return [make_micrograph(seed, side_px=128, family=request.param) for seed in range(12)]


def test_targets_of_two_halves_are_one_line():
    regions = np.zeros((8, 8), np.int32)
    regions[:, 4:] = 7
    right, below, near = boundary_targets(regions)
    assert right[:, 3].min() == 1
    assert right.sum() == 8
    assert below.sum() == 0
    assert set(np.flatnonzero(near[0])) == set(range(3 - NEAR_PX, 5 + NEAR_PX))


def test_parts_of_a_region_are_weaker_boundaries():
    regions, parts = np.zeros((2, 6, 6), np.int32)
    regions[3:] = 1
    parts[:, 2:] = 1
    right, below, _ = boundary_targets(regions, parts)
    assert set(np.unique(right)) == {0, PART_STRENGTH}
    assert below[2].min() == 1


def test_one_seed_gives_one_micrograph():
    one, two, other = (make_micrograph(seed, side_px=96) for seed in (5, 5, 6))
    assert one.family == two.family
    np.testing.assert_array_equal(one.image_yx, two.image_yx)
    np.testing.assert_array_equal(one.targets_cyx, two.targets_cyx)
    assert not np.array_equal(one.image_yx, other.image_yx)


def test_images_are_finite_and_use_their_range(micrographs):
    for micrograph in micrographs:
        image = micrograph.image_yx
        assert image.shape == (128, 128)
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
        assert image.min() >= 0
        assert image.max() <= 1
        assert image.std() > 0.02


def test_full_boundaries_run_where_regions_change(micrographs):
    for micrograph in micrographs:
        regions, targets = micrograph.regions_yx, micrograph.targets_cyx
        np.testing.assert_array_equal(targets[0, :, :-1] == 1, regions[:, 1:] != regions[:, :-1])
        np.testing.assert_array_equal(targets[1, :-1] == 1, regions[1:] != regions[:-1])
        assert (targets[2] >= targets[:2].max(0)).all()


def test_boundaries_are_neither_absent_nor_everywhere(micrographs):
    share = np.mean([micrograph.targets_cyx[:2].mean() for micrograph in micrographs])
    assert 0.003 < share < 0.2
    assert np.mean([len(np.unique(micrograph.regions_yx)) for micrograph in micrographs]) >= 3


def test_boundaries_can_be_seen(micrographs):
    """Across a boundary brightness must change more than elsewhere, but for regions that differ by texture only."""
    ratios = []
    for micrograph in micrographs:
        change = np.abs(np.diff(micrograph.image_yx, axis=1))
        edge = micrograph.targets_cyx[0, :, :-1] == 1
        if edge.any() and not edge.all():
            ratios.append(change[edge].mean() / max(change[~edge].mean(), 1e-6))
    assert np.median(ratios) > (0.9 if micrographs[0].family == "textures" else 1.3)


def test_all_families_come_up_about_as_often():
    names = list(FAMILIES)
    drawn = [str(np.random.default_rng(seed).choice(names)) for seed in range(900)]
    counts = [drawn.count(name) for name in names]
    assert min(counts) > 60
