"""Two-point correlation S2: how likely both ends of a line of a given length lie in one class.

S2(0) is the area fraction; far away it nears the fraction's square where there is no long-range order. The image is
not taken to repeat itself: pairs are counted inside it only, and divided by the number of pairs there are. Counts are
exact: each block of the image is correlated with its surroundings by FFT, and the spectra of all blocks are added up,
so that memory depends on the longest distance, not on the image. See S. Torquato, "Random Heterogeneous Materials",
2002.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sambaseg.measure.class_rows import ClassRows
from sambaseg.measure.scale import Scale

BLOCK_PX = 768
TOGETHER = 4
"""Classes whose spectra are held at once."""


@dataclass(frozen=True)
class Correlation:
    """S2 of one class by distance: in all directions (``s2_d``), along rows and along columns, float64.

    ``distances_d`` are those of ``s2_d`` in the unit of the scale, steps of the shorter side of a pixel; ``across_d``
    and ``down_d`` stand for 0, 1, 2 … pixels. NaN where there is no pair.
    """

    distances_d: NDArray[np.float64]
    s2_d: NDArray[np.float64]
    across_d: NDArray[np.float64]
    down_d: NDArray[np.float64]


def correlate(
    rows: ClassRows, longest_px: int, scale: Scale, *, progress: Callable[[float], None] = lambda _: None
) -> list[Correlation]:
    """Return S2 of each class of `rows` up to `longest_px` pixels; `progress` may raise to end the work."""
    longest_px = _longest_in(rows.shape_yx, longest_px)
    planes = [0, *range(1, len(rows.class_ids) + 1)]  # 0: of all pixels that have a class
    hits: dict[int, NDArray[np.int64]] = {}
    for first in range(0, len(planes), TOGETHER):
        chosen = planes[first : first + TOGETHER]

        def tell(part: float, done: int = first, more: int = len(chosen)) -> None:
            progress((done + more * part) / len(planes))

        hits.update(zip(chosen, _count_pairs(rows, chosen, longest_px, tell), strict=True))
    return [_by_distance(hits[plane], hits[0], longest_px, scale) for plane in planes[1:]]


def bytes_needed(shape_yx: tuple[int, int], longest_px: int) -> int:
    """Return the memory that `correlate` takes beside the rows: spectra, and what one transform needs."""
    height, width = _fft_size(shape_yx, _longest_in(shape_yx, longest_px))
    return 8 * height * width * (TOGETHER + 5)


def fast_length(length: int) -> int:
    """Return the smallest number from `length` on that is a product of 2, 3 and 5, for which FFT is fast."""
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def _longest_in(shape_yx: tuple[int, int], longest_px: int) -> int:
    return min(longest_px, max(1, min(shape_yx) // 2))


def _fft_size(shape_yx: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return rows and columns that hold a block and what is up to `longest` away, so that nothing comes round."""
    height, width = (min(BLOCK_PX, side) for side in shape_yx)
    return fast_length(height + longest), fast_length(width + 2 * longest)


def _count_pairs(
    rows: ClassRows, planes: Sequence[int], longest: int, progress: Callable[[float], None]
) -> list[NDArray[np.int64]]:
    """Return for each plane the pairs with both ends in it, (longest + 1, 2 longest + 1) by dy and dx + longest."""
    height, width = rows.shape_yx
    size = _fft_size(rows.shape_yx, longest)
    spectra = [np.zeros((size[0], size[1] // 2 + 1), np.complex128) for _ in planes]
    blocks = list(_blocks(height, width))
    for done, (top, left) in enumerate(blocks):
        progress(done / len(blocks))
        bottom, right = min(top + BLOCK_PX, height), min(left + BLOCK_PX, width)
        start = max(0, left - longest)
        around_yx = rows.window(slice(top, min(bottom + longest, height)), slice(start, min(right + longest, width)))
        placed_yx = np.zeros(size, np.float64)
        corner = start - (left - longest)
        ends = placed_yx[: around_yx.shape[0], corner : corner + around_yx.shape[1]]
        for plane, spectrum in zip(planes, spectra, strict=True):
            inside_yx = around_yx != 0 if plane == 0 else around_yx == plane
            ends[...] = inside_yx
            starts_yx = inside_yx[: bottom - top, left - start : right - start].astype(np.float64)
            spectrum += np.conj(np.fft.rfft2(starts_yx, size)) * np.fft.rfft2(placed_yx)
    counted = (np.fft.irfft2(spectrum, size)[: longest + 1, : 2 * longest + 1] for spectrum in spectra)
    return [np.rint(pairs).astype(np.int64) for pairs in counted]


def _blocks(height: int, width: int) -> Iterator[tuple[int, int]]:
    return ((top, left) for top in range(0, height, BLOCK_PX) for left in range(0, width, BLOCK_PX))


def _by_distance(hits_yx: NDArray[np.int64], pairs_yx: NDArray[np.int64], longest: int, scale: Scale) -> Correlation:
    """Return S2 from counts by dy from 0 and dx from -longest on; a direction and its opposite are one."""
    dy = np.arange(longest + 1)[:, np.newaxis]
    dx = np.arange(-longest, longest + 1)[np.newaxis, :]
    lengths_yx = np.hypot(dy * scale.y, dx * scale.x)
    bins_yx = np.rint(lengths_yx / scale.step).astype(np.intp)
    once_yx = ((dy > 0) | (dx >= 0)) & (bins_yx <= longest)
    bins_n = bins_yx[once_yx]
    hits_d = np.bincount(bins_n, hits_yx[once_yx], longest + 1)
    pairs_d = np.bincount(bins_n, pairs_yx[once_yx], longest + 1)
    return Correlation(
        np.arange(longest + 1, dtype=np.float64) * scale.step,
        _share(hits_d, pairs_d),
        _share(hits_yx[0, longest:], pairs_yx[0, longest:]),
        _share(hits_yx[:, longest], pairs_yx[:, longest]),
    )


def _share(hits_d: NDArray[np.generic], pairs_d: NDArray[np.generic]) -> NDArray[np.float64]:
    share_d = np.full(len(hits_d), np.nan)
    np.divide(hits_d, pairs_d, out=share_d, where=np.asarray(pairs_d, np.float64) > 0)
    return share_d
