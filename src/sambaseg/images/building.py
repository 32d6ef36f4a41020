"""Building the tile layer of an image in another process, where it can be looked at while it grows.

The other process is ``python -m sambaseg.images.building``: it reads a request from standard input, writes the layer,
and says on standard output, a line of JSON each, how far it is. It ends when nobody listens any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Self

from sambaseg.errors import (
    BrokenImageError,
    CancelledError,
    DecodingLimitError,
    MissingFileError,
    ParameterError,
    SambasegError,
)
from sambaseg.images.apart import described_error, error_of, limit_memory, load_decoders
from sambaseg.images.decode_apart import DEFAULT_MEMORY_MB, DEFAULT_SECONDS
from sambaseg.images.hashing import hash_source
from sambaseg.images.inspection import Pairs, pairs_of
from sambaseg.images.layer_building import fill_layer
from sambaseg.images.micrograph import ImageInfo, ReadLimits
from sambaseg.images.pyramid import BLOCK_PX, TILE_PX, TileLayer
from sambaseg.images.reader import DEFAULT_LIMITS, open_source
from sambaseg.images.stored_levels import ShardKey

_SLOWEST_BYTES_PER_SECOND = 10 * 2**20
_TILES_A_SHARD = BLOCK_PX // TILE_PX


@dataclass(frozen=True)
class BuiltImage:
    """What is known of an image once its layer is built; ``contrast`` and ``value_range`` are exact.

    ``sha256`` is that of the source file, see `hash_source`.
    """

    info: ImageInfo
    contrast: Pairs
    value_range: Pairs
    sha256: str

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return what the other process wrote."""
        contrast, value_range = pairs_of(values["contrast"]), pairs_of(values["value_range"])
        return cls(ImageInfo.from_json(values["info"]), contrast or (), value_range or (), values["sha256"])


class PyramidBuild:
    """One layer that is being built in `folder` from one page of an image file. May be used from any thread.

    With `keep_finest` all levels are stored; without it, only the coarser ones, for a file that can be read part by
    part: then the layer is opened with the file's pixels as its finest level. `memory_mb` is what the other process may
    take beyond the interpreter itself; an image that cannot be read by parts needs room for its pixels several times.
    """

    def __init__(
        self,
        path: Path,
        folder: Path,
        *,
        page: int = 0,
        keep_finest: bool = True,
        file_name: str | None = None,
        limits: ReadLimits = DEFAULT_LIMITS,
        seconds: float | None = None,
        memory_mb: int = DEFAULT_MEMORY_MB,
        threads: int = 1,
    ) -> None:
        self.path, self.folder = path, folder
        self._name = file_name or path.name
        self._seconds = seconds
        self._request = {
            "path": str(path.absolute()),
            "folder": str(folder.absolute()),
            "page": page,
            "keep_finest": keep_finest,
            "file_name": file_name,
            "max_bytes": limits.max_bytes,
            "max_pages": limits.max_pages,
            "max_streamed_bytes": limits.max_streamed_bytes,
            "memory_mb": memory_mb,
            "threads": threads,
        }
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._shape_cyx: tuple[int, int, int] | None = None
        self._progress = 0.0
        self._whole_shards: set[ShardKey] = set()
        self._result: BuiltImage | None = None
        self._error: SambasegError | None = None

    def start(self) -> None:
        """Begin, and return at once. Raises ParameterError where it was begun before."""
        with self._changed:
            if self._process is not None or self._error is not None:
                raise ParameterError("This image is being built already.")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sambaseg.images.building"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            process = self._process
        threading.Thread(target=self._follow, args=(process,), name="pyramid", daemon=True).start()

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1."""
        return self._progress

    @property
    def ended(self) -> bool:
        """Whether there is a result, or an error."""
        return self._result is not None or self._error is not None

    @property
    def pid(self) -> int | None:
        """The other process, once there is one: for those who count its memory."""
        return None if self._process is None else self._process.pid

    def wait_for_tile(self, level: int, ty: int, tx: int, seconds: float) -> bool:
        """Return True as soon as a tile is on the disk, and False where it is not within `seconds`.

        Tiles come from top to bottom. Raises the error that ended the building.
        """
        key = level, ty // _TILES_A_SHARD, tx // _TILES_A_SHARD
        with self._changed:
            self._changed.wait_for(lambda: self.ended or self._has(key), timeout=seconds)
            if self._has(key):
                return True
            if self._error is not None:
                raise self._error
            return self._result is not None

    def result(self) -> BuiltImage:
        """Wait for the end and return what is known. Raises the error that ended the building, see `read_image_apart`.

        CancelledError is raised after `cancel`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.ended)
            if self._error is not None:
                raise self._error
            assert self._result is not None
            return self._result

    def cancel(self) -> None:
        """End the building; what was written stays in the folder, to be removed by whoever made it."""
        self._end(CancelledError(f"Opening {self._name} was cancelled."))

    def _has(self, key: ShardKey) -> bool:
        is_source = key[0] == 0 and not self._request["keep_finest"]
        return self._shape_cyx is not None and (is_source or key in self._whole_shards)

    def _end(self, error: SambasegError) -> None:
        with self._changed:
            if self.ended:
                return
            self._error = error
            process = self._process
            self._changed.notify_all()
        if process is not None:
            process.kill()
            process.wait()

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        """Take up what the other process says until it ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdout, contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(json.dumps(self._request).encode() + b"\n")
            process.stdin.flush()
            watch = threading.Timer(self._allowed_seconds(), self._run_out)
            watch.daemon = True
            watch.start()
            for line in process.stdout:
                self._take(json.loads(line))
                if self.ended:
                    process.kill()  # it may still be reading the file, for its hash
                    break
            watch.cancel()
        code = process.wait()
        self._end(BrokenImageError(f"{self._name} made the decoder fail (exit code {code})."))

    def _allowed_seconds(self) -> float:
        if self._seconds is not None:
            return self._seconds
        try:
            size = self.path.stat().st_size
        except OSError:
            size = 0
        return DEFAULT_SECONDS + size / _SLOWEST_BYTES_PER_SECOND

    def _run_out(self) -> None:
        self._end(
            DecodingLimitError(
                f"Reading {self._name} took longer than {self._allowed_seconds():g} seconds.",
                hint="Save it uncompressed or with deflate, or raise SAMBASEG_DECODE_SECONDS.",
            )
        )

    def _take(self, said: dict[str, Any]) -> None:
        with self._changed:
            if self.ended:
                return
            if "shape_cyx" in said:
                channels, height, width = said["shape_cyx"]
                self._shape_cyx = channels, height, width
            if "progress" in said:
                self._progress = float(said["progress"])
            for level, sy, sx in said.get("whole", ()):
                self._whole_shards.add((level, sy, sx))
            if "error" in said:
                self._error = error_of(said["error"])
            if "built" in said:
                self._progress = 1.0
                self._result = BuiltImage.from_json(said["built"])
            self._changed.notify_all()


class _Reporter:
    """Says how far the building is: shards that are on the disk, and the share that is done."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._access = threading.Lock()
        self._whole: list[ShardKey] = []

    def shard_is_whole(self, key: ShardKey) -> None:
        """Remember a shard until the next report."""
        with self._access:
            self._whole.append(key)

    def progress(self, share: float) -> None:
        """Report the share that is done, and the shards since the last report."""
        with self._access:
            whole, self._whole = self._whole, []
        self.say({"progress": share, "whole": whole})

    def say(self, values: dict[str, Any]) -> None:
        """Write one line."""
        self._out.write(json.dumps(values) + "\n")
        self._out.flush()


