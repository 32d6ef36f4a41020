"""Bands, from top to bottom, are the whole segmentation; whatever fails, nobody waits for ever."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import CancelledError
from sambaseg.images.micrograph import Micrograph
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.bands import band_bytes, segment_bands
from sambaseg.pipeline.progress import CancelToken


@settings(deadline=None, max_examples=12)
@given(
    shape=st.sampled_from([(1, 1), (1, 700), (600, 40), (257, 513), (1100, 300)]),
    threads=st.integers(1, 4),
    with_probabilities=st.booleans(),
)
def test_bands_put_together_are_the_whole(classifier, shape, threads, with_probabilities):
    image = Micrograph.from_array(np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8))
    bands = []
    segment_bands(classifier, image, bands.append, threads=threads, with_probabilities=with_probabilities)
    whole = segment(classifier, image)
    assert [band.top for band in bands] == list(range(0, shape[0], 256))
    assert np.array_equal(np.concatenate([band.classes_yx for band in bands]), whole.classes_yx)
    assert np.array_equal(np.concatenate([band.uncertainty_yx for band in bands]), whole.uncertainty_yx)
    if with_probabilities:
        joined = np.concatenate([band.probabilities_kyx for band in bands], axis=1)
        assert np.array_equal(joined, whole.probabilities_kyx)
    else:
        assert all(band.probabilities_kyx is None for band in bands)


def test_a_slow_writer_holds_the_work_back_and_is_never_called_twice_at_once(classifier):
    image = Micrograph.from_array(np.zeros((256 * 6, 256), np.uint8))
    inside = threading.Semaphore(1)

    def take(_):
        assert inside.acquire(blocking=False)
        time.sleep(0.03)
        inside.release()

    segment_bands(classifier, image, take, threads=4)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_of_the_writer_ends_the_work(classifier, threads):
    image, seen = Micrograph.from_array(np.zeros((256 * 30, 256), np.uint8)), []

    def full(band):
        seen.append(band.top)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        segment_bands(classifier, image, full, threads=threads)
    assert seen == [0]


@pytest.mark.parametrize("after", [0, 1, 3])
def test_cancelling_ends_the_work_while_others_wait_for_their_turn(classifier, after):
    image, token, seen = Micrograph.from_array(np.zeros((256 * 40, 512), np.uint8)), CancelToken(), []

    def take(band):
        seen.append(band.top)
        if len(seen) > after:
            token.cancel()

    with pytest.raises(CancelledError):
        segment_bands(classifier, image, take, threads=4, cancelled=token)
    assert seen == [256 * n for n in range(len(seen))]
    assert len(seen) < 40


def test_the_bytes_of_bands_are_stated(classifier):
    assert band_bytes(classifier, 1000, with_probabilities=False) == 3 * 256 * 1000 * 5
    assert band_bytes(classifier, 1000, with_probabilities=True) == 3 * 256 * 1000 * 17
