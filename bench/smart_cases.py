"""Micrographs with truth, and the simulated person who labels them: what the measurements of smart labelling share.

Nothing to run here. `smart_clicks`, `smart_learning` and `smart_actions` print the figures. They need a folder of data
sets (NAME/images, NAME/masks and where there are any NAME/instances) and a folder that holds `simulated_person.py`;
neither is part of this repository, and without them they say so and end.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.forest.uncertainty import uncertainty_as_bytes
from sambaseg.images.micrograph import Micrograph
from sambaseg.images.reader import read_image
from sambaseg.pipeline.apply import segment
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.train import train_classifier
from sambaseg.smart.suggester import Knowledge
from sambaseg.smart.view_image import ViewImage

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_OBJECTS = ("stacks3d",)
TEXTURE_SETS = ("nasa_meltpool", "uhcs", "nasa_ebc")
"""Told apart by texture more than by edges."""


@dataclass(frozen=True)
class Case:
    """One micrograph: truth as class indices from 0, uint8 (h, w), and numbers of objects if there are any."""

    data_set: str
    name: str
    micrograph: Micrograph
    view: ViewImage
    mask_yx: np.ndarray
    instances_yx: np.ndarray | None


@dataclass(frozen=True)
class Setting:
    """What a measurement runs on: the simulated person, and cases of data sets."""

    person: ModuleType
    data_dir: Path
    names: tuple[str, ...]
    most_images: int

    def cases(self) -> Iterator[Case]:
        """Read one case after the other, data set by data set."""
        for name in self.names:
            for path in sorted((self.data_dir / name / "images").iterdir())[: self.most_images]:
                yield _read_case(self.data_dir / name, path)


def read_setting(parser: argparse.ArgumentParser, *, most_images: int) -> tuple[Setting, argparse.Namespace]:
    """Return what to measure by the command line; where data or person are absent say so and end without an error."""
    parser.add_argument("data_dir", type=Path, nargs="?", default=ROOT.parent / "shared/data")
    parser.add_argument("person_dir", type=Path, nargs="?", default=ROOT.parent / "shared/scoring")
    parser.add_argument("--most-images", type=int, default=most_images, help="of each data set (default %(default)s)")
    parser.add_argument("--data-sets", nargs="+", help="only these")
    options = parser.parse_args()
    found = [path.parent.name for path in sorted(options.data_dir.glob("*/masks"))]
    names = tuple(name for name in found if name not in WITHOUT_OBJECTS and name in (options.data_sets or found))
    if not names:
        _skip(f"{options.data_dir} holds no data sets (NAME/images and NAME/masks)")
    if not (options.person_dir / "simulated_person.py").is_file():
        _skip(f"{options.person_dir} holds no simulated_person.py")
    sys.path.insert(0, str(options.person_dir))
    return Setting(importlib.import_module("simulated_person"), options.data_dir, names, options.most_images), options


def learn(case: Case, labels_yx: np.ndarray) -> tuple[np.ndarray, Knowledge]:
    """Train on labels by the defaults; return the class indices of all pixels, and the result as knowledge."""
    training = TrainingSettings()
    classifier = train_classifier(case.micrograph, labels_yx.astype(np.int32), DEFAULT_RECIPE, training, threads=1)
    result = segment(classifier, case.micrograph, with_probabilities=False, threads=1)
    classes_yx = result.classes_yx.astype(np.uint8)
    return classes_yx.astype(np.int16) - 1, Knowledge(classes_yx, uncertainty_as_bytes(result.uncertainty_yx))


def overlap(one: np.ndarray, two: np.ndarray) -> float:
    """Return the intersection over the union of two masks."""
    return float((one & two).sum() / max((one | two).sum(), 1))


def bootstrap(differences: np.ndarray, *, draws: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean of paired differences, one a data set, drawn with replacement."""
    drawn = np.random.default_rng(seed).choice(differences, size=(draws, differences.size)).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _read_case(folder: Path, path: Path) -> Case:
    micrograph = read_image(path)
    view = ViewImage.from_pixels(micrograph.pixels_cyx, is_rgb=micrograph.info.is_rgb)
    mask_yx = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
    instance_path = folder / "instances" / f"{path.stem}.png"
    instances_yx = np.asarray(Image.open(instance_path)) if instance_path.exists() else None
    return Case(folder.name, f"{folder.name}/{path.stem}", micrograph, view, mask_yx, instances_yx)


def _skip(why: str) -> None:
    print(f"skipped: {why}; give the folders of the data and of the person as arguments")
    sys.exit(0)
