"""One shard of a sharded Zarr array: 4 by 4 chunks of 256 px in one file, each compressed by itself.

The file is the chunks one after the other, then an index of (offset, length) for each, little-endian uint64, and the
index's CRC-32C: the codec "sharding_indexed" of Zarr 3 with its index at the end. Written and read here rather than by
zarr-python, since a tile then takes a seventh of the time and a shard is changed without decoding its other chunks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import StorageError

CHUNKS_A_SIDE = 4
CHUNKS = CHUNKS_A_SIDE**2
ZSTD_LEVEL = 1

_ABSENT = 2**64 - 1
_INDEX_BYTES = CHUNKS * 16
_FOOTER_BYTES = _INDEX_BYTES + 4
_PATIENCE_SECONDS = 2.0


def encode_chunk(tile: NDArray[Any]) -> bytes | None:
    """Return a C-contiguous, little-endian chunk compressed; None where all is zero, which is not stored."""
    import imagecodecs

    return bytes(imagecodecs.zstd_encode(tile.tobytes(), level=ZSTD_LEVEL)) if tile.any() else None


def decode_chunk(stored: bytes, nbytes: int, path: Path) -> bytes:
    """Return the `nbytes` bytes of a chunk. Raises StorageError where it is damaged."""
    import imagecodecs

    try:
        raw = bytes(imagecodecs.zstd_decode(stored, out=nbytes))
    except Exception as error:  # imagecodecs has an error class for each codec, none of them a common one
        raise StorageError(f"The tiles in {path} are damaged: {error}.") from error
    if len(raw) != nbytes:
        raise StorageError(f"The tiles in {path} are damaged: {nbytes} bytes were expected, but got {len(raw)}.")
    return raw


class ShardReader:
    """A shard's file, open in a ``with`` block; without any chunk where there is no file. Raises StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._index: NDArray[np.uint64] | None = None

    def __enter__(self) -> ShardReader:
        try:
            self._file = _open_patiently(self._path)
        except FileNotFoundError:
            return self
        except OSError as error:
            raise StorageError(f"The tiles in {self._path} cannot be read: {error.strerror or error}.") from error
        try:
            self._index = self._read_index(self._file)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def stored(self, chunk: int) -> bytes | None:
        """Return a chunk as it is stored; None where it is all zero. Raises StorageError."""
        if self._file is None or self._index is None:
            return None
        offset, length = (int(value) for value in self._index[chunk])
        if offset == _ABSENT:
            return None
        try:
            self._file.seek(offset)
            stored = self._file.read(length)
        except (OSError, OverflowError, ValueError, MemoryError) as error:
            raise StorageError(f"The tiles in {self._path} cannot be read: {error}.") from error
        if len(stored) != length:
            raise StorageError(f"The tiles in {self._path} are damaged: the file ends too early.")
        return stored

    def _read_index(self, file: BinaryIO) -> NDArray[np.uint64]:
        size = file.seek(0, os.SEEK_END)
        footer = b""
        if size >= _FOOTER_BYTES:
            file.seek(size - _FOOTER_BYTES)
            footer = file.read(_FOOTER_BYTES)
        if len(footer) != _FOOTER_BYTES or _checksum(footer[:_INDEX_BYTES]) != footer[_INDEX_BYTES:]:
            raise StorageError(f"The tiles in {self._path} are damaged: their index is not whole.")
        index = np.frombuffer(footer, "<u8", CHUNKS * 2).reshape(CHUNKS, 2)
        offsets, lengths = index[index[:, 0] != _ABSENT].T
        if (offsets > size).any() or (lengths > size - offsets).any():
            raise StorageError(f"The tiles in {self._path} are damaged: their index leaves the file.")
        return index


def write_shard(path: Path, chunks: Sequence[bytes | None]) -> None:
    """Put a shard of compressed `chunks` (None: all zero) at `path`, whole or not at all; without any, no file stays.

    One thread at a time may write one shard; readers see the old file or the new one. The folder of its row is made,
    those above must be there. Raises OSError.
    """
    if all(chunk is None for chunk in chunks):
        path.unlink(missing_ok=True)
        return
    index = np.full((CHUNKS, 2), _ABSENT, "<u8")
    at = 0
    for position, chunk in enumerate(chunks):
        if chunk is not None:
            index[position] = at, len(chunk)
            at += len(chunk)
    footer = index.tobytes()
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(b"".join(chunk for chunk in chunks if chunk is not None) + footer + _checksum(footer))
    _replace_patiently(temporary, path)


def _checksum(data: bytes) -> bytes:
    import google_crc32c

    return int(google_crc32c.value(data)).to_bytes(4, "little")


def _open_patiently(path: Path) -> BinaryIO:
    """Open a file that may just be replaced, which Windows refuses for a moment."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return path.open("rb")
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.002)


def _replace_patiently(temporary: Path, path: Path) -> None:
    """Rename over a file that may just be read, which Windows refuses for a moment."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.002)
