"""Projects for tests: small images in temporary folders, and strokes as clients send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from project.strokes import SHAPE
from sambaseg.images.micrograph import Micrograph
from sambaseg.project.new_image import NewImage
from sambaseg.project.store import ProjectStore
from sambaseg.project.workspace import Workspace


def some_image(dtype: str = "uint8", channels: int = 1) -> Micrograph:
    """Return a small image of random pixels, with a pixel size."""
    pixels_cyx = np.random.default_rng(5).random((channels, *SHAPE)) * 200
    return Micrograph.from_array(pixels_cyx.astype(dtype), pixel_size_um=(0.5, 0.25), name="Steel sample.TIF")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace."""
    opened = Workspace(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def make_project(workspace: Workspace, tmp_path: Path) -> Callable[..., ProjectStore]:
    """Makes a project of an image."""

    def make(micrograph: Micrograph | None = None, name: str = "Steel") -> ProjectStore:
        source = tmp_path / "upload"
        source.write_bytes(b"the file as it came")
        return workspace.create_project([NewImage.of(micrograph or some_image(), source)], name=name)

    return make


@pytest.fixture
def project(make_project: Callable[..., ProjectStore]) -> ProjectStore:
    """A project of a small 8-bit image."""
    return make_project()
