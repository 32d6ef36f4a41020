"""Quantised features of tiles, kept so that a changed forest predicts them again without computing features.

A byte a feature and pixel, 2.75 MB a tile with the default recipe. They hold for one set of bin edges, recipe and
scaling; a forest with other edges begins with an empty cache.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.bins import Edges
from sambaseg.forest.classifier import Classifier
from sambaseg.pipeline.sample_cache import TileOfImage

BinTile = npt.NDArray[np.uint8]


class BinCache:
    """Bins of tiles, up to `max_bytes`. Any thread may call."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._for: tuple[FeatureRecipe, Scaling, Edges] | None = None
        self._serial = 0
        self._tiles: OrderedDict[TileOfImage, BinTile] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def of(self, classifier: Classifier, image: int) -> KeptBins:
        """Return the bins of an image's tiles for this classifier; those of other edges, recipe or scaling are gone."""
        recipe, scaling, edges_fb = classifier.recipe, classifier.scaling, classifier.forest.edges_fb
        with self._lock:
            same = self._for is not None and self._for[:2] == (recipe, scaling)
            if not same or self._for is None or not np.array_equal(self._for[2], edges_fb):
                self._for = recipe, scaling, edges_fb
                self._serial += 1
                self._tiles.clear()
                self._bytes = 0
            return KeptBins(self, image, self._serial)

    def _get(self, serial: int, tile: TileOfImage, *, wanted_again: bool) -> BinTile | None:
        with self._lock:
            if serial != self._serial or tile not in self._tiles:
                return None
            if wanted_again:
                self._tiles.move_to_end(tile)
            return self._tiles[tile]

    def _put(self, serial: int, tile: TileOfImage, bins_fyx: BinTile, *, wanted_again: bool) -> None:
        with self._lock:
            if serial != self._serial or tile in self._tiles:
                return
            if bins_fyx.nbytes > self.max_bytes - (0 if wanted_again else self._bytes):
                return
        kept = bins_fyx.copy()  # outside the lock: megabytes
        kept.flags.writeable = False
        with self._lock:
            if serial != self._serial or tile in self._tiles:
                return
            self._tiles[tile] = kept
            self._tiles.move_to_end(tile, last=wanted_again)
            self._bytes += kept.nbytes
            while self._bytes > self.max_bytes:
                self._bytes -= self._tiles.popitem(last=False)[1].nbytes


class KeptBins:
    """The bins of one image, for one set of edges: of no use to anyone once the cache has gone over to others."""

    def __init__(self, cache: BinCache, image: int, serial: int) -> None:
        self._cache = cache
        self._image = image
        self._serial = serial

    def get(self, ty: int, tx: int, *, wanted_again: bool = False) -> BinTile | None:
        """Return the bins (f, h, w) of a tile, read-only, where they are kept."""
        return self._cache._get(self._serial, (self._image, ty, tx), wanted_again=wanted_again)

    def put(self, ty: int, tx: int, bins_fyx: BinTile, *, wanted_again: bool) -> None:
        """Keep a copy of a tile's bins. Others make room for what is `wanted_again`, as what is in view, and only then.

        What was never wanted again goes first, then what was so longest ago.
        """
        self._cache._put(self._serial, (self._image, ty, tx), bins_fyx, wanted_again=wanted_again)
