"""How long the feature stack takes, beside scikit-image and NumPy computing the same planes in the same run.

usage: python bench/features.py [--recipe samba] [--size 1024] [--rounds 7] [--threads N] [--families] [--json FILE]

Both sides compute the 42 planes of SAMBA's recipe, or those of another preset of the same families, in float32 from the
same micrograph (mirrored to size; a synthetic one where the shared data are not there). The reference blurs with
`skimage.filters.gaussian`, takes `skimage.filters.sobel` and NumPy's gradients, and writes every plane into one array
that was allocated before, as ours does. Rounds alternate and the median counts; CPU time (of all threads) says more on
a busy machine. Memory is what a process of its own peaks at above the image.

`--families` prints what one core needs for each family of a grey image, beside what `sambaseg.features.cost` states.
`bench/features_all.py` compares all families with scikit-image.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import queue
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

SHARED_IMAGE = Path(__file__).parents[2] / "shared/data/nasa_superalloy/images/45kx_SE_15kV-etched_0.tif"
PLANES_A_SCALE = 7
FIRST_CALL_ROWS = 64


def micrograph(size: int) -> np.ndarray:
    """Return a float32 image (size, size) of 0 to 1."""
    if SHARED_IMAGE.exists():
        import tifffile

        pixels = tifffile.imread(SHARED_IMAGE)
        pixels = (pixels if pixels.ndim == 2 else pixels[..., :3].mean(-1)).astype(np.float32)
        pixels /= max(1.0, float(pixels.max()))
    else:
        y, x = np.mgrid[:512, :512]
        pixels = 0.5 + 0.3 * np.sin(y / 11) * np.cos(x / 17) + np.random.default_rng(0).normal(0, 0.05, y.shape)
    missing = [(0, max(0, size - side)) for side in pixels.shape]
    return np.ascontiguousarray(np.pad(pixels, missing, mode="symmetric")[:size, :size], dtype=np.float32)


def planes_of(preset: str) -> int:
    """Return how many planes a preset has that consists of image, Gaussian, Sobel and Hessian."""
    from sambaseg.features.recipe import PRESETS

    return PLANES_A_SCALE * (1 + len(PRESETS[preset].scales_px))


def reference_stack(image_yx: np.ndarray, out_fyx: np.ndarray, preset: str) -> None:
    """Write the planes as scikit-image and NumPy compute them, scale by scale."""
    from skimage import filters

    from sambaseg.features.recipe import PRESETS

    plane = iter(out_fyx)
    for sigma in (0, *PRESETS[preset].scales_px):
        blurred = filters.gaussian(image_yx, 0.4 * sigma, mode="reflect", preserve_range=True) if sigma else image_yx
        next(plane)[...] = blurred
        next(plane)[...] = filters.sobel(blurred)
        gy, gx = np.gradient(blurred)
        yy, yx = np.gradient(gy)
        xx = np.gradient(gx, axis=1)
        mixed = yx * yx
        root = np.sqrt((yy - xx) ** 2 + 4 * mixed)
        total = yy + xx
        np.sqrt(yy * yy + mixed + xx * xx, out=next(plane))
        next(plane)[...] = total
        np.subtract(yy * xx, mixed, out=next(plane))
        np.multiply(total + root, 0.5, out=next(plane))
        np.multiply(total - root, 0.5, out=next(plane))


def our_stack(image_yx: np.ndarray, out_fyx: np.ndarray, preset: str, threads: int) -> None:
    """Write the planes of a preset."""
    from sambaseg.features.recipe import PRESETS
    from sambaseg.features.stack import compute_stack

    compute_stack(image_yx[np.newaxis], PRESETS[preset], threads=threads, out_fyx=out_fyx)


class ConsumedStack:
    """Computes the planes block by block and hands each to a consumer, as prediction does; nothing is stored.

    Buffers stay from one run to the next, as they do from one tile to the next of a job; threads are new ones.
    """

    def __init__(self, image_yx: np.ndarray, preset: str, threads: int) -> None:
        from sambaseg.features.recipe import PRESETS
        from sambaseg.features.stack import STACK_TILE, TileComputer

        self._image_yx, self._threads = image_yx, threads
        self._free: queue.SimpleQueue[TileComputer] = queue.SimpleQueue()
        for _ in range(threads):
            self._free.put(TileComputer(PRESETS[preset], 1, STACK_TILE))

    def __call__(self) -> None:
        """Compute all tiles."""
        from sambaseg.features.stack import STACK_TILE

        height, width = self._image_yx.shape
        corners = [(y, x) for y in range(0, height, STACK_TILE[0]) for x in range(0, width, STACK_TILE[1])]
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(self._compute, corners))

    def _compute(self, corner: tuple[int, int]) -> None:
        from sambaseg.features.stack import STACK_TILE
        from sambaseg.images.halo import read_with_halo

        computer = self._free.get()
        (y, x), (height, width) = corner, self._image_yx.shape
        y1, x1 = min(y + STACK_TILE[0], height), min(x + STACK_TILE[1], width)
        tile_cyx = read_with_halo(self._image_yx[np.newaxis], y, y1, x, x1, computer.halo_px)
        computer.compute_each(tile_cyx, lambda *_: None)
        self._free.put(computer)


def milliseconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how long `work` takes by a clock that counts seconds."""
    start = clock()
    work()
    return (clock() - start) * 1e3


def _reference_alone(image_yx: np.ndarray, preset: str) -> None:
    reference_stack(image_yx, np.empty((planes_of(preset), *image_yx.shape), np.float32), preset)


