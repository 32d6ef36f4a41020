"""Uploads in pieces that survive lost connections and a restart of the server.

An upload is a folder with two files: `ID.part`, the bytes so far, and `pieces`, a line for the file and one for each
piece with its length and SHA-256. A piece is checked in memory before it is written, and noted after that; after a
restart only what its notes prove is taken up, so that a crash between the two costs one piece and never adds a byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request

from sambaseg.accounts.actors import LOCAL
from sambaseg.durable import sync_folder
from sambaseg.errors import (
    BrokenUploadError,
    NotFoundError,
    ParameterError,
    StorageError,
    UploadOffsetError,
    UploadTooLargeError,
)
from sambaseg.server.body_limit import lift_body_limit
from sambaseg.server.intake_schemas import Upload

LARGEST_PIECE = 8 * 2**20
PIECES_AT_ONCE = 8
"""In memory; more wait, so that many senders take no more than this."""
LEFT_OVER_SECONDS = 86_400
SPARE_BYTES = 64_000_000
"""Room on the disk that an upload must leave for the projects' logs."""
_PIECES = "pieces"
_ID = re.compile(r"[0-9a-f]{32}")
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class ReceivedFile:
    """A complete upload: where its bytes lie, what the person calls it, and its SHA-256."""

    path: Path
    file_name: str
    sha256: str


