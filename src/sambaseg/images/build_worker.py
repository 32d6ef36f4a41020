"""The other process that looks at images and builds tile layers: ``python -m sambaseg.images.build_worker``.

It reads requests from standard input, one a line, and says on standard output, a line of JSON each, how far it is. It
takes a further request after one that ended well, and ends when nobody listens any more.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from sambaseg.errors import MissingFileError, ParameterError, SambasegError
from sambaseg.images.apart import described_error, limit_memory, load_decoders
from sambaseg.images.hashing import hash_source
from sambaseg.images.inspection import inspect_image
from sambaseg.images.layer_building import fill_layer
from sambaseg.images.micrograph import ReadLimits
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.reader import open_source
from sambaseg.images.stack import find_images
from sambaseg.images.stored_levels import ShardKey

_MOST_BYTES_LEFT_BEHIND = 64 * 2**20
"""A process that held more pixels at once is not used again: it may keep the memory."""


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


class _Hashes:
    """SHA-256 of the latest file, which may hold many pages; it is known by its size and time."""

    def __init__(self) -> None:
        self._latest: tuple[Path, int, int] | None = None
        self._sha256 = ""

    def of(self, path: Path, name: str | None) -> str:
        """Return the hash of an image's file or folder. Raises MissingFileError."""
        try:
            status = path.stat()
            state = path, status.st_size, status.st_mtime_ns
            if path.is_dir() or state != self._latest:
                self._sha256 = hash_source(path)
                self._latest = state
        except OSError as error:
            raise MissingFileError(f"{name or path.name} cannot be read: {error.strerror or error}.") from error
        return self._sha256


def _answer(request: dict[str, Any], reporter: _Reporter, hashes: _Hashes) -> dict[str, Any]:
    """Do what is asked for. Raises SambasegError and MemoryError."""
    limits = ReadLimits(request["max_bytes"], request["max_pages"], request["max_streamed_bytes"])
    if request["want"] == "layer":
        return _build(request, limits, reporter, hashes)
    if request["want"] == "images":
        found = find_images([Path(path) for path in request["paths"]], limits)
        return {"images": [image.to_json() for image in found], "again": True}
    inspected = inspect_image(
        Path(request["path"]), page=request["page"], limits=limits, file_name=request["file_name"]
    )
    return {"inspected": inspected.to_json(), "again": True}


def _build(request: dict[str, Any], limits: ReadLimits, reporter: _Reporter, hashes: _Hashes) -> dict[str, Any]:
    """Build a layer. Raises SambasegError and MemoryError."""
    path, folder, name = Path(request["path"]), Path(request["folder"]), request["file_name"]
    threads = max(1, int(request["threads"]))
    beside = ThreadPoolExecutor(1)
    try:
        hashed = beside.submit(hashes.of, path, name)
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
        built = {
            "info": info.to_json(),
            "contrast": facts.contrast,
            "value_range": facts.value_range,
            "sha256": hashed.result(),
        }
        return {"built": built, "again": parts is not None or pixels.nbytes <= _MOST_BYTES_LEFT_BEHIND}
    finally:
        beside.shutdown(wait=False)


def _main() -> None:
    reporter, hashes = _Reporter(sys.stdout), _Hashes()
    load_decoders()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        limit_memory(request["memory_mb"])
        try:
            answer = _answer(request, reporter, hashes)
        except (SambasegError, MemoryError) as error:
            answer = {"error": described_error(error), "again": False}
        reporter.say(answer)
        if not answer["again"]:
            return


if __name__ == "__main__":
    try:
        _main()
    except BrokenPipeError:  # nobody listens any more
        os._exit(1)
