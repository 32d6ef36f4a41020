"""Decoding in another process with a memory and a time limit, for files that strangers sent.

The other process is ``python -m sambaseg.images.decode_apart``: it reads a request from standard input, writes the
pixels as ``.npy`` and what it understood as JSON into a temporary folder. On POSIX systems its address space is
limited (RLIMIT_AS); Windows has no such limit, there only the byte budget and the time count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError, DecodingLimitError, SambasegError
from sambaseg.images.apart import described_error, error_of, limit_memory, load_decoders
from sambaseg.images.label_reader import read_labels
from sambaseg.images.micrograph import ImageInfo, Micrograph, ReadLimits
from sambaseg.images.reader import DEFAULT_LIMITS, read_image

DEFAULT_SECONDS = 120.0
DEFAULT_MEMORY_MB = 4096


def read_image_apart(
    path: Path,
    *,
    page: int = 0,
    limits: ReadLimits = DEFAULT_LIMITS,
    seconds: float = DEFAULT_SECONDS,
    memory_mb: int = DEFAULT_MEMORY_MB,
    file_name: str | None = None,
) -> Micrograph:
    """Return what `read_image` returns, decoded in a process of its own.

    `memory_mb` is what decoding may take beyond the interpreter itself. Raises as `read_image` does, and
    DecodingLimitError for a file that takes too long or too much memory, BrokenImageError for one that ends the
    decoder.
    """
    request = {"want": "image", "page": page, "file_name": file_name}
    pixels, answer = _decode_apart(path, request, limits, seconds, memory_mb)
    return Micrograph(pixels, ImageInfo.from_json(answer["info"]))


def read_labels_apart(
    path: Path,
    shape_yx: tuple[int, int],
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    seconds: float = DEFAULT_SECONDS,
    memory_mb: int = DEFAULT_MEMORY_MB,
    largest_id: int = 255,
    file_name: str | None = None,
) -> NDArray[np.int32]:
    """Return what `read_labels` returns, decoded in a process of its own. Raises as it and `read_image_apart` do."""
    request = {"want": "labels", "shape_yx": list(shape_yx), "largest_id": largest_id, "file_name": file_name}
    labels, _ = _decode_apart(path, request, limits, seconds, memory_mb)
    return np.asarray(labels, dtype=np.int32)


def _decode_apart(
    path: Path, request: dict[str, Any], limits: ReadLimits, seconds: float, memory_mb: int
) -> tuple[Any, dict[str, Any]]:
    """Run the other process and return the array and the answer it left."""
    name = request["file_name"] or path.name
    with tempfile.TemporaryDirectory(prefix="sambaseg-decode-") as folder:
        request = {
            **request,
            "path": str(path.absolute()),
            "folder": folder,
            "max_bytes": limits.max_bytes,
            "max_pages": limits.max_pages,
            "max_streamed_bytes": limits.max_streamed_bytes,
            "memory_mb": memory_mb,
        }
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "sambaseg.images.decode_apart"],
                input=json.dumps(request).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DecodingLimitError(
                f"Decoding {name} took longer than {seconds:g} seconds.",
                hint="Save it uncompressed or with deflate, or raise SAMBASEG_DECODE_SECONDS.",
            ) from error
        answer_file = Path(folder, "answer.json")
        if not answer_file.exists():
            raise BrokenImageError(f"{name} made the decoder fail (exit code {ended.returncode}).")
        answer = json.loads(answer_file.read_text(encoding="utf-8"))
        if "error" in answer:
            raise error_of(answer["error"])
        return np.load(Path(folder, "pixels.npy")), answer


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked for; the array goes into the folder. Raises SambasegError."""
    path, folder, name = Path(request["path"]), Path(request["folder"]), request["file_name"]
    limits = ReadLimits(request["max_bytes"], request["max_pages"], request["max_streamed_bytes"])
    if request["want"] == "labels":
        height, width = request["shape_yx"]
        labels = read_labels(path, (height, width), limits=limits, largest_id=request["largest_id"], file_name=name)
        np.save(folder / "pixels.npy", labels)
        return {}
    micrograph = read_image(path, page=request["page"], limits=limits, file_name=name)
    np.save(folder / "pixels.npy", micrograph.array())
    return {"info": micrograph.info.to_json()}


def _main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    load_decoders()
    limit_memory(request["memory_mb"])
    try:
        answer = _answer(request)
    except (SambasegError, MemoryError) as error:
        answer = {"error": described_error(error)}
    Path(request["folder"], "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    _main()
