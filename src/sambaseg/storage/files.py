"""A store of files that are named by their content: what is under a SHA-256 never changes.

`DiskStore` and `S3Store` have one interface, `FileStore`. A file is taken in under its hash as a whole or not at all;
one that is read to its end is checked against its name. `open_store` makes the store of an address.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import parse_qs, urlsplit

from sambaseg.errors import DamagedFileError, NotFoundError, ParameterError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HASH_PATTERN = re.compile(r"[0-9a-f]{64}")
BLOCK_BYTES = 1 << 20

Source = Path | BinaryIO | bytes


@dataclass(frozen=True)
class Stored:
    """A file of the store: its name, its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Listed(Stored):
    """A file of the store and when it was last taken in."""

    modified: datetime


class FileStore(Protocol):
    """Files by the SHA-256 of their content. All methods may be called from any thread.

    Raises NotFoundError for a file that is not there, DamagedFileError for one that changed, StorageError where there
    is no room, and FileStoreUnavailableError where the store does not answer.
    """

    def put(self, source: Source) -> Stored:
        """Take in a file, from a path, a stream (to its end) or bytes; one that is there already costs no room."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream of a file, to be closed; at its end its content is checked."""
        ...

    def read_range(self, sha256: str, start: int, stop: int) -> bytes:
        """Return bytes `start` to `stop` - 1, fewer at the end of the file."""
        ...

    def size(self, sha256: str) -> int:
        """Return the size of a file in bytes."""
        ...

    def exists(self, sha256: str) -> bool:
        """Tell whether a file is there."""
        ...

    def as_file(self, sha256: str) -> AbstractContextManager[Path]:
        """Yield a path at which a file can be read, and not written, until the block ends."""
        ...

    def delete(self, sha256: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def delete_older(self, sha256: str, until: datetime) -> bool:
        """Remove a file unless it was taken in since `until`, also while others take it in; return whether it went."""
        ...

    def list(self) -> Iterator[Listed]:
        """Return all files, in the order of their hashes."""
        ...

    def check(self) -> None:
        """Make sure that the store can be reached and written. Raises what is wrong."""
        ...


def open_store(url: str, *, data_dir: Path) -> FileStore:
    """Return the store of an address: "" is the folder ``files`` in `data_dir`, else ``s3://bucket/prefix?endpoint=…``.

    Raises ParameterError for anything else, and MissingExtraError where boto3 is missing.
    """
    from sambaseg.storage.disk import DiskStore

    if not url:
        return DiskStore(data_dir / "files")
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        from sambaseg.storage.s3 import S3Store

        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = sorted(set(options) - {"endpoint", "region"})
        if not unknown:
            return S3Store(
                parts.netloc,
                prefix=parts.path.strip("/"),
                endpoint=options.get("endpoint"),
                region=options.get("region"),
            )
    raise ParameterError(
        f"The address of the files must be s3://bucket/prefix?endpoint=…&region=… or empty, not {url[:80]!r}.",
        hint="Keys and secrets come from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.",
    )


def check_name(sha256: str) -> str:
    """Return `sha256` where it has the form of a hash. Raises NotFoundError."""
    if HASH_PATTERN.fullmatch(sha256) is None:
        raise missing(sha256)
    return sha256


def missing(sha256: str) -> NotFoundError:
    """Return the error for a file that is not there."""
    return NotFoundError(f"There is no file {sha256[:64]} in the store.")


def damaged(sha256: str) -> DamagedFileError:
    """Return the error for a file whose content changed."""
    return DamagedFileError(
        f"The stored file {sha256} is damaged: its content is not what its name says.", hint="Restore it from a backup."
    )


def key_of(sha256: str) -> str:
    """Return where a file lies in a store: two folders, so that none holds too many."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


@contextlib.contextmanager
def as_stream(source: Source) -> Iterator[IO[bytes]]:
    """Yield a stream of a path, a stream or bytes."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream
    else:
        yield source


def copy_hashed(source: IO[bytes], target: IO[bytes]) -> Stored:
    """Copy a stream to its end, and return what it was."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        target.write(block)
    return Stored(digest.hexdigest(), size)


class CheckedStream(io.RawIOBase):
    """A stream that compares the content with its hash when it was read from the beginning to the end.

    `raw` needs `read(size)` and `close()`. Raises DamagedFileError at the end.
    """

    def __init__(self, raw: IO[bytes], sha256: str) -> None:
        self._raw, self._sha256 = raw, sha256
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer`."""
        view = memoryview(buffer).cast("B")
        block = self._raw.read(len(view))
        if block:
            self._digest.update(block)
            view[: len(block)] = block
        elif self._digest.hexdigest() != self._sha256:
            raise damaged(self._sha256)
        return len(block)

    def close(self) -> None:
        """Let go of the file."""
        if not self.closed:
            self._raw.close()
        super().close()
