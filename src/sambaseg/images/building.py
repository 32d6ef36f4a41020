"""Building the tile layer of an image in another process, where it can be looked at while it grows.

The other process is `build_worker`; one that has done its work is kept for a while, so that going through the images of
a stack does not wait for programs to start.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sambaseg.errors import BrokenImageError, CancelledError, DecodingLimitError, ParameterError, SambasegError
from sambaseg.images.apart import error_of
from sambaseg.images.build_workers import end_worker, give_worker, take_worker
from sambaseg.images.decode_apart import DEFAULT_MEMORY_MB, DEFAULT_SECONDS
from sambaseg.images.inspection import Pairs, pairs_of
from sambaseg.images.micrograph import ImageInfo, ReadLimits
from sambaseg.images.pyramid import BLOCK_PX, TILE_PX
from sambaseg.images.reader import DEFAULT_LIMITS
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
            "want": "layer",
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
            process = self._process = take_worker()
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

    def _follow(self, process: subprocess.Popen[bytes]) -> None:
        """Take up what the other process says until it ends, or is free again."""
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(self._allowed_seconds(), self._run_out)
        watch.daemon = True
        watch.start()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(self._request).encode() + b"\n")
            process.stdin.flush()
        for line in process.stdout:
            said = json.loads(line)
            with self._changed:  # a process that was cancelled meanwhile is not given to others
                if said.get("again") and not self.ended:
                    give_worker(process)
                self._take(said)
            if self.ended:
                break
        watch.cancel()
        if self._result is None:
            code = end_worker(process)
            self._end(BrokenImageError(f"{self._name} made the decoder fail (exit code {code})."))
        elif not said["again"]:
            end_worker(process)

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
