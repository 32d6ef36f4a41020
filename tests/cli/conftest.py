"""Running commands in this process, and small images with two phases."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
import tifffile

from sambaseg.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return run_command


def two_phases(seed=0, shape=(300, 280)):
    """Return a noisy image of bright discs on a dark ground, and the truth, ids 2 (ground) and 7 (disc)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    discs = ((y // 20 + x // 20 + seed) % 3 == 0) & ((y % 20 - 10) ** 2 + (x % 20 - 10) ** 2 < 64)
    image = np.clip(rng.normal(np.where(discs, 150, 90), 12), 0, 255).astype(np.uint8)
    return image, np.where(discs, 7, 2).astype(np.uint16)


@pytest.fixture
def phases(tmp_path):
    """Write steel.tif and labels.tif, with a hundredth of the pixels labelled, and return image, truth and labels."""
    image, truth = two_phases()
    labels = np.where(np.random.default_rng(1).random(truth.shape) < 0.01, truth, 0)
    tifffile.imwrite(tmp_path / "steel.tif", image, resolution=(50_000, 50_000), resolutionunit="centimeter")
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    return image, truth, labels