class Uploads:
    """All uploads in pieces under one folder. All methods may be called from any thread."""

    def __init__(self, folder: Path, *, max_mb: int) -> None:
        self._folder = folder
        self._max_mb = max_mb
        self._access = threading.Lock()
        self._open: dict[str, _PiecewiseFile] = {}
        self._room = CapacityLimiter(PIECES_AT_ONCE)

    def begin(self, file_name: str, size: int, *, owner: str = LOCAL.key) -> Upload:
        """Begin an upload of `size` bytes, which is `owner`'s.

        Raises UploadTooLargeError and, where the disk has no room, StorageError.
        """
        if size > self._max_mb * 1_000_000:
            raise UploadTooLargeError(
                f"{shown(file_name)} has {size / 1e6:,.0f} MB; at most {self._max_mb:,} MB are taken.",
                hint="Open it by its path instead, or start sambaseg with a larger SAMBASEG_MAX_UPLOAD_MB.",
            )
        self.remove_left_overs()
        self._folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        if size + SPARE_BYTES > free:
            raise StorageError(
                f"{shown(file_name)} has {size / 1e6:,.0f} MB, but the disk has room for {free / 1e6:,.0f} MB.",
                hint="Make room, or open the file by its path instead.",
            )
        upload_id = secrets.token_hex(16)
        made = _PiecewiseFile.create(self._folder / upload_id, file_name, size, owner=owner)
        with self._access:
            self._open[upload_id] = made
        return made.state()

    def check_owner(self, upload_id: str, owner: str) -> None:
        """Raise NotFoundError, as if it were not there, for an upload that is somebody else's."""
        if self._find(upload_id).owner != owner:
            raise _no_upload()

    def bytes_of(self, owner: str) -> int:
        """Return what the uploads of `owner` take and will take, in bytes."""
        total = 0
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                with (folder / _PIECES).open("rb") as notes:
                    values = json.loads(notes.readline())
                total += int(values["size"]) if values.get("owner", LOCAL.key) == owner else 0
        return total

    def remove_all_of(self, owner: str) -> None:
        """Give up all uploads of `owner` that are not in use."""
        for folder in list(self._folder.iterdir()) if self._folder.is_dir() else ():
            with contextlib.suppress(NotFoundError, UploadOffsetError):
                if self._find(folder.name).owner == owner:
                    self.remove(folder.name)

    def state(self, upload_id: str) -> Upload:
        """Return how much of an upload is here. Raises NotFoundError."""
        return self._find(upload_id).state()

    async def append(self, upload_id: str, offset: int, sha256: str, request: Request) -> Upload:
        """Append the body of `request`, whose SHA-256 is given, at `offset`; return the state once it is written.

        Raises NotFoundError, UploadOffsetError, UploadTooLargeError, BrokenUploadError and StorageError; then nothing
        was added.
        """
        lift_body_limit(request.scope)
        upload = await to_thread.run_sync(self._find, upload_id)
        async with self._room:  # a piece that is refused is read too: a browser hears nothing while it still sends
            piece = await _read_piece(request)
            return await to_thread.run_sync(upload.append, offset, piece, sha256.lower())

    def remove(self, upload_id: str) -> None:
        """Give an upload up. Raises NotFoundError, and UploadOffsetError while a project is made of it."""
        upload = self._find(upload_id)
        upload.close()
        with self._access:
            self._open.pop(upload_id, None)
        shutil.rmtree(upload.folder, ignore_errors=True)

    @contextlib.contextmanager
    def used(self, upload_ids: Sequence[str]) -> Iterator[list[ReceivedFile]]:
        """Give complete uploads to be made into a project; they are removed when the context ends without an error.

        Raises NotFoundError, ParameterError for one that is named twice, and UploadOffsetError for one that is not
        complete or in use.
        """
        if len(set(upload_ids)) < len(upload_ids):
            raise ParameterError("An upload is named twice.", hint="Name each once.")
        taken: list[_PiecewiseFile] = []
        try:
            files = []
            for upload_id in upload_ids:
                upload = self._find(upload_id)
                files.append(upload.take())
                taken.append(upload)
            yield files
        except BaseException:
            for upload in taken:
                upload.give_back()
            raise
        for upload_id, upload in zip(upload_ids, taken, strict=True):
            with self._access:
                self._open.pop(upload_id, None)
            shutil.rmtree(upload.folder, ignore_errors=True)

    def remove_left_overs(self) -> None:
        """Remove uploads to which nothing was added for a day."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - _last_change(folder) > LEFT_OVER_SECONDS:
                    with self._access:
                        known = self._open.get(folder.name)
                        if known is not None and not known.close_if_idle():
                            continue
                        self._open.pop(folder.name, None)
                    shutil.rmtree(folder, ignore_errors=True)

    def _find(self, upload_id: str) -> _PiecewiseFile:
        with self._access:
            known = self._open.get(upload_id)
            if known is None:
                known = self._reopen(upload_id)
                self._open[upload_id] = known
        known.load()  # outside of the lock: it may read gigabytes
        return known

    def _reopen(self, upload_id: str) -> _PiecewiseFile:
        folder = self._folder / upload_id
        if not _ID.fullmatch(upload_id) or not (folder / _PIECES).is_file():
            raise _no_upload()
        return _PiecewiseFile(folder)


class _PiecewiseFile:
    """One file that comes in pieces. All methods may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self.owner = ""
        self._file_name = ""
        self._received = 0
        self._hash = hashlib.sha256()
        self._loaded = False
        self._taken = False
        self._closed = False
        self._access = threading.Lock()

    @classmethod
    def create(cls, folder: Path, file_name: str, size: int, *, owner: str) -> _PiecewiseFile:
        """Make the folder of a new upload. Raises OSError."""
        folder.mkdir()
        content_of(folder).touch()
        heading = json.dumps({"file_name": file_name, "size": size, "owner": owner})
        (folder / _PIECES).write_text(heading + "\n", encoding="utf-8")
        made = cls(folder)
        made.load()
        return made

    def load(self) -> None:
        """Read what is here, once. Raises NotFoundError where it is none of ours."""
        with self._access:
            if not self._loaded:
                self._take_up()
                self._loaded = True

    def state(self) -> Upload:
        """Return what is known of the upload."""
        with self._access:
            return self._state()

    def append(self, offset: int, piece: bytearray, sha256: str) -> Upload:
        """Add a piece; see `Uploads.append`."""
        is_whole = hashlib.sha256(piece).hexdigest() == sha256
        with self._access:
            if self._closed:
                raise NotFoundError("This upload was given up.", hint="Send the file anew.")
            self._check(offset, len(piece))
            if not is_whole:
                raise BrokenUploadError(
                    f"The piece of {len(piece):,} bytes came out changed: its SHA-256 is another one.",
                    hint="Send it again.",
                )
            try:
                self._write(piece, sha256)
            except OSError as error:
                self._cut()
                raise StorageError(
                    f"The piece could not be saved: {error.strerror}.", hint="Make room, then go on; nothing was lost."
                ) from error
            self._hash.update(piece)
            self._received += len(piece)
            return self._state()

    def take(self) -> ReceivedFile:
        """Return the complete file, for one user at a time. Raises UploadOffsetError."""
        with self._access:
            name = shown(self._file_name)
            if self._received != self.size:
                raise UploadOffsetError(
                    f"{self._received:,} of {self.size:,} bytes of {name} are here.", hint="Send the rest first."
                )
            if self._taken or self._closed:
                raise UploadOffsetError(f"{name} is being made into a project already.", hint="Wait for that to end.")
            self._taken = True
            return ReceivedFile(content_of(self.folder), self._file_name, self._hash.hexdigest())

    def give_back(self) -> None:
        """Let others use the file again."""
        with self._access:
            self._taken = False

    def close(self) -> None:
        """Take no more pieces. Raises UploadOffsetError while the file is used."""
        if not self.close_if_idle():
            raise UploadOffsetError("A project is being made of this upload.", hint="Wait for that to end.")

    def close_if_idle(self) -> bool:
        """Take no more pieces unless the file is used; return whether that is so now."""
        with self._access:
            self._closed = not self._taken
            return self._closed

    def _check(self, offset: int, length: int) -> None:
        """Raise UploadOffsetError, UploadTooLargeError or BrokenUploadError unless such a piece comes next."""
        if offset != self._received:
            raise UploadOffsetError(
                f"{self._received:,} of {self.size:,} bytes are here (offset {self._received}), "
                f"but the piece begins at {offset}.",
                hint="Ask for the upload, and go on from what was received.",
            )
        if length > self.size - offset:
            raise UploadTooLargeError(
                f"A piece ends with the file: at most {self.size - offset:,} bytes follow, not {length:,}.",
                hint="Begin the upload anew where its size was wrong.",
            )
        if not length:
            raise BrokenUploadError("The piece is empty: it has 0 bytes.", hint="Send the next bytes of the file.")

    def _state(self) -> Upload:
        return Upload(
            id=self.folder.name,
            file_name=self._file_name,
            size=self.size,
            received=self._received,
            sha256=self._hash.hexdigest() if self._received == self.size else None,
        )

    def _write(self, piece: bytearray, sha256: str) -> None:
        last = self._received + len(piece) == self.size
        with content_of(self.folder).open("r+b") as content:
            content.seek(self._received)
            content.write(piece)
            content.flush()
            if last:
                os.fsync(content.fileno())
        with (self.folder / _PIECES).open("a", encoding="ascii") as pieces:
            pieces.write(f"{len(piece)} {sha256}\n")
            pieces.flush()
            if last:
                os.fsync(pieces.fileno())
        if last:
            sync_folder(self.folder)
            sync_folder(self.folder.parent)

    def _cut(self) -> None:
        """Take back what was written of a piece that could not be stored as a whole."""
        with contextlib.suppress(OSError):
            os.truncate(content_of(self.folder), self._received)
        self._loaded = False
        with contextlib.suppress(OSError, NotFoundError):
            self._take_up()
            self._loaded = True

    def _take_up(self) -> None:
        """Take up as many pieces as the notes prove, and cut off the rest."""
        try:
            heading, *notes = (self.folder / _PIECES).read_bytes().split(b"\n")[:-1]  # a cut off line proves nothing
            values = json.loads(heading)
            self._file_name, self.size = str(values["file_name"]), int(values["size"])
            self.owner = str(values.get("owner", LOCAL.key))
            self._received, self._hash = 0, hashlib.sha256()
            proven_bytes = len(heading) + 1
            with content_of(self.folder).open("rb") as content:
                for note in notes:
                    length, _, sha256 = note.decode("ascii", errors="replace").partition(" ")
                    whole = self._hash.copy()
                    if not length.isdecimal() or _hash_next(content, int(length), whole) != sha256:
                        break
                    self._received, self._hash = self._received + int(length), whole
                    proven_bytes += len(note) + 1
            os.truncate(content_of(self.folder), self._received)
            os.truncate(self.folder / _PIECES, proven_bytes)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotFoundError("There is no such upload any more.", hint="Send the file anew.") from error


