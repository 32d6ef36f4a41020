"""Runs of one tile: bytes to pixels and back, and every way in which bytes can be wrong."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sambaseg.errors import LabelRunsError
from sambaseg.labels.runs import decode_runs, encode_runs

WHOLE = (256, 256)


def pairs(*runs: tuple[int, int]) -> bytes:
    """Return runs (start, length) as they travel."""
    return b"".join(struct.pack("<HH", start, length - 1) for start, length in runs)


def test_runs_are_pairs_of_start_and_length_minus_one() -> None:
    mask_yx = np.zeros(WHOLE, dtype=bool)
    mask_yx[0, 3:5] = True
    mask_yx[2, 255] = mask_yx[3, 0] = True
    assert encode_runs(mask_yx) == pairs((3, 2), (2 * 256 + 255, 2))


def test_one_run_can_fill_a_tile() -> None:
    runs = decode_runs(pairs((0, 65536)), WHOLE)
    assert runs.pixels == 65536
    assert runs.to_mask().all()
    assert encode_runs(np.ones(WHOLE, dtype=bool)) == b"\x00\x00\xff\xff"


def test_no_runs_are_no_pixels() -> None:
    assert not decode_runs(b"", WHOLE).to_mask().any()
    assert encode_runs(np.zeros(WHOLE, dtype=bool)) == b""


def test_runs_may_touch() -> None:
    assert decode_runs(pairs((5, 2), (7, 1)), WHOLE).to_mask().ravel().nonzero()[0].tolist() == [5, 6, 7]


@settings(deadline=None)
@given(
    height=st.integers(1, 256),
    width=st.integers(1, 256),
    share=st.sampled_from([0.0, 0.01, 0.5, 0.99, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_decoding_gives_back_what_was_encoded(height: int, width: int, share: float, seed: int) -> None:
    mask_yx = np.random.default_rng(seed).random((height, width)) < share
    data = encode_runs(mask_yx)
    runs = decode_runs(data, (height, width))
    decoded_yx = runs.to_mask()
    assert np.array_equal(decoded_yx[:height, :width], mask_yx)
    assert runs.pixels == decoded_yx.sum() == mask_yx.sum()
    assert runs.to_bytes() == data


@pytest.mark.parametrize(
    ("data", "shape_yx", "message"),
    [
        (b"\x00\x00\x00", WHOLE, "4 bytes, not 3"),
        (pairs((65535, 2)), WHOLE, "ends at position 65537"),
        (pairs((10, 5), (14, 1)), WHOLE, "starts at position 14, but run 0 ends at position 14"),
        (pairs((10, 5), (3, 1)), WHOLE, "starts at position 3"),
        (pairs((256 * 100, 1)), (100, 256), "leave the 100 rows"),
        (pairs((30, 1)), (256, 30), "30 columns"),
        (pairs((20, 11)), (256, 30), "30 columns"),
        (pairs((255, 1)), (1, 255), "255 columns"),
        (pairs((0, 257)), (1, 256), "1 rows"),
    ],
)
def test_bytes_that_are_no_runs_are_refused_by_name(data: bytes, shape_yx: tuple[int, int], message: str) -> None:
    with pytest.raises(LabelRunsError, match=message):
        decode_runs(data, shape_yx)


@settings(deadline=None)
@given(data=st.binary(max_size=64), height=st.integers(1, 256), width=st.integers(1, 256))
def test_any_bytes_are_runs_inside_the_image_or_refused(data: bytes, height: int, width: int) -> None:
    try:
        mask_yx = decode_runs(data, (height, width)).to_mask()
    except LabelRunsError:
        return
    mask_yx[:height, :width] = False
    assert not mask_yx.any()
