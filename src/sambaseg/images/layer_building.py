"""Making a tile layer from pixels that are read part by part, in one pass, with what is learned of them on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.images.contrast import SAMPLED_PIXELS, ValueRanges, window_of_sample
from sambaseg.images.inspection import Pairs
from sambaseg.images.pixels import Pixels, RegionPixels, sampling_step
from sambaseg.images.pyramid import BLOCK_PX, TILE_PX, TileLayer

_BAND_BYTES = 48 * 2**20


@dataclass(frozen=True)
class LayerFacts:
    """What is known once all pixels were seen: windows to show, ranges of values, and numbers that are not finite."""

    contrast: Pairs
    value_range: Pairs
    nan_count: int
    inf_count: int


def fill_layer(
    layer: TileLayer, pixels: Pixels, *, threads: int = 1, progress: Callable[[float], None] = lambda _: None
) -> LayerFacts:
    """Write all pixels and their coarser levels into `layer`, from top to bottom; each is read about once.

    `progress` is called with the share that is done. Raises as reading and `TileLayer.write_block` do.
    """
    survey = _Survey(pixels)
    _, height, width = pixels.shape
    total, done = height * width, 0
    with ThreadPoolExecutor(threads) as pool:
        for blocks in _bands(pixels, pool, threads):

            def write(block: _Block) -> int:
                block_cyx = block.read()
                layer.write_block(block.y0 // TILE_PX, block.x0 // TILE_PX, block_cyx)
                survey.add(block.y0, block.x0, block_cyx)
                _, rows, columns = block_cyx.shape
                return int(rows * columns)

            for area in pool.map(write, blocks):
                done += area
                progress(done / total)
    return survey.facts()


@dataclass(frozen=True)
class _Block:
    """A block of whole tiles: where it begins, and how it is read."""

    y0: int
    x0: int
    read: Callable[[], NDArray[Any]]


def _bands(pixels: Pixels, pool: ThreadPoolExecutor, threads: int) -> Iterator[list[_Block]]:
    """Yield the blocks of the image, band by band."""
    channels, height, width = pixels.shape
    lefts = range(0, width, BLOCK_PX)
    if not isinstance(pixels, RegionPixels) or 2 * pixels.grain[1] <= width:
        for y0 in range(0, height, BLOCK_PX):
            yield [_Block(y0, x0, _reading(pixels, y0, x0, min(y0 + BLOCK_PX, height))) for x0 in lefts]
        return
    # whole rows are read at the least: they are read once, and cut
    row_bytes = channels * width * pixels.dtype.itemsize
    rows = BLOCK_PX
    while rows > TILE_PX and rows * row_bytes > _BAND_BYTES:
        rows //= 2
    for y0 in range(0, height, rows):
        band_cyx = _read_band(pixels, y0, min(y0 + rows, height), pool, threads)
        yield [_Block(y0, x0, _cutting(band_cyx, x0)) for x0 in lefts]


def _reading(pixels: Pixels, y0: int, x0: int, y1: int) -> Callable[[], NDArray[Any]]:
    return lambda: pixels[:, y0:y1, x0 : x0 + BLOCK_PX]


def _cutting(band_cyx: NDArray[Any], x0: int) -> Callable[[], NDArray[Any]]:
    return lambda: band_cyx[:, :, x0 : x0 + BLOCK_PX]


def _read_band(pixels: RegionPixels, y0: int, y1: int, pool: ThreadPoolExecutor, threads: int) -> NDArray[Any]:
    """Return rows y0 to y1 - 1, read by several threads that begin at whole strips."""
    channels, _, width = pixels.shape
    grain = min(pixels.grain[0], y1 - y0)
    cuts = [y0, *((y0 + (y1 - y0) * part // threads) // grain * grain for part in range(1, threads)), y1]
    band_cyx = np.empty((channels, y1 - y0, width), pixels.dtype)

    def read(rows: tuple[int, int]) -> None:
        top, bottom = rows
        if top < bottom:
            band_cyx[:, top - y0 : bottom - y0] = pixels.read(top, bottom, 0, width)

    list(pool.map(read, pairwise(sorted(max(cut, y0) for cut in cuts))))
    return band_cyx


class _Survey:
    """What is learned of the pixels while they go by; `facts` are those that the whole image would give."""

    def __init__(self, pixels: Pixels) -> None:
        channels, height, width = pixels.shape
        self._step = sampling_step(height, width, SAMPLED_PIXELS)
        self._ranges = ValueRanges(channels)
        self._samples: list[NDArray[Any]] = []
        self._access = threading.Lock()

    def add(self, y0: int, x0: int, block_cyx: NDArray[Any]) -> None:
        """Take in a block that begins at (y0, x0); may be called from several threads."""
        step = self._step
        sample_cn = block_cyx[:, -y0 % step :: step, -x0 % step :: step].reshape(len(block_cyx), -1).copy()
        ranges = ValueRanges(len(block_cyx))
        ranges.add(block_cyx)
        with self._access:
            self._samples.append(sample_cn)
            self._ranges.merge(ranges)

    def facts(self) -> LayerFacts:
        """Return what was learned."""
        sample_cn = np.concatenate(self._samples, axis=1)
        return LayerFacts(
            tuple(window_of_sample(sample_n) for sample_n in sample_cn),
            self._ranges.result(),
            self._ranges.nan_count,
            self._ranges.inf_count,
        )