def _build(request: dict[str, Any], reporter: _Reporter) -> dict[str, Any]:
    """Build what is asked for. Raises SambasegError and MemoryError."""
    path, folder, name = Path(request["path"]), Path(request["folder"]), request["file_name"]
    limits = ReadLimits(request["max_bytes"], request["max_pages"], request["max_streamed_bytes"])
    threads = max(1, int(request["threads"]))
    beside = ThreadPoolExecutor(1)
    try:
        hashed = beside.submit(_hash, path, name)
        with open_source(path, limits, name) as source:
            info = source.info(request["page"])
            parts = source.pixels(request["page"])
            pixels = parts if parts is not None else source.picture(request["page"])
        if parts is None and not request["keep_finest"]:
            raise ParameterError(f"{info.file_name} cannot be read part by part, so that it must be copied.")
        channels, height, width = pixels.shape
        layer = TileLayer.create(
            folder,
            (channels, height, width),
            pixels.dtype,
            finest=None if request["keep_finest"] else parts,
            pixel_size_um=info.pixel_size_um,
            name=info.file_name,
        )
        layer.tell_whole_shards(reporter.shard_is_whole)
        reporter.say({"shape_cyx": [channels, height, width]})
        facts = fill_layer(layer, pixels, threads=threads, progress=reporter.progress)
        layer.flush()
        reporter.progress(1.0)
        info = replace(info, nan_count=facts.nan_count, inf_count=facts.inf_count)
        return {
            "info": info.to_json(),
            "contrast": facts.contrast,
            "value_range": facts.value_range,
            "sha256": hashed.result(),
        }
    finally:
        beside.shutdown(wait=False)


def _hash(path: Path, name: str | None) -> str:
    try:
        return hash_source(path)
    except OSError as error:
        raise MissingFileError(f"{name or path.name} cannot be read: {error.strerror or error}.") from error


def _main() -> None:
    request = json.loads(sys.stdin.buffer.readline())
    reporter = _Reporter(sys.stdout)
    load_decoders()
    limit_memory(request["memory_mb"])
    try:
        reporter.say({"built": _build(request, reporter)})
    except BrokenPipeError:  # nobody listens any more
        os._exit(1)
    except (SambasegError, MemoryError) as error:
        reporter.say({"error": described_error(error)})


if __name__ == "__main__":
    _main()
