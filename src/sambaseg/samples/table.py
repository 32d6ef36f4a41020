"""The one table of sample micrographs; `LICENCES.txt` beside it has the full texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sambaseg.errors import NotFoundError

_NASA = "NASA pretrained-microscopy-models, Stuckner, Harder and Smith, npj Comput. Mater. 8, 200 (2022)"


@dataclass(frozen=True)
class Sample:
    """A micrograph in the package; the file is named after the id."""

    id: str
    name: str
    description: str
    width: int
    height: int
    licence: str
    source: str

    @property
    def path(self) -> Path:
        """The image file."""
        return Path(__file__).parent / f"{self.id}.png"


SAMPLES: tuple[Sample, ...] = (
    Sample(
        id="superalloy",
        name="Nickel superalloy",
        description="Large and fine precipitates in a matrix, by scanning electron microscope.",
        width=512,
        height=512,
        licence="MIT",
        source=f"{_NASA}: benchmark_segmentation_data/Super1",
    ),
    Sample(
        id="coating",
        name="Barrier coating",
        description="A coating with pores on its oxide layer and substrate, by scanning electron microscope.",
        width=1024,
        height=1024,
        licence="MIT",
        source=f"{_NASA}: benchmark_segmentation_data/EBC1",
    ),
    Sample(
        id="nuclei",
        name="Cell nuclei",
        description="Stained nuclei on a dark background, by fluorescence microscope.",
        width=696,
        height=520,
        licence="CC0",
        source="2018 Data Science Bowl, Broad Bioimage Benchmark Collection BBBC038",
    ),
)


def find_sample(sample_id: str) -> Sample:
    """Return the sample of that id. Raises NotFoundError."""
    for sample in SAMPLES:
        if sample.id == sample_id:
            return sample
    known = ", ".join(sample.id for sample in SAMPLES)
    raise NotFoundError(f"There is no sample named {sample_id[:80]!r}.", hint=f"The samples are {known}.")
