"""How much memory `sambaseg segment` needs for a large image: the peak of the whole process.

usage: python bench/memory.py [--size 4096] [--threads N] [--json FILE]

The image is 8-bit grey, the labels a few strokes, the recipe the default one (56 planes), and uncertainty is saved too.
The command runs in a process of its own, as a person would run it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from features import micrograph


def write_inputs(folder: Path, size: int) -> tuple[Path, Path]:
    """Write an image and labels of three phases, and return their paths."""
    import tifffile

    pixels_yx = np.round(micrograph(size) * 255).astype(np.uint8)
    labels_yx = np.zeros_like(pixels_yx)
    low, high = np.quantile(pixels_yx, [0.3, 0.7])
    for top, left in np.random.default_rng(0).integers(0, size - 40, (12, 2)):
        stroke = np.s_[top : top + 12, left : left + 40]
        labels_yx[stroke] = 1 + (pixels_yx[stroke] > low) + (pixels_yx[stroke] > high)
    paths = folder / "image.tif", folder / "labels.tif"
    for path, array in zip(paths, (pixels_yx, labels_yx), strict=True):
        tifffile.imwrite(path, array)
    return paths


def peak_megabytes(command: list[str]) -> tuple[float, float]:
    """Run a command; return its peak resident memory in MB and the seconds it took."""
    start, peak = time.perf_counter(), 0
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            break
        time.sleep(0.002)
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return peak / 1e6, time.perf_counter() - start


def measure(size: int, threads: int) -> tuple[float, float]:
    """Return the peak in MB and the seconds of segmenting an image of `size` pixels a side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image, labels = write_inputs(folder, size)
        command = [sys.executable, "-m", "sambaseg", "segment", str(image), "--labels", str(labels)]
        command += ["--out", str(folder / "out.tif"), "--uncertainty", str(folder / "uncertainty.tif")]
        return peak_megabytes([*command, "--threads", str(threads)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096, help="pixels a side (default 4096)")
    parser.add_argument("--threads", type=int, default=2, help="threads (default 2)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    measure(256, args.threads)  # compiles the kernels, where that was not done before
    peak_mb, seconds = measure(args.size, args.threads)
    print(
        f"sambaseg segment, {args.size} x {args.size}, {args.threads} threads: peak {peak_mb:.0f} MB, {seconds:.1f} s"
    )
    if args.json:
        args.json.write_text(json.dumps({"size": args.size, "peak_mb": peak_mb, "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main()
