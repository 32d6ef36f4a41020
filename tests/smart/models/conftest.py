"""Tiny models with random weights, installed in a folder of the test; see make_tiny_models.py."""

from pathlib import Path

import numpy as np
import pytest

from sambaseg.smart.models.install import install_from_disk
from sambaseg.smart.models.runtime import Runtime
from sambaseg.smart.models.store import ModelStore
from sambaseg.smart.prompt import Box, Prompt, PromptPoint
from sambaseg.smart.view_image import ViewImage

DATA = Path(__file__).parent / "data"
KINDS = ("sam1", "sam1_tjs", "sam2")
PROMPTS = {
    "inside": Prompt((PromptPoint(20.5, 40.5),)),
    "both": Prompt((PromptPoint(50.0, 60.25), PromptPoint(10.5, 100.5, positive=False))),
    "box": Prompt(box=Box(8.0, 16.0, 60.0, 90.0)),
    "point_and_box": Prompt((PromptPoint(40.5, 50.5),), Box(8.0, 16.0, 60.0, 90.0)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "data")


@pytest.fixture
def runtime():
    runtime = Runtime(threads=1)
    yield runtime
    runtime.close()


@pytest.fixture
def model_files():
    """Return the two files of a tiny model."""
    return lambda kind: [DATA / kind / "encoder.onnx", DATA / kind / "decoder.onnx"]


@pytest.fixture
def installed(store, model_files):
    """Install a tiny model."""
    return lambda kind, name="tiny": install_from_disk(store, model_files(kind), name=name, title="Tiny")


@pytest.fixture
def golden():
    """Return what the reference says of a tiny model."""

    def load(kind):
        with np.load(DATA / kind / "golden.npz") as arrays:
            return dict(arrays)

    return load


@pytest.fixture
def view(golden):
    """Return the view that the golden arrays are for."""
    return ViewImage(golden("sam1")["view"], is_rgb=True)


@pytest.fixture
def prompts():
    return PROMPTS
