"""From a classifier and an image to a segmentation, tile by tile; every order of tiles gives the same bits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sambaseg.features.family import Place
from sambaseg.features.stack import TileComputer, halo_px
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.uncertainty import uncertainty_of
from sambaseg.images.halo import read_with_halo
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.pyramid import TILE_PX
from sambaseg.pipeline.bin_cache import KeptBins
from sambaseg.pipeline.progress import CancelToken, ReportProgress, Stage
from sambaseg.settings import default_threads

STRIP_PX = 64
"""Rows of a tile that are predicted between two looks at whether the work was cancelled."""

TileSink = Callable[[int, int, npt.NDArray[Any], npt.NDArray[np.float32], npt.NDArray[np.float32]], None]
"""``sink(ty, tx, classes_yx, uncertainty_yx, probabilities_kyx)``: takes a tile, from several threads at once."""


Window = tuple[slice, slice]
"""Rows and columns of a tile, counted from its corner."""


class TileSequence(Protocol):
    """Tiles (ty, tx) and how many they are."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[int, int]]: ...


@dataclass(frozen=True)
class Segmentation:
    """A segmented image: ``classes_yx`` holds class ids in the smallest unsigned type that fits them.

    ``uncertainty_yx`` is float32, 0 to 1; ``probabilities_kyx`` float32 in the order of ``class_ids``, or None where it
    was not asked for.
    """

    classes_yx: npt.NDArray[Any]
    uncertainty_yx: npt.NDArray[np.float32]
    probabilities_kyx: npt.NDArray[np.float32] | None
    class_ids: tuple[int, ...]


