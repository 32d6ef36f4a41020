"""Named arrays in one sequence of bytes: what the server prepares for a view and the page reads without copying.

Little-endian throughout: the magic ``SBA1``, a uint32 N, N bytes of UTF-8 JSON, the arrays. The JSON is ``{"meta":
{...}, "arrays": [{"name", "dtype", "shape", "offset"}, ...]}``, padded with spaces so that 8 + N is a multiple of 8; an
offset counts from the end of the JSON and is a multiple of 8; arrays are in C order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.errors import BrokenContainerError, ParameterError

MAGIC = b"SBA1"
DTYPES = ("uint8", "uint16", "uint32", "int32", "float16", "float32")
MAX_AXES = 8
_START_BYTES = 8
_ALIGNMENT = 8

Arrays = dict[str, npt.NDArray[Any]]


def pack_arrays(meta: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return `meta` (JSON values) and `arrays` as one container; booleans become uint8.

    Raises ParameterError for an array of a type that is not in `DTYPES`.
    """
    rows, parts, offset = [], [], 0
    for name, array in arrays.items():
        plain = array.view(np.uint8) if array.dtype == np.bool_ else array
        if plain.dtype.name not in DTYPES:
            raise ParameterError(f"An array in a container must be {', '.join(DTYPES)}; {name} is {plain.dtype.name}.")
        content = np.ascontiguousarray(plain, dtype=plain.dtype.newbyteorder("<")).tobytes()
        rows.append({"name": name, "dtype": plain.dtype.name, "shape": list(plain.shape), "offset": offset})
        padding = -len(content) % _ALIGNMENT
        parts += [content, b"\0" * padding]
        offset += len(content) + padding
    header = json.dumps({"meta": dict(meta), "arrays": rows}, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(_START_BYTES + len(header)) % _ALIGNMENT)
    return b"".join([MAGIC, len(header).to_bytes(4, "little"), header, *parts])


def unpack_arrays(content: bytes) -> tuple[dict[str, Any], Arrays]:
    """Return the meta data and the arrays of a container; the arrays are read-only views of `content`.

    Raises BrokenContainerError where the content is anything else.
    """
    if content[:4] != MAGIC or len(content) < _START_BYTES:
        raise _broken("it does not start with SBA1")
    start = _START_BYTES + int.from_bytes(content[4:8], "little")
    if start > len(content) or start % _ALIGNMENT:
        raise _broken(f"its header ends at byte {start} of {len(content)}")
    try:
        header = json.loads(content[_START_BYTES:start].decode())
        meta, rows = header["meta"], header["arrays"]
        if not isinstance(meta, dict) or not isinstance(rows, list):
            raise _broken("its header holds no meta data and list of arrays")
        return meta, {str(row["name"]): _array(content, start, row) for row in rows}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(f"its header cannot be read ({type(error).__name__})") from None


def _array(content: bytes, start: int, row: Mapping[str, Any]) -> npt.NDArray[Any]:
    name, dtype, shape, offset = row["name"], row["dtype"], row["shape"], row["offset"]
    sizes_are_whole = all(type(size) is int and size >= 0 for size in [offset, *shape])
    if dtype not in DTYPES or not sizes_are_whole or len(shape) > MAX_AXES or offset % _ALIGNMENT:
        raise _broken(f"the array {name!r:.80} has type {dtype!r:.80}, shape {shape!r:.80} and offset {offset!r:.80}")
    count, little = math.prod(shape), np.dtype(dtype).newbyteorder("<")
    if start + offset + count * little.itemsize > len(content):
        raise _broken(f"the array {name!r:.80} ends behind the last byte, {len(content)}")
    return np.frombuffer(content, little, count, start + offset).reshape(shape)


def _broken(reason: str) -> BrokenContainerError:
    return BrokenContainerError(f"These bytes are no container of arrays: {reason}.", hint="Ask for the view again.")
