"""Views that were prepared for suggestions, kept in memory for as long as there is room."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sambaseg.server.views import View

if TYPE_CHECKING:
    from sambaseg.smart.suggester import Prepared


@dataclass(frozen=True)
class ViewKey:
    """All that decides what is prepared: the image's content, the view, what prepares it and what it knows.

    `image` tells images apart by what they hold, not by project; `version` is that of the code that prepares.
    """

    image: str
    view: View
    model: str
    result_id: str | None
    version: str

    @property
    def etag(self) -> str:
        """The key as a name for what is answered."""
        return f'"{hashlib.sha256(repr(self).encode()).hexdigest()[:32]}"'


@dataclass(frozen=True, eq=False)
class PreparedView:
    """A prepared view: the container for the page, and the object that answers prompts here."""

    content: bytes
    prepared: Prepared

    @classmethod
    def of(cls, prepared: Prepared, meta: Mapping[str, Any]) -> PreparedView:
        """Return `prepared` with `meta` added to what its container says about itself."""
        from sambaseg.smart.container import pack_arrays, unpack_arrays

        own, arrays = unpack_arrays(prepared.to_bytes())
        return cls(pack_arrays({**own, **meta}, arrays), prepared)

    @property
    def nbytes(self) -> int:
        """About how much memory this takes: the same arrays twice."""
        return 2 * len(self.content)


class PreparedCache:
    """The views that were asked for last, up to so many bytes. All methods may be called from any thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._views: OrderedDict[ViewKey, PreparedView] = OrderedDict()
        self._bytes = 0

    def get(self, key: ViewKey) -> PreparedView | None:
        """Return a view that is kept, and note that it was asked for."""
        with self._lock:
            found = self._views.get(key)
            if found is not None:
                self._views.move_to_end(key)
            return found

    def put(self, key: ViewKey, view: PreparedView) -> None:
        """Keep a view; those that were not asked for the longest go. One that is larger than all room is not kept."""
        with self._lock:
            older = self._views.pop(key, None)
            self._bytes -= 0 if older is None else older.nbytes
            if view.nbytes > self._max_bytes:
                return
            self._views[key] = view
            self._bytes += view.nbytes
            while self._bytes > self._max_bytes:
                _, oldest = self._views.popitem(last=False)
                self._bytes -= oldest.nbytes
