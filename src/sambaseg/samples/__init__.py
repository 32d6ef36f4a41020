"""Three real micrographs that come with the package, to try things on."""

from __future__ import annotations

from sambaseg.samples.table import SAMPLES, Sample, find_sample

__all__ = ["SAMPLES", "Sample", "find_sample"]
