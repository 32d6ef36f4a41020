"""What steps of cleaning would make of a result, before they are applied: tiles of it, kept until others are asked for.

A small image is cleaned as a whole, so that a preview is exactly what will come. Of a large one the part in view is
cleaned, with some of what lies around it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sambaseg.cleaning.steps import CleaningStep
from sambaseg.errors import CancelledError, NotFoundError, ParameterError
from sambaseg.images.pyramid import TILE_PX, level_shapes
from sambaseg.images.reduction import halve
from sambaseg.pipeline.progress import CancelToken
from sambaseg.project.results import ResultInfo
from sambaseg.project.store import ProjectStore
from sambaseg.server.background import step_back

MOST_PX = 2**23
"""Pixels that are cleaned for one preview, at full resolution."""
AROUND_PX = 256
"""So much of what surrounds a part is cleaned with it: what is smaller is seen as in the whole image."""
KEPT = 4
"""Previews whose tiles can be had at once."""
REGION_BYTES = 128 * 2**20
NICENESS = 5
Levels = list[NDArray[np.uint8]]
"""Class ids (h, w) of a part of an image: the finest level, then half of that, and so on."""


@dataclass(frozen=True)
class PreviewPart:
    """Rows ``top`` to ``bottom`` - 1 and columns ``left`` to ``right`` - 1 of the finest level, in whole tiles of
    ``level``.
    """

    level: int
    top: int
    left: int
    bottom: int
    right: int

    @property
    def pixels(self) -> int:
        """Number of its pixels."""
        return (self.bottom - self.top) * (self.right - self.left)


@dataclass(frozen=True)
class AskedTiles:
    """Tiles (ty, tx) of a level of the complete result of an image, named by one of its ids, as steps would make it."""

    image: int
    result_id: str
    steps: tuple[CleaningStep, ...]
    level: int
    tiles: list[tuple[int, int]]


@dataclass(frozen=True)
class PreviewRequest:
    """A preview that somebody waits for, the class ids of each of its tiles, and how it is given up."""

    content: Future[bytes]
    token: CancelToken

    def give_up(self) -> None:
        """End it; one that has not begun never will."""
        self.token.cancel()
        self.content.cancel()


class CleaningPreviews:
    """All previews of the server, one at a time. May be used from any thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="cleaning", initializer=partial(step_back, NICENESS))
        self._kept: OrderedDict[tuple[str, tuple[CleaningStep, ...], PreviewPart], Levels] = OrderedDict()
        self._stopped = threading.Event()

    def begin(self, store: ProjectStore, asked: AskedTiles) -> PreviewRequest:
        """Queue a preview. Its content raises NotFoundError for a result that is not there any more, ParameterError
        for tiles that there are none of, or so many that they cannot be previewed. Raises CancelledError after `stop`.
        """
        if self._stopped.is_set():
            raise CancelledError("The server is being stopped.")
        token = CancelToken()
        return PreviewRequest(self._pool.submit(self._tiles, store, asked, token), token)

    def stop(self) -> None:
        """End everything; nothing begins any more."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._pool.shutdown(wait=True)

    def _tiles(self, store: ProjectStore, asked: AskedTiles, token: CancelToken) -> bytes:
        result, described = store.complete_result(asked.image), store.image(asked.image)
        if result is None or asked.result_id not in (result.id, result.predicted_id):
            raise NotFoundError("There is no such result any more.", hint="A newer one has taken its place.")
        part = part_of_tiles((described.height, described.width), asked.level, asked.tiles)
        key = result.predicted_id, asked.steps, part
        if key not in self._kept:
            self._kept[key] = self._clean(store, result, asked.steps, part, token)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        levels = self._kept[key]
        while len(levels) <= asked.level:
            levels.append(halve(levels[-1][np.newaxis], "label")[0])
        top, left = part.top >> asked.level, part.left >> asked.level
        corners = [(ty * TILE_PX - top, tx * TILE_PX - left) for ty, tx in asked.tiles]
        return b"".join(levels[asked.level][y : y + TILE_PX, x : x + TILE_PX].tobytes() for y, x in corners)

    def _clean(
        self,
        store: ProjectStore,
        result: ResultInfo,
        steps: tuple[CleaningStep, ...],
        part: PreviewPart,
        token: CancelToken,
    ) -> Levels:
        from sambaseg.cleaning.clean import clean_classes

        def tell(_: float) -> None:
            token.raise_if_cancelled()
            if self._stopped.is_set():
                raise CancelledError("The server is being stopped.")

        described = store.image(result.image)
        top, left = max(0, part.top - AROUND_PX), max(0, part.left - AROUND_PX)
        bottom, right = min(described.height, part.bottom + AROUND_PX), min(described.width, part.right + AROUND_PX)
        predicted_yx = store.read_predicted(result.predicted_id, top, bottom)[:, left:right]
        ids = [entry.id for entry in result.classes]
        cleaned_yx = clean_classes(predicted_yx, ids, steps, memory_bytes=REGION_BYTES, tell=tell)
        rows, columns = slice(part.top - top, part.bottom - top), slice(part.left - left, part.right - left)
        return [np.ascontiguousarray(cleaned_yx[rows, columns], np.uint8)]


def part_of_tiles(shape_yx: tuple[int, int], level: int, tiles: list[tuple[int, int]]) -> PreviewPart:
    """Return what has to be cleaned for tiles of a level: the whole image of this size where it is small enough.

    Raises ParameterError for tiles that there are none of, and where they are too many.
    """
    shapes = level_shapes((1, *shape_yx))
    if not 0 <= level < len(shapes):
        raise ParameterError(f"The image has levels 0 to {len(shapes) - 1}, not {level}.")
    _, height, width = shapes[level]
    for ty, tx in tiles:
        if ty * TILE_PX >= height or tx * TILE_PX >= width:
            raise ParameterError(f"A level of {height} by {width} pixels has no tile ({ty}, {tx}).")
    whole = PreviewPart(0, 0, 0, *shape_yx)
    if whole.pixels <= MOST_PX:
        return whole
    side, rows, columns = TILE_PX << level, [ty for ty, _ in tiles], [tx for _, tx in tiles]
    bottom, right = min(shape_yx[0], (max(rows) + 1) * side), min(shape_yx[1], (max(columns) + 1) * side)
    part = PreviewPart(level, min(rows) * side, min(columns) * side, bottom, right)
    if part.pixels > MOST_PX:
        raise ParameterError(
            f"A preview has at most {MOST_PX:,} pixels of the image, and {part.pixels:,} are in view.",
            hint="Zoom in to see what the steps do, or apply them to the whole image.",
        )
    return part
