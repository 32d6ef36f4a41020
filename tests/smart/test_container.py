"""Containers: what is packed comes back, the layout is the stated one, and other bytes are refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sambaseg.errors import BrokenContainerError, ParameterError
from sambaseg.smart.container import DTYPES, pack_arrays, unpack_arrays


def test_the_layout_is_the_stated_one():
    content = pack_arrays({"kind": "test"}, {"a": np.uint8([1, 2, 3]), "b": np.float32([[1.5], [-2.0]])})
    assert content[:4] == b"SBA1"
    length = int.from_bytes(content[4:8], "little")
    assert (8 + length) % 8 == 0
    header = json.loads(content[8 : 8 + length])
    assert header == {
        "meta": {"kind": "test"},
        "arrays": [
            {"name": "a", "dtype": "uint8", "shape": [3], "offset": 0},
            {"name": "b", "dtype": "float32", "shape": [2, 1], "offset": 8},
        ],
    }
    data = content[8 + length :]
    assert data == b"\1\2\3" + bytes(5) + np.array([1.5, -2.0], "<f4").tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 5)])
def test_loaded_equals_saved(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    meta, arrays = unpack_arrays(pack_arrays({"n": 1, "text": "µm"}, {"first": array, "second": array.T}))
    assert meta == {"n": 1, "text": "µm"}
    np.testing.assert_array_equal(arrays["first"], array)
    np.testing.assert_array_equal(arrays["second"], array.T)
    assert arrays["first"].dtype == dtype


def test_booleans_become_bytes_and_other_types_are_refused():
    _, arrays = unpack_arrays(pack_arrays({}, {"mask": np.array([True, False])}))
    assert arrays["mask"].tolist() == [1, 0]
    with pytest.raises(ParameterError, match="a is float64"):
        pack_arrays({}, {"a": np.zeros(2)})


@given(st.data())
def test_damaged_bytes_are_refused_or_read_but_never_crash(data):
    content = bytearray(pack_arrays({"kind": "x"}, {"a": np.arange(5, dtype=np.int32)}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(content)[: data.draw(st.integers(0, len(content)))]
    try:
        meta, arrays = unpack_arrays(damaged)
    except BrokenContainerError:
        return
    assert isinstance(meta, dict)
    assert all(isinstance(array, np.ndarray) for array in arrays.values())


def test_a_truncated_container_is_named():
    content = pack_arrays({}, {"a": np.zeros(10, np.float32)})
    with pytest.raises(BrokenContainerError, match="'a' ends behind the last byte"):
        unpack_arrays(content[:-8])
