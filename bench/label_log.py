"""How long a stroke takes until it is safe on the disk, and how long a project with many strokes takes to open.

usage: python bench/label_log.py [--size 4096] [--strokes 1000] [--folder FOLDER]

A stroke is a brush line of random width (radius 3 to 40 px) and length over a square image; the acknowledgement
includes decoding, planning, COMMIT with synchronous=FULL, and snapshots. Beside it, in the same run, the floor: what
writing 4 KB to a file and fsync take on this disk. A wide stroke (radius 200 px) is timed in memory alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from sambaseg.labels.classes import DEFAULT_CLASSES
from sambaseg.labels.layer import LabelLayer
from sambaseg.labels.runs import TILE_SIDE, TileRuns, encode_runs
from sambaseg.project.labelling import Labelling
from sambaseg.project.log import OperationLog
from sambaseg.project.operations import Operation
from sambaseg.project.tables import ImageRow


def stroke(size: int, y: int, x: int, radius: int, length: int) -> tuple[TileRuns, ...]:
    """Return a horizontal brush line as runs of tiles."""
    top, bottom = max(y - radius, 0), min(y + radius + 1, size)
    left, right = max(x - radius, 0), min(x + length + radius + 1, size)
    tiles = []
    for ty in range(top // TILE_SIDE, (bottom - 1) // TILE_SIDE + 1):
        for tx in range(left // TILE_SIDE, (right - 1) // TILE_SIDE + 1):
            rows, columns = np.ogrid[ty * TILE_SIDE : (ty + 1) * TILE_SIDE, tx * TILE_SIDE : (tx + 1) * TILE_SIDE]
            beyond = np.maximum(np.maximum(x - columns, columns - x - length), 0)
            mask_yx = ((rows - y) ** 2 + beyond**2 <= radius**2) & (rows < size) & (columns < size)
            if mask_yx.any():
                tiles.append(TileRuns(ty, tx, encode_runs(mask_yx)))
    return tuple(tiles)


def percentiles(seconds: list[float]) -> str:
    """Return median and 99th percentile in milliseconds."""
    return f"p50 {1e3 * statistics.median(seconds):6.2f} ms   p99 {1e3 * float(np.quantile(seconds, 0.99)):6.2f} ms"


def time_fsync(folder: Path, rounds: int) -> list[float]:
    """Return the times of writing 4 KB and bringing them to the disk."""
    seconds = []
    with (folder / "floor").open("wb") as file:
        for _ in range(rounds):
            started = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - started)
    return seconds


def time_wide_stroke(size: int) -> list[float]:
    """Return the times of a stroke of 200 px radius in memory."""
    tiles, layer, seconds = stroke(size, size // 2, size // 4, 200, size // 6), LabelLayer((size, size)), []
    for number in range(50):
        started = time.perf_counter()
        layer.commit(layer.plan_paint(tiles, 1 + number % 2, overwrite=True))
        seconds.append(time.perf_counter() - started)
    return seconds


def time_strokes(path: Path, size: int, count: int) -> list[float]:
    """Return the times until strokes are acknowledged."""
    OperationLog.create(path, images=[ImageRow(0, (size, size))], classes=DEFAULT_CLASSES).close()
    labelling, random, seconds = Labelling.open(path), np.random.default_rng(1), []
    for number in range(count):
        place = (
            int(value) for value in (*random.integers(0, size, 2), random.integers(3, 41), random.integers(0, 300))
        )
        operation = Operation(
            client_id="benchmark",
            client_seq=number + 1,
            base_revision=number,
            kind="paint",
            class_id=1 + number % 2,
            overwrite=True,
            tiles=stroke(size, *place),
        )
        started = time.perf_counter()
        labelling.apply(operation)
        seconds.append(time.perf_counter() - started)
    labelling.close()
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096, help="pixels a side")
    parser.add_argument("--strokes", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure (the system's temporary one by default)")
    arguments = parser.parse_args()
    size, count = arguments.size, arguments.strokes
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        path = Path(name) / "log.sqlite"
        print(f"{count} strokes on {size} x {size} px")
        print(f"wide stroke in memory     {percentiles(time_wide_stroke(size))}")
        print(f"write 4 KB and fsync      {percentiles(time_fsync(Path(name), count))}")
        print(f"stroke acknowledged       {percentiles(time_strokes(path, size, count))}")
        started = time.perf_counter()
        Labelling.open(path).close()
        print(f"open and close            {1e3 * (time.perf_counter() - started):6.0f} ms")
        print(f"log                       {path.stat().st_size / count:6.0f} bytes a stroke")


if __name__ == "__main__":
    main()
