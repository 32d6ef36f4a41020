"""Smaller recipes that were found lately, kept in memory until newer ones take their place."""

from __future__ import annotations

import threading
from collections import OrderedDict

from sambaseg.errors import NotFoundError
from sambaseg.server.feature_schemas import FeatureSuggestionBody

MOST = 32


class FoundSuggestions:
    """Suggestions by the job that found them; the newest are kept. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], FeatureSuggestionBody] = OrderedDict()

    def keep(self, project_id: str, job_id: str, found: FeatureSuggestionBody) -> None:
        """Keep what a job found; what is oldest goes."""
        with self._lock:
            self._kept[project_id, job_id] = found
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def get(self, project_id: str, job_id: str) -> FeatureSuggestionBody:
        """Return what a job of this project found. Raises NotFoundError."""
        with self._lock:
            found = self._kept.get((project_id, job_id))
        if found is None:
            raise NotFoundError("There is no such suggestion, or not any more.", hint="Ask for one again.")
        return found