def _no_upload() -> NotFoundError:
    return NotFoundError(
        "There is no such upload.", hint="It was used, given up, or left alone for a day; send the file anew."
    )


async def _read_piece(request: Request) -> bytearray:
    """Return the body of a request. Raises UploadTooLargeError and BrokenUploadError."""
    too_large = UploadTooLargeError(f"A piece has at most {LARGEST_PIECE:,} bytes.", hint="Send smaller pieces.")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST_PIECE:
        raise too_large
    piece = bytearray()
    try:
        async for part in request.stream():
            if len(piece) + len(part) > LARGEST_PIECE:
                raise too_large
            piece += part
    except ClientDisconnect:
        raise BrokenUploadError("The piece was broken off.", hint="Go on from what was received.") from None
    return piece


def _hash_next(content: BinaryIO, length: int, whole: hashlib._Hash) -> str:
    """Return the SHA-256 of the next bytes of a file, which go into `whole` too; "" where there are fewer."""
    own, left = hashlib.sha256(), length
    while left:
        part = content.read(min(left, _READ_BYTES))
        if not part:
            return ""
        own.update(part)
        whole.update(part)
        left -= len(part)
    return own.hexdigest()


def _last_change(folder: Path) -> float:
    """Return when something was last added to an upload, in seconds since 1970."""
    return max(path.stat().st_mtime for path in (folder, content_of(folder), folder / _PIECES) if path.exists())


def content_of(folder: Path) -> Path:
    """Return the file with the bytes of the upload in `folder`; its name stands in for the person's in messages."""
    return folder / f"{folder.name}.part"


def shown(file_name: str) -> str:
    """Return a file's name as far as it fits into a sentence."""
    return file_name if len(file_name) <= 120 else f"…{file_name[-119:]}"
