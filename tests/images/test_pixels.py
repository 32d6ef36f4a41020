"""Pixels that lie in a file are indexed as NumPy arrays are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.images.pixels import RegionPixels


class Remembered(RegionPixels):
    """An array that is read by rectangles, and how many rows were read at most at once."""

    def __init__(self, array):
        super().__init__(array.shape, array.dtype)
        self.array, self.most_rows = array, 0

    def read(self, y0, y1, x0, x1):
        assert 0 <= y0 < y1 <= self.shape[1]
        assert 0 <= x0 < x1 <= self.shape[2]
        self.most_rows = max(self.most_rows, y1 - y0)
        return self.array[:, y0:y1, x0:x1].copy()


IMAGE_CYX = np.arange(2 * 300 * 7, dtype=np.int32).reshape(2, 300, 7)
BOUND = st.none() | st.integers(-320, 320)
STEP = st.none() | st.integers(-300, 300).filter(bool)
INDEX = st.builds(slice, BOUND, BOUND, STEP)
WHOLE = [st.integers(-size, size - 1) for size in IMAGE_CYX.shape]


@given(st.tuples(*(INDEX | whole for whole in WHOLE)))
def test_slices_give_what_numpy_gives(key):
    pixels = Remembered(IMAGE_CYX)
    found = pixels[key]
    np.testing.assert_array_equal(found, IMAGE_CYX[key])
    assert found.dtype == IMAGE_CYX.dtype
    assert pixels.most_rows <= 256


@pytest.mark.parametrize(
    "key", [..., 1, (..., 3), (0, ...), (slice(None), 5), (0, ..., 2), (np.int64(1), 2, 3), (1, 2, 3, ...)]
)
def test_missing_axes_are_taken_whole(key):
    np.testing.assert_array_equal(Remembered(IMAGE_CYX)[key], IMAGE_CYX[key])


def test_channels_can_be_gone_through():
    assert [channel.shape for channel in Remembered(IMAGE_CYX)] == [(300, 7)] * 2
    np.testing.assert_array_equal(Remembered(IMAGE_CYX).load(), IMAGE_CYX)


@pytest.mark.parametrize("key", [2, (0, 300), (0, 0, -8), (0, 0, 0, 0), (..., ...), "a", 1.5, None, [0, 1]])
def test_other_keys_are_refused(key):
    with pytest.raises(IndexError):
        Remembered(IMAGE_CYX)[key]


def test_nobody_loads_a_large_image_by_accident():
    with pytest.raises(TypeError, match="load"):
        np.asarray(Remembered(IMAGE_CYX))
