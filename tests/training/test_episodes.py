"""Episodes are what they say: labelled pixels lie under strokes inside their class, and asked ones in theirs."""

from __future__ import annotations

import numpy as np
import pytest
from training.episodes import (
    LEAST_PIXELS,
    NOBODY,
    QUERY,
    SUPPORT,
    SUPPORT_PER_CLASS,
    draw_episode,
    make_episode,
    mosaic,
    real_crop,
)
from training.generator import FAMILIES, SIDE_PX, make_micrograph
from training.samples import RealImage


def _grey_is_class(episode) -> None:
    """Assert that pixels of one class have one grey, and those of others another."""
    greys = episode.image_yx.ravel()
    known, asked = episode.support_classes_n != NOBODY, episode.query_classes_n != NOBODY
    for entry in np.unique(episode.query_classes_n[asked]):
        mine = np.unique(greys[episode.support_n[known & (episode.support_classes_n == entry)]])
        assert mine.size == 1
        assert np.array_equal(mine, np.unique(greys[episode.query_n[asked & (episode.query_classes_n == entry)]]))


@pytest.mark.parametrize("seed", range(8))
def test_labelled_and_asked_pixels_lie_in_their_class(seed):
    rng = np.random.default_rng(seed)
    phases_yx = np.zeros((SIDE_PX, SIDE_PX), np.int32)
    phases_yx[:, 100:], phases_yx[60:70], phases_yx[200:, :90] = 4, 7, 9
    episode = draw_episode(rng, (phases_yx / 9).astype(np.float32), phases_yx)
    assert episode.support_n.shape == (SUPPORT,)
    assert episode.query_n.shape == (QUERY,)
    assert set(np.unique(episode.support_classes_n)) == {NOBODY, 0, 1, 2, 3}
    assert np.bincount(episode.support_classes_n[episode.support_classes_n != NOBODY]).max() <= SUPPORT_PER_CLASS
    _grey_is_class(episode)


def test_a_class_of_too_few_pixels_is_neither_labelled_nor_asked():
    phases_yx = np.zeros((SIDE_PX, SIDE_PX), np.int32)
    phases_yx[:128] = 1
    phases_yx[0, : LEAST_PIXELS - 1] = 2
    episode = draw_episode(np.random.default_rng(0), (phases_yx / 2).astype(np.float32), phases_yx)
    assert set(np.unique(episode.query_classes_n)) == {NOBODY, 0, 1}
    _grey_is_class(episode)


def test_one_class_is_no_episode():
    phases_yx = np.zeros((SIDE_PX, SIDE_PX), np.int32)
    assert draw_episode(np.random.default_rng(0), phases_yx.astype(np.float32), phases_yx) is None


def test_one_seed_gives_one_episode():
    first, again = (make_episode(np.random.default_rng(3), []) for _ in range(2))
    assert np.array_equal(first.image_yx, again.image_yx)
    assert np.array_equal(first.support_n, again.support_n)


@pytest.mark.parametrize("family", FAMILIES)
def test_phases_are_counted_from_0_and_lie_along_regions(family):
    found = [make_micrograph(seed, family=family).phases_yx for seed in range(6)]
    known = [phases_yx for phases_yx in found if phases_yx is not None]
    assert known
    for phases_yx in known:
        assert phases_yx.shape == (SIDE_PX, SIDE_PX)
        assert phases_yx.dtype == np.int32
        assert phases_yx.min() >= 0
    assert any(np.unique(phases_yx).size > 1 for phases_yx in known)


def test_a_mosaic_shows_two_to_four_micrographs_within_its_range():
    rng = np.random.default_rng(1)
    for _ in range(4):
        image_yx, phases_yx = mosaic(rng)
        assert 2 <= np.unique(phases_yx).size <= 4
        assert 0 <= image_yx.min() < image_yx.max() <= 1


def test_a_real_crop_keeps_image_and_classes_together():
    mask_yx = np.zeros((300, 400), np.int32)
    mask_yx[:, 200:] = 1
    real = RealImage("halves", mask_yx.astype(np.float32), mask_yx + 256 * 5)
    rng = np.random.default_rng(0)
    for _ in range(6):
        image_yx, phases_yx = real_crop(rng, real)
        assert image_yx.shape == phases_yx.shape == (SIDE_PX, SIDE_PX)
        away = np.abs(image_yx - 0.5) == 0.5
        upright = (image_yx == phases_yx)[away]
        assert upright.all() or not upright.any()
