"""Write a synthetic but realistic micrograph of any size, or a stack of slices, band by band.

    python bench/make_large.py OUT.tif [--height 16384] [--width 16384] [--slices 1] [--seed 0] [--compression deflate]

Polycrystalline matrix (Voronoi grains, each with its own grey, with fine lamellae in its own direction), bright
precipitates of two sizes of ellipses, dark grain boundaries, uneven light, and noise that is correlated over a pixel.
8-bit, in tiles of 256 px, with a pixel size of 20 nm. From slice to slice grains move a little and precipitates grow,
shrink and vanish. What is written is the same for the same size and seed, whatever the number of threads, and only a
few bands are in memory at once. `phases` tells which phase a pixel belongs to: 1 matrix, 2 precipitate, 3 boundary.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

BAND = 256
GRAIN_PX = 210
PRECIPITATE_PX = 34
BOUNDARY_PX = 2.2
PIXEL_SIZE_UM = 0.02
NOISE = 8.0
AHEAD = 3
"""Bands in memory at once."""


@njit(nogil=True)
def _unit(seed: int, row: int, column: int, use: int) -> float:
    """Return a number of 0 to 1 that belongs to one cell of a grid and one use of it."""
    x = np.uint32(seed * 374761393 + row * 668265263 + column * 2246822519 + use * 3266489917)
    x = np.uint32((x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D))
    x = np.uint32((x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16))) / 4294967296.0


@njit(nogil=True)
def _cells(first: int, rows: int, first_column: int, columns: int, side: int, z: int, seed: int):
    """Return what grows in the cells of a grid: (rows, columns, 6): y, x, four numbers of 0 to 1."""
    cells = np.empty((rows, columns, 6), np.float64)
    for r in range(rows):
        for c in range(columns):
            row, column = first + r, first_column + c
            turn = 6.2831853 * _unit(seed, row, column, 2)
            drift = 0.14 * np.sin(0.06 * z + turn)
            cells[r, c, 0] = (row + 0.15 + 0.7 * _unit(seed, row, column, 0) + drift) * side
            cells[r, c, 1] = (column + 0.15 + 0.7 * _unit(seed, row, column, 1) - drift) * side
            for use in range(4):
                cells[r, c, 2 + use] = _unit(seed, row, column, 3 + use)
    return cells


@njit(nogil=True)
def _paint(grey_yx, phases_yx, top: int, left: int, z: int, seed: int) -> None:
    """Write grey values without noise and phases of a rectangle whose first pixel is (top, left)."""
    height, width = grey_yx.shape
    first, first_column = top // GRAIN_PX - 1, left // GRAIN_PX - 1
    grains = _cells(first, height // GRAIN_PX + 4, first_column, width // GRAIN_PX + 4, GRAIN_PX, z, seed)
    small, small_column = top // PRECIPITATE_PX - 1, left // PRECIPITATE_PX - 1
    rows, columns = height // PRECIPITATE_PX + 4, width // PRECIPITATE_PX + 4
    spots = _cells(small, rows, small_column, columns, PRECIPITATE_PX, z, seed + 1)
    for i in range(height):
        y = top + i
        grain_row, spot_row = y // GRAIN_PX - first, y // PRECIPITATE_PX - small
        for j in range(width):
            x = left + j
            grain_column, spot_column = x // GRAIN_PX - first_column, x // PRECIPITATE_PX - small_column
            nearest = second = 1e18
            own_row = own_column = 0
            for r in range(grain_row - 1, grain_row + 2):
                for c in range(grain_column - 1, grain_column + 2):
                    away = (grains[r, c, 0] - y) ** 2 + (grains[r, c, 1] - x) ** 2
                    if away < nearest:
                        second, nearest, own_row, own_column = nearest, away, r, c
                    elif away < second:
                        second = away
            grain = grains[own_row, own_column]
            edge = 0.5 * (np.sqrt(second) - np.sqrt(nearest))
            cosine, sine = np.cos(3.14159265 * grain[3]), np.sin(3.14159265 * grain[3])
            along = cosine * y + sine * x
            grey = 84.0 + 30.0 * grain[2] + 7.0 * np.sin(along / (2.2 + 1.6 * grain[4]))
            inside = 0.0
            for r in range(spot_row - 1, spot_row + 2):
                for c in range(spot_column - 1, spot_column + 2):
                    spot = spots[r, c]
                    fresh = np.cos(0.09 * z + 6.2831853 * spot[4]) + 0.55
                    if fresh <= 0.0:
                        continue
                    radius = (4.0 + 9.0 * spot[2] * spot[2]) * np.sqrt(min(1.0, fresh))
                    dy, dx = y - spot[0], x - spot[1]
                    if dy * dy + dx * dx > (radius + 1.0) ** 2:
                        continue
                    u, v = cosine * dy + sine * dx, (cosine * dx - sine * dy) * (1.0 + 0.5 * spot[3])
                    depth = radius - np.sqrt(u * u + v * v)
                    inside = max(inside, min(1.0, max(0.0, depth / 1.6 + 0.5)))
            grey += inside * (172.0 - grey)
            phase = 2 if inside > 0.5 else 1
            if edge < BOUNDARY_PX + 0.8:
                dark = min(1.0, max(0.0, (BOUNDARY_PX - edge) / 1.6 + 0.5))
                grey += dark * (38.0 - grey)
                if dark > 0.5:
                    phase = 3
            light = 1.0 + 0.06 * np.sin(y / 2300.0 + 0.4) * np.cos(x / 3100.0)
            grey_yx[i, j] = grey * light
            phases_yx[i, j] = phase


def phases(top: int, left: int, bottom: int, right: int, *, z: int = 0, seed: int = 0) -> NDArray[np.uint8]:
    """Return the phase of each pixel of a rectangle of the micrograph: 1 matrix, 2 precipitate, 3 boundary."""
    phases_yx = np.empty((bottom - top, right - left), np.uint8)
    _paint(np.empty(phases_yx.shape, np.float32), phases_yx, top, left, z, seed)
    return phases_yx


def paint_band(top: int, rows: int, width: int, *, z: int = 0, seed: int = 0) -> NDArray[np.uint8]:
    """Return the pixels of some rows of the micrograph; the same only where the band begins at the same row."""
    grey_yx = np.empty((rows, width), np.float32)
    _paint(grey_yx, np.empty(grey_yx.shape, np.uint8), top, 0, z, seed)
    noise_yx = np.random.default_rng([seed, z, top]).standard_normal(grey_yx.shape, np.float32)
    for axis in (0, 1):
        noise_yx += 0.6 * np.roll(noise_yx, 1, axis)
    grey_yx += noise_yx * np.float32(NOISE / 1.36)
    return np.clip(grey_yx.round(), 0, 255).astype(np.uint8)


def _bands(shape_yx: tuple[int, int], slices: int, seed: int, threads: int) -> Iterator[NDArray[np.uint8]]:
    """Yield all bands of all slices in order, a few painted ahead."""
    height, width = shape_yx
    places = [(z, top) for z in range(slices) for top in range(0, height, BAND)]
    waiting: deque[Future[NDArray[np.uint8]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for z, top in places:
            waiting.append(pool.submit(paint_band, top, min(BAND, height - top), width, z=z, seed=seed))
            if len(waiting) >= max(AHEAD, threads):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _tiles(bands: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """Cut bands into the tiles of a TIFF, whose last row and column are filled up."""
    for band in bands:
        width = band.shape[1]
        whole = np.pad(band, [(0, BAND - band.shape[0]), (0, -width % BAND)], mode="edge")
        for left in range(0, width, BAND):
            yield np.ascontiguousarray(whole[:, left : left + BAND])


def write_micrograph(
    path: Path,
    shape_yx: tuple[int, int],
    *,
    slices: int = 1,
    seed: int = 0,
    compression: str = "deflate",
    threads: int = 2,
) -> None:
    """Write a micrograph, or a stack of `slices` pages, as a tiled TIFF (BigTIFF where it may need more than 4 GB)."""
    import tifffile

    shape = shape_yx if slices == 1 else (slices, *shape_yx)
    big = slices * shape_yx[0] * shape_yx[1] > 2**32 - 2**27
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        file.write(
            _tiles(_bands(shape_yx, slices, seed, threads)),
            shape=shape,
            dtype=np.uint8,
            tile=(BAND, BAND),
            photometric="minisblack",
            compression="zlib" if compression == "deflate" else None,
            compressionargs={"level": 1} if compression == "deflate" else None,
            maxworkers=threads,
            resolution=(1e4 / PIXEL_SIZE_UM, 1e4 / PIXEL_SIZE_UM),
            resolutionunit="CENTIMETER",
            metadata=None,
        )


def main() -> None:
    """Read the arguments, write the file, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--height", type=int, default=16_384)
    parser.add_argument("--width", type=int, default=16_384)
    parser.add_argument("--slices", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compression", choices=["deflate", "none"], default="deflate")
    chosen = parser.parse_args()
    began = time.perf_counter()
    write_micrograph(
        chosen.out,
        (chosen.height, chosen.width),
        slices=chosen.slices,
        seed=chosen.seed,
        compression=chosen.compression,
        threads=chosen.threads,
    )
    seconds, size_mb = time.perf_counter() - began, chosen.out.stat().st_size / 1e6
    print(f"{chosen.slices} x {chosen.height} x {chosen.width}: {size_mb:.0f} MB in {seconds:.1f} s")


if __name__ == "__main__":
    main()
