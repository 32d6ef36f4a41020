"""Tile layers that are open: a project of thousands of images keeps only the latest ones so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from sambaseg.images.pyramid import TileLayer

OPEN_LAYERS = 64
"""Layers that stay open; opening one again takes about a millisecond."""


class LayerCache:
    """The layers of one project that were read last. All methods may be called from any thread."""

    def __init__(self, limit: int = OPEN_LAYERS) -> None:
        self._limit = limit
        self._access = threading.Lock()
        self._layers: OrderedDict[Path, TileLayer] = OrderedDict()

    def get(self, folder: Path, open_layer: Callable[[Path], TileLayer] = TileLayer.open) -> TileLayer:
        """Return the layer in `folder`, opened where it is not open yet. Raises as `open_layer` does."""
        with self._access:
            layer = self._layers.get(folder)
            if layer is not None:
                self._layers.move_to_end(folder)
                return layer
        layer = open_layer(folder)  # without the lock: a slow disk must not hold up the others
        with self._access:
            layer = self._layers.setdefault(folder, layer)
            while len(self._layers) > self._limit:
                self._layers.popitem(last=False)
        return layer

    def forget(self, folder: Path) -> None:
        """Drop all layers at or below `folder`, whose files are about to go or to change."""
        with self._access:
            for path in [path for path in self._layers if path == folder or folder in path.parents]:
                del self._layers[path]

    def clear(self) -> None:
        """Drop all layers."""
        with self._access:
            self._layers.clear()