def _ours_alone(image_yx: np.ndarray, preset: str) -> None:
    our_stack(image_yx, np.empty((planes_of(preset), *image_yx.shape), np.float32), preset, threads=2)


def _ours_consumed_alone(image_yx: np.ndarray, preset: str) -> None:
    ConsumedStack(image_yx, preset, threads=2)()


def _measure_peak(work: Callable[[np.ndarray, str], None], size: int, preset: str, answer: Connection) -> None:
    import psutil

    image_yx = micrograph(size)
    work(image_yx[:FIRST_CALL_ROWS].copy(), preset)  # imports and compiled kernels are no part of the peak
    process = psutil.Process()
    before = peak = process.memory_info().rss
    thread = threading.Thread(target=work, args=(image_yx, preset))
    thread.start()
    while thread.is_alive():
        peak = max(peak, process.memory_info().rss)
        thread.join(0.001)
    answer.send((peak - before) / 1e6)


def peak_megabytes(work: Callable[[np.ndarray, str], None], size: int, preset: str) -> float:
    """Return by how many MB `work` raises the memory of a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_peak, args=(work, size, preset, sender))
    process.start()
    sender.close()  # so that a process that dies ends the wait below
    try:
        return float(receiver.recv())
    finally:
        process.join()


def compare(preset: str, size: int, rounds: int, threads: int) -> dict[str, dict[str, float]]:
    """Return median milliseconds, peak MB and the ratio to the reference, by way of computing."""
    image_yx = micrograph(size)
    stack_fyx, reference_fyx = np.zeros((2, planes_of(preset), size, size), np.float32)  # both written to once before
    ways: dict[str, tuple[Callable[[], None], Callable[[np.ndarray, str], None]]] = {
        "scikit-image and NumPy": (lambda: reference_stack(image_yx, reference_fyx, preset), _reference_alone),
        "sambaseg, stored": (lambda: our_stack(image_yx, stack_fyx, preset, threads), _ours_alone),
        "sambaseg, consumed on the fly": (ConsumedStack(image_yx, preset, threads), _ours_consumed_alone),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    cpu_times: dict[str, list[float]] = {name: [] for name in ways}
    for work, _ in ways.values():
        work()
    for _ in range(rounds):
        for name, (work, _) in ways.items():
            cpu_start = time.process_time()
            times[name].append(milliseconds(work))
            cpu_times[name].append((time.process_time() - cpu_start) * 1e3)
    medians = {name: statistics.median(values) for name, values in times.items()}
    baseline = next(iter(medians.values()))
    return {
        name: {
            "median_ms": medians[name],
            "fastest_ms": min(times[name]),
            "cpu_ms": statistics.median(cpu_times[name]),
            "peak_mb": peak_megabytes(alone, size, preset),
            "times_faster": baseline / medians[name],
        }
        for name, (_, alone) in ways.items()
    }


def print_families(size: int, rounds: int) -> None:
    """Print nanoseconds for each pixel on one core, measured and as stated by `cost`, by family and scale."""
    from sambaseg.features.cost import cost
    from sambaseg.features.recipe import FeatureRecipe
    from sambaseg.features.stack import TileComputer
    from sambaseg.features.table import FAMILIES
    from sambaseg.images.halo import read_with_halo

    image_cyx = micrograph(size)[np.newaxis]
    print(f"{'family':26}{'scales':>12}{'planes':>8}{'measured ns/px':>16}{'stated ns/px':>14}")
    for family in (family for family in FAMILIES if family.id != "colour"):
        for scales_px in ((1.0, 2.0), (8.0, 16.0)) if family.uses_scales else ((),):
            recipe = FeatureRecipe((family.id,), scales_px, "sigma")
            stated = cost(recipe, 1)
            computer = TileComputer(recipe, 1, (size, size))
            tile_cyx = read_with_halo(image_cyx, 0, size, 0, size, computer.halo_px)
            work = functools.partial(computer.compute_each, tile_cyx, lambda *_: None)
            work()
            measured = min(milliseconds(work, time.thread_time) for _ in range(rounds)) * 1e6 / size**2
            scales = " ".join(f"{scale:g}" for scale in scales_px)
            stated_ns = stated.seconds_per_megapixel * 1e3
            print(f"{family.id:26}{scales:>12}{stated.features:8}{measured:16.1f}{stated_ns:14.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--recipe", default="samba", choices=("samba", "default", "fast"), help="preset (default samba)"
    )
    parser.add_argument("--size", type=int, default=1024, help="pixels a side (default 1024)")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each; the median counts (default 7)")
    parser.add_argument("--threads", type=int, default=2, help="threads of ours (default 2); scikit-image uses one")
    parser.add_argument("--families", action="store_true", help="measure each family instead")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    if args.families:
        print_families(args.size, args.rounds)
        return
    figures = compare(args.recipe, args.size, args.rounds, args.threads)
    planes = planes_of(args.recipe)
    print(f"{planes} planes ({args.recipe}), {args.size} x {args.size}, {args.threads} threads, {args.rounds} rounds")
    print(f"{'':32}{'median ms':>10}{'fastest ms':>12}{'CPU ms':>9}{'peak MB':>9}{'times faster':>14}")
    for name, row in figures.items():
        numbers = f"{row['median_ms']:10.1f}{row['fastest_ms']:12.1f}{row['cpu_ms']:9.1f}"
        numbers += f"{row['peak_mb']:9.0f}{row['times_faster']:14.1f}"
        print(f"{name:32}{numbers}")
    if args.json:
        args.json.write_text(json.dumps({"size": args.size, "threads": args.threads, "figures": figures}, indent=2))


if __name__ == "__main__":
    main()
