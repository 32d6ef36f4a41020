"""Features of labelled pixels, kept so that a later training computes only those of pixels labelled since.

They are kept tile by tile, for one recipe and scaling at a time. A feature of a pixel is the same bits whatever
rectangle around it was computed, so that a forest trained from here is the forest trained without.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling

TileOfImage = tuple[int, int, int]
"""Image, ty, tx."""


@dataclass(frozen=True, eq=False)
class _Kept:
    """Places in the tile (row-major, ascending), and their features (f, n)."""

    places_n: npt.NDArray[np.intp]
    features_fn: npt.NDArray[np.float32]

    @property
    def bytes(self) -> int:
        return self.places_n.nbytes + self.features_fn.nbytes


class SampleCache:
    """Features of pixels, up to `max_bytes`; what was not asked for longest goes first. Any thread may call."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._for: tuple[FeatureRecipe, Scaling] | None = None
        self._tiles: OrderedDict[TileOfImage, _Kept] = OrderedDict()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def use(self, recipe: FeatureRecipe, scaling: Scaling) -> None:
        """Say what features are wanted from now on; those of another recipe or scaling are dropped."""
        with self._lock:
            if self._for != (recipe, scaling):
                self._for = recipe, scaling
                self._tiles.clear()
                self._bytes = 0

    def take(
        self, tile: TileOfImage, places_n: npt.NDArray[np.intp], sample_fn: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.bool_]:
        """Write the features that are known into `sample_fn` (f, n); return which of the n places were known."""
        with self._lock:
            kept = self._tiles.get(tile)
            if kept is None:
                return np.zeros(len(places_n), np.bool_)
            self._tiles.move_to_end(tile)
        at = np.minimum(np.searchsorted(kept.places_n, places_n), len(kept.places_n) - 1)
        known_n: npt.NDArray[np.bool_] = kept.places_n[at] == places_n
        sample_fn[:, known_n] = kept.features_fn[:, at[known_n]]
        return known_n

    def keep(self, tile: TileOfImage, places_n: npt.NDArray[np.intp], features_fn: npt.NDArray[np.float32]) -> None:
        """Keep the features (f, n) of places (ascending) in addition to what is known of the tile."""
        with self._lock:
            before = self._tiles.pop(tile, None)
            if before is not None:
                self._bytes -= before.bytes
                new_n = ~np.isin(places_n, before.places_n, assume_unique=True)
                all_n = np.concatenate([before.places_n, places_n[new_n]])
                order = np.argsort(all_n)
                both_fn = np.concatenate([before.features_fn, features_fn[:, new_n]], axis=1)
                kept = _Kept(all_n[order], np.ascontiguousarray(both_fn[:, order]))
            else:
                kept = _Kept(places_n.copy(), features_fn.copy())
            if kept.bytes > self.max_bytes:
                return
            self._tiles[tile] = kept
            self._bytes += kept.bytes
            while self._bytes > self.max_bytes:
                self._bytes -= self._tiles.popitem(last=False)[1].bytes
