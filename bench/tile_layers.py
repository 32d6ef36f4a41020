"""How long the tile layer of a large image takes to build, in how much memory; a shard and a tile beside zarr-python.

usage: python bench/tile_layers.py [--size 16384] [--image FILE] [--rounds 3] [--threads 2]

The image is that of `make_large.py`, 8-bit, in deflate tiles, and raw in strips. Each is built twice: with its finest
level copied, and with the file linked. CPU time (all threads, the other process included) says more on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
import zarr

from make_large import write_micrograph
from sambaseg.images.build_workers import end_idle_workers
from sambaseg.images.building import PyramidBuild
from sambaseg.images.pyramid import TileLayer
from sambaseg.images.region_source import open_pixels


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=16_384)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-layers-") as name:
        folder = Path(name)
        tiled = options.image or folder / "tiled.tif"
        if options.image is None:
            write_micrograph(tiled, (options.size, options.size), threads=options.threads)
        raw = folder / "raw.tif"
        pixels = open_pixels(tiled)
        assert pixels is not None
        tifffile.imwrite(raw, pixels.load()[0], rowsperstrip=64, bigtiff=True)
        print(f"{options.threads} threads, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for path, kind in ((tiled, "deflate in tiles"), (raw, "raw in strips")):
            for keep in (False, True):
                rounds = [_build(path, folder / "layer", keep, options.threads) for _ in range(options.rounds)]
                seconds, cpu, peak = (min(values) for values in zip(*rounds, strict=True))
                what = "copied" if keep else "linked"
                print(f"build, {kind}, {what}: {seconds:.2f} s, {cpu:.2f} s of CPU, peak {peak:.0f} MB")
        _one_slice(folder)
        _beside_zarr(pixels[:, :4096, :4096], folder)


def _build(path: Path, folder: Path, keep: bool, threads: int) -> tuple[float, float, float]:
    """Return seconds, seconds of CPU and the peak of memory in MB of one build."""
    shutil.rmtree(folder, ignore_errors=True)
    peak = 0.0
    before, started = os.times(), time.perf_counter()
    build = PyramidBuild(path, folder, keep_finest=keep, threads=threads)
    build.start()

    def watch() -> None:
        nonlocal peak
        while not build.ended:
            peak = max(peak, _peak_mb(build.pid))
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    build.result()
    seconds = time.perf_counter() - started
    watcher.join()
    end_idle_workers()  # whose CPU time is counted once they were waited for
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, cpu, peak


def _one_slice(folder: Path) -> None:
    """Print how long slices of a stack take, by a process that starts and by one that was kept."""
    stack = folder / "stack.tif"
    tifffile.imwrite(stack, np.random.default_rng(0).integers(0, 255, (8, 1024, 1024), np.uint8), compression="zlib")
    seconds = []
    for page in range(8):
        started = time.perf_counter()
        build = PyramidBuild(stack, folder / f"slice {page}", page=page)
        build.start()
        build.result()
        seconds.append(time.perf_counter() - started)
    end_idle_workers()
    print(f"build a slice of 1024²: {seconds[0] * 1000:.0f} ms, after the first {min(seconds[1:]) * 1000:.0f} ms")


def _peak_mb(pid: int | None) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def _beside_zarr(image_cyx: np.ndarray, folder: Path) -> None:
    """Print CPU time for a shard written and a tile read, by this program and by zarr-python."""
    layer = TileLayer.create(folder / "ours", image_cyx.shape, image_cyx.dtype, finest=None)
    layer.write_array(image_cyx)
    chunks, shards = (1, 256, 256), (1, 1024, 1024)
    codec = zarr.codecs.ZstdCodec(level=1)
    options = {"shape": image_cyx.shape, "dtype": image_cyx.dtype, "chunks": chunks, "shards": shards}
    array = zarr.create_array(folder / "theirs", compressors=codec, **options)
    blocks = [(y, x) for y in range(0, image_cyx.shape[1], 1024) for x in range(0, image_cyx.shape[2], 1024)]
    tiles = [(y, x) for y in range(0, image_cyx.shape[1], 256) for x in range(0, image_cyx.shape[2], 256)]

    def cut(source: object, at: tuple[int, int], side: int) -> np.ndarray:
        return source[:, at[0] : at[0] + side, at[1] : at[1] + side]  # type: ignore[index]

    def write_ours(at: tuple[int, int]) -> None:
        sources = at[0] // 256, at[0] // 256 + 4, at[1] // 256, at[1] // 256 + 4
        with layer._stored.changing(sources):
            layer._stored.write(0, *at, cut(image_cyx, at, 1024), sources)

    def write_theirs(at: tuple[int, int]) -> None:
        array[:, at[0] : at[0] + 1024, at[1] : at[1] + 1024] = cut(image_cyx, at, 1024)

    print(f"write a shard: ours {_each_ms(write_ours, blocks):.1f} ms, zarr {_each_ms(write_theirs, blocks):.1f} ms")
    ours = _each_ms(lambda at: layer.read_tile(0, at[0] // 256, at[1] // 256), tiles)
    theirs = _each_ms(lambda at: cut(array, at, 256), tiles)
    print(f"read a tile: ours {ours:.2f} ms, zarr {theirs:.2f} ms (CPU)")
    size = sum(path.stat().st_size for path in (folder / "ours").rglob("*") if path.is_file())
    raw = sum(np.prod(layer.level_shape(level)) for level in range(layer.levels)) * image_cyx.dtype.itemsize
    print(f"on disk: {size / 1e6:.1f} MB for {raw / 1e6:.1f} MB of levels")


def _each_ms(do: Callable[[tuple[int, int]], object], places: list[tuple[int, int]]) -> float:
    """Return the milliseconds of CPU for each place, the better of two passes."""
    passes = []
    for _ in range(2):
        started = time.process_time()
        for at in places:
            do(at)
        passes.append((time.process_time() - started) / len(places) * 1000)
    return min(passes)


if __name__ == "__main__":
    main()
