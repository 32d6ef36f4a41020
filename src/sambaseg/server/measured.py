"""What was measured lately, kept in memory until newer measurements take its place."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sambaseg.errors import NotFoundError

if TYPE_CHECKING:
    from sambaseg.measure.measurements import Measurements

MOST = 16
MOST_BYTES = 64 * 2**20
"""Of all measurements together, but for the newest, which is kept whatever it takes."""


@dataclass(frozen=True)
class MeasuredImage:
    """The measurements of an image of a project, and what files of it are called."""

    project_id: str
    image: int
    file_stem: str
    measurements: Measurements

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        return sum(each.regions.sums_ns.nbytes for each in self.measurements.classes)


class Measured:
    """Measurements by the job that made them. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, MeasuredImage] = OrderedDict()

    def keep(self, job_id: str, measured: MeasuredImage) -> None:
        """Keep what a job measured; what is oldest goes."""
        with self._lock:
            self._kept[job_id] = measured
            while len(self._kept) > 1 and (len(self._kept) > MOST or self._bytes() > MOST_BYTES):
                self._kept.popitem(last=False)

    def get(self, project_id: str, job_id: str) -> MeasuredImage:
        """Return what a job of this project measured. Raises NotFoundError."""
        with self._lock:
            found = self._kept.get(job_id)
        if found is None or found.project_id != project_id:
            raise NotFoundError("There is no such measurement, or not any more.", hint="Measure again.")
        return found

    def _bytes(self) -> int:
        return sum(each.nbytes for each in self._kept.values())
