"""Weights that lie beside an ONNX file, put into it: a decoder is then one file, which the page can load.

ONNX files are protocol buffers. Only the few fields on the way to the weights are looked at (onnx.proto:
ModelProto.graph, GraphProto.initializer, TensorProto.raw_data, .external_data, .data_location); the rest is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sambaseg.errors import ModelFileError

MOST_BYTES = 1_900_000_000
"""Of a file with its weights: protocol buffers end at 2 GiB."""
_GRAPH, _INITIALIZER = 7, 5
_RAW_DATA, _EXTERNAL_DATA, _DATA_LOCATION = 9, 13, 14
_KEY, _VALUE = 1, 2
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def with_weights(path: Path) -> bytes | None:
    """Return the content of an ONNX file with its weights in it, or None where it has none beside it.

    Raises ModelFileError for a file that is broken or names weights that are not there, or outside of its folder.
    """
    try:
        content = memoryview(path.read_bytes())
        found = [False]
        parts = [
            _field(number, _BYTES, _graph(value, path, found)) if number == _GRAPH and kind == _BYTES else whole
            for number, kind, value, whole in _fields(content)
        ]
    except (IndexError, ValueError, OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"The weights of {path.name} cannot be put into it: {error}.") from error
    if not found[0]:
        return None
    joined = b"".join(parts)
    if len(joined) > MOST_BYTES:
        raise ModelFileError(f"{path.name} would have {len(joined):,} bytes with its weights, which is too many.")
    return joined


def _graph(content: memoryview, path: Path, found: list[bool]) -> bytes:
    return b"".join(
        _field(number, _BYTES, _tensor(value, path, found)) if number == _INITIALIZER and kind == _BYTES else whole
        for number, kind, value, whole in _fields(content)
    )


def _tensor(content: memoryview, path: Path, found: list[bool]) -> bytes:
    """Return a tensor; one whose values lie elsewhere with its values."""
    kept, where = [], {}
    for number, kind, value, whole in _fields(content):
        if number == _EXTERNAL_DATA and kind == _BYTES:
            entry = {key: bytes(text).decode() for key, _, text, _ in _fields(value)}
            where[entry[_KEY]] = entry.get(_VALUE, "")
        elif number not in (_DATA_LOCATION, _RAW_DATA):
            kept.append(bytes(whole))
    if "location" not in where:
        return bytes(content)
    found[0] = True
    return b"".join(kept) + _field(_RAW_DATA, _BYTES, _read_weights(path, where))


def _read_weights(path: Path, where: dict[str, str]) -> bytes:
    name = where["location"]
    if Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"they would lie at {name!r:.80}, outside of its folder")
    with (path.parent / name).open("rb") as file:
        file.seek(int(where.get("offset", "0")))
        length = int(where["length"]) if "length" in where else -1
        weights = file.read(length)
    if len(weights) != length and length >= 0:
        raise ValueError(f"{name} is truncated")
    return weights


def _fields(content: memoryview) -> Iterator[tuple[int, int, memoryview, memoryview]]:
    """Yield number, kind, value and whole of each field of a message. Raises ValueError and IndexError."""
    at = 0
    while at < len(content):
        start = at
        tag, at = _varint(content, at)
        number, kind = tag >> 3, tag & 7
        first = at
        if kind == _VARINT:
            _, at = _varint(content, at)
        elif kind == _BYTES:
            length, first = _varint(content, at)
            at = first + length
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of kind {kind} is not known")
        if at > len(content):
            raise ValueError("it is truncated")
        yield number, kind, content[first:at], content[start:at]


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise ValueError("a number is too long")


def _field(number: int, kind: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | kind) + _as_varint(len(value)) + value


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
