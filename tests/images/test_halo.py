"""A halo around a rectangle: reflected at the image's edges, whatever its size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.images.halo import read_with_halo


def test_edge_pixels_are_repeated_at_the_border():
    image = np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8)
    expected = [[5, 4, 4, 5], [2, 1, 1, 2], [2, 1, 1, 2], [5, 4, 4, 5]]
    np.testing.assert_array_equal(read_with_halo(image, 0, 1, 0, 1, 2)[0, :4, :4], np.array(expected)[:4])


@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(0, 40),
    st.data(),
    st.sampled_from([np.uint8, np.int16, np.float32]),
)
def test_equals_numpy_padding_cut_to_the_rectangle(height, width, halo, data, dtype):
    image = np.arange(2 * height * width, dtype=dtype).reshape(2, height, width)
    y0 = data.draw(st.integers(0, height - 1))
    y1 = data.draw(st.integers(y0 + 1, height))
    x0 = data.draw(st.integers(0, width - 1))
    x1 = data.draw(st.integers(x0 + 1, width))
    padded = np.pad(image, ((0, 0), (halo, halo), (halo, halo)), mode="symmetric")
    read = read_with_halo(image, y0, y1, x0, x1, halo)
    np.testing.assert_array_equal(read, padded[:, y0 : y1 + 2 * halo, x0 : x1 + 2 * halo])
    assert read.dtype == dtype
    assert read.flags.c_contiguous


@pytest.mark.parametrize("rectangle", [(2, 4, 2, 4), (0, 4, 0, 4)])
def test_answer_is_a_copy(rectangle):
    image = np.zeros((1, 9, 9), dtype=np.uint8)
    read_with_halo(image, *rectangle, 1)[...] = 7
    assert not image.any()