def apply_classifier(
    classifier: Classifier,
    micrograph: Micrograph,
    *,
    sink: TileSink,
    tile_order: TileSequence | None = None,
    threads: int | None = None,
    kept: KeptBins | None = None,
    wanted_again: Container[tuple[int, int]] = (),
    windows: Mapping[tuple[int, int], Window] | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> None:
    """Predict every tile of 256 px and give it to `sink`; `tile_order` lists (ty, tx), row by row where it is None.

    It may be an iterator for several threads that decides late what comes next. The arrays that the sink gets are its
    own. Bins are taken from `kept` where it has them, and others are put there, those of tiles in `wanted_again` before
    all. Of a tile in `windows` only that part is predicted, and `sink` gets arrays of its size.
    Raises ClassifierMismatchError where the classifier is for other kinds of images, CancelledError soon after the
    token was cancelled, and what the sink raises.
    """
    classifier.check_fits(micrograph)
    cancelled = cancelled or CancelToken()
    tiles = list(all_tiles(micrograph.shape_yx)) if tile_order is None else tile_order
    stage, waiting, done = Stage(progress, "Segmenting"), iter(tiles), iter(range(1, len(tiles) + 1))
    failed = threading.Event()

    def work() -> None:
        predictor = TilePredictor(classifier, kept=kept, wanted_again=wanted_again, cancelled=cancelled)
        try:
            for ty, tx in waiting:
                if failed.is_set():  # the tile that failed says why
                    return
                probabilities_kyx = predictor.predict(
                    micrograph, ty, tx, None if windows is None else windows.get((ty, tx))
                )
                cancelled.raise_if_cancelled()
                classes_yx = classifier.forest.most_probable(probabilities_kyx)
                sink(ty, tx, classes_yx, uncertainty_of(probabilities_kyx), probabilities_kyx)
                stage.tell(next(done) / len(tiles))
        except BaseException:
            failed.set()
            raise

    count = min(threads or default_threads(), max(1, len(tiles)))
    with ThreadPoolExecutor(count) as pool:
        try:
            for future in [pool.submit(work) for _ in range(count)]:
                future.result()
        except BaseException:  # also the person's Ctrl+C, which comes here
            failed.set()
            raise


class TilePredictor:
    """Predicts tiles of images, for one thread: holds the buffers that features and forest need.

    `kept`, `wanted_again` and `cancelled` are as in `apply_classifier`.
    """

    def __init__(
        self,
        classifier: Classifier,
        *,
        kept: KeptBins | None = None,
        wanted_again: Container[tuple[int, int]] = (),
        cancelled: CancelToken | None = None,
    ) -> None:
        self._classifier = classifier
        self._kept = kept
        self._wanted_again = wanted_again
        self._cancelled = cancelled or CancelToken()
        self._computer = TileComputer(classifier.recipe, classifier.channels, (TILE_PX, TILE_PX))
        self._bins = np.empty(self._computer.planes * TILE_PX * TILE_PX, np.uint8)

    def predict(
        self, micrograph: Micrograph, ty: int, tx: int, window: Window | None = None
    ) -> npt.NDArray[np.float32]:
        """Return the probabilities of tile (ty, tx) or of a window of it, (k, h, w), float32. Raises CancelledError."""
        again = (ty, tx) in self._wanted_again
        bins_fyx = None if self._kept is None else self._kept.get(ty, tx, wanted_again=again)
        if bins_fyx is None:
            bins_fyx = self._quantise(micrograph, ty, tx)
            if self._kept is not None:
                self._kept.put(ty, tx, bins_fyx, wanted_again=again)
        if window is not None:
            bins_fyx = np.ascontiguousarray(bins_fyx[:, *window])
        forest, (_, height, width) = self._classifier.forest, bins_fyx.shape
        probabilities_kyx = np.empty((len(forest.class_ids), height, width), np.float32)
        for top in range(0, height, STRIP_PX):  # a whole tile takes too long for work that was cancelled
            self._cancelled.raise_if_cancelled()
            rows = slice(top, top + STRIP_PX)
            probabilities_kyx[:, rows] = forest.predict_tile(bins_fyx, rows=rows)
        return probabilities_kyx

    def _quantise(self, micrograph: Micrograph, ty: int, tx: int) -> npt.NDArray[np.uint8]:
        """Return the bins of a tile, (f, h, w), in a buffer that the next tile uses again."""
        height, width = micrograph.shape_yx
        top, left = ty * TILE_PX, tx * TILE_PX
        bottom, right = min(top + TILE_PX, height), min(left + TILE_PX, width)
        halo = halo_px(self._classifier.recipe)
        around_cyx = read_with_halo(micrograph.pixels_cyx, top, bottom, left, right, halo)
        forest = self._classifier.forest
        shape = self._computer.planes, bottom - top, right - left
        bins_fyx = self._bins[: shape[0] * shape[1] * shape[2]].reshape(shape)  # C-contiguous at the edges too

        def quantise(first: int, y: int, x: int, planes_fyx: npt.NDArray[np.float32]) -> None:
            self._cancelled.raise_if_cancelled()  # a tile of many features takes a while
            forest.quantise_into(planes_fyx, bins_fyx, first=first, top=y, left=x)

        self._computer.compute_each(self._classifier.scaling.apply(around_cyx), quantise, place=Place(top, left))
        return bins_fyx


def all_tiles(shape_yx: tuple[int, int]) -> Iterable[tuple[int, int]]:
    """Yield all tiles (ty, tx) of an image, row by row."""
    rows, columns = (-(-length // TILE_PX) for length in shape_yx)
    return ((ty, tx) for ty in range(rows) for tx in range(columns))


def segment(
    classifier: Classifier,
    micrograph: Micrograph,
    *,
    with_probabilities: bool = True,
    threads: int | None = None,
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> Segmentation:
    """Return the segmentation of a whole image in memory; probabilities take 4 bytes a pixel and class."""
    shape_yx, class_ids = micrograph.shape_yx, tuple(int(entry) for entry in classifier.forest.class_ids)
    classes_yx = np.zeros(shape_yx, np.min_scalar_type(max(class_ids)))
    uncertainty_yx = np.zeros(shape_yx, np.float32)
    probabilities_kyx = np.zeros((len(class_ids), *shape_yx), np.float32) if with_probabilities else None

    def take(
        ty: int,
        tx: int,
        tile_classes_yx: npt.NDArray[Any],
        tile_uncertainty_yx: npt.NDArray[np.float32],
        tile_probabilities_kyx: npt.NDArray[np.float32],
    ) -> None:
        rows, columns = slice(ty * TILE_PX, (ty + 1) * TILE_PX), slice(tx * TILE_PX, (tx + 1) * TILE_PX)
        classes_yx[rows, columns] = tile_classes_yx
        uncertainty_yx[rows, columns] = tile_uncertainty_yx
        if probabilities_kyx is not None:
            probabilities_kyx[:, rows, columns] = tile_probabilities_kyx

    apply_classifier(classifier, micrograph, sink=take, threads=threads, progress=progress, cancelled=cancelled)
    return Segmentation(classes_yx, uncertainty_yx, probabilities_kyx, class_ids)
