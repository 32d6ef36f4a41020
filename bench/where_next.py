"""How many strokes does a person save who labels where "where next" leads? Beside random places and plain uncertainty.

usage: python bench/where_next.py [DATA PERSON] [--seeds 4] [--most-images 2] [--data-sets NAME ...] [--json FILE]

DATA holds data sets with truth (NAME/images, NAME/masks), PERSON holds simulated_person.py, whose strokes are drawn
here too, from a given place on: from the nearest place of the class that truly is there. All three ways begin with the
same stroke in each class; then each adds a stroke after the other where it says, and trains and segments after each.
*Random* takes any pixel of the image, *plain* the unlabelled pixel of the highest uncertainty. What counts is the
number of added strokes until the mean IoU reaches 95 % of the final one (of 50 random strokes, mean of two seeds) and
stays there with one more stroke; who has not come there after 40 counts as 40. Images are cut to 512 × 512 pixels that
hold as many classes as possible, of colour ones the first channel counts; the forest is the default one with 42 trees
that train on 4,000 pixels.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import numpy as np
from scipy import ndimage as ndi

from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.forest.bins import FeatureBins, choose_bins, quantise_planes
from sambaseg.forest.sampling import choose_points
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_on_bins
from sambaseg.forest.uncertainty import uncertainty_as_bytes, uncertainty_of
from sambaseg.guidance.maps import ResultMaps
from sambaseg.guidance.ranking import rank_places
from sambaseg.pipeline.class_fractions import SMALLEST_FRACTION, TRUST
from sambaseg.pipeline.reach import groups_of, reaches_of
from smart_cases import Case, read_setting

SIDE = 512
TREES = 42
SETTINGS = ForestSettings(trees=TREES, classifier="extra_trees", features_per_split="sqrt", min_leaf=5)
GROUPS = groups_of(reaches_of(DEFAULT_RECIPE, 1), TREES)
POINTS = 4000
SHARE_OF_FINAL = 0.95
FINAL_STROKES, FINAL_SEEDS = 50, 2
MOST_STROKES = 40
LET_PASS_PX = 2.0


@dataclass(frozen=True, eq=False)
class Scene:
    """A cut of a micrograph: truth as class indices (h, w), features as bins (f, h, w), and the bins."""

    name: str
    mask_yx: np.ndarray
    bins_fyx: np.ndarray
    bins: FeatureBins
    person: ModuleType

    @cached_property
    def walkable(self) -> dict[int, np.ndarray]:
        """Where strokes of each class may go: at least 2 px inside it where it is thick enough."""
        found = {}
        for class_index in np.unique(self.mask_yx):
            inside = self.mask_yx == class_index
            deep = ndi.distance_transform_edt(np.pad(inside, 1, constant_values=True))[1:-1, 1:-1] > LET_PASS_PX
            found[int(class_index)] = deep if deep.sum() >= 5 else inside
        return found

    def segment(self, labels_yx: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return class ids and uncertainty, uint8, of a forest trained on labels."""
        places = choose_points(labels_yx, points=POINTS, seed=0)
        sample_fn = np.ascontiguousarray(self.bins_fyx.reshape(len(self.bins_fyx), -1)[:, places])
        forest = train_on_bins(
            sample_fn, labels_yx.ravel()[places].astype(np.int64), self.bins, settings=SETTINGS, groups=GROUPS
        )
        fractions_k = forest.predict_tile(np.ascontiguousarray(self.bins_fyx[:, ::8, ::8])).mean(axis=(1, 2))
        factors_k = (np.maximum(fractions_k, SMALLEST_FRACTION) * len(fractions_k)) ** TRUST
        forest = forest.with_class_factors(tuple(float(factor) for factor in factors_k))
        probabilities_kyx = forest.predict_tile(self.bins_fyx)
        classes_yx = forest.most_probable(probabilities_kyx).astype(np.uint8)
        return classes_yx, uncertainty_as_bytes(uncertainty_of(probabilities_kyx))

    def score(self, classes_yx: np.ndarray, labels_yx: np.ndarray) -> float:
        """Return the mean IoU on unlabelled pixels."""
        return self.person.mean_iou(classes_yx.astype(int) - 1, self.mask_yx, labels_yx == 0)

    def add_stroke(self, labels_yx: np.ndarray, place_yx: tuple[int, int], rng: np.random.Generator) -> None:
        """Draw a stroke of the class that truly is at a place, as the simulated person walks."""
        class_index = int(self.mask_yx[place_yx])
        walkable, inside = self.walkable[class_index], self.mask_yx == class_index
        ys, xs = np.nonzero(walkable)
        start = np.argmin((ys - place_yx[0]) ** 2 + (xs - place_yx[1]) ** 2)
        path, side = np.zeros(inside.shape, bool), min(inside.shape)
        y, x, heading = float(ys[start]), float(xs[start]), rng.uniform(0, 2 * np.pi)
        for _ in range(side // 8):
            path[int(y), int(x)] = True
            heading += rng.normal(0, 0.15)
            for _ in range(8):
                ny, nx = y + np.sin(heading), x + np.cos(heading)
                is_in = 0 <= ny < inside.shape[0] and 0 <= nx < inside.shape[1]
                if is_in and walkable[int(ny), int(nx)]:
                    y, x = ny, nx
                    break
                heading = rng.uniform(0, 2 * np.pi)
            else:
                break
        radius = max(1, round(side / 256))
        rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        brush = rows**2 + columns**2 <= radius**2
        labels_yx[ndi.binary_dilation(path, brush) & inside] = class_index + 1

    def first_strokes(self, seed: int) -> np.ndarray:
        """Return labels with one stroke in each class, from a random place of it."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        labels_yx = np.zeros(self.mask_yx.shape, np.uint8)
        for walkable in self.walkable.values():
            places = np.argwhere(walkable)
            y, x = places[rng.integers(len(places))]
            self.add_stroke(labels_yx, (int(y), int(x)), rng)
        return labels_yx


Way = Callable[[ResultMaps, np.random.Generator], tuple[int, int]]


def random_place(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return any pixel."""
    height, width = maps.shape_yx
    return int(rng.integers(height)), int(rng.integers(width))


def most_uncertain(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return the unlabelled pixel with the highest uncertainty, any of those where several have it."""
    unsure_yx = np.where(maps.labels_yx == 0, maps.uncertainty_yx, 0) + rng.random(maps.shape_yx) / 2
    y, x = divmod(int(unsure_yx.argmax()), maps.shape_yx[1])
    return y, x


def where_next(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return the first place of the ranking; any pixel where nothing is worth a look."""
    places = rank_places(maps, wanted=1)
    return (places[0].y, places[0].x) if places else random_place(maps, rng)


WAYS: dict[str, Way] = {"random": random_place, "plain": most_uncertain, "where next": where_next}


def cut(case: Case, person: ModuleType) -> Scene:
    """Return the part of a case that is measured: of nine, that with the most classes and the most of the rarest."""
    starts = [sorted({0, max(0, (length - SIDE) // 2), max(0, length - SIDE)}) for length in case.mask_yx.shape]
    parts = [(slice(y, y + SIDE), slice(x, x + SIDE)) for y in starts[0] for x in starts[1]]

    def worth(part: tuple[slice, slice]) -> tuple[int, int]:
        _, counts = np.unique(case.mask_yx[part], return_counts=True)
        return len(counts), int(counts.min())

    part = max(parts, key=worth)
    scaled_cyx = Scaling.for_image(case.micrograph).apply(case.micrograph.pixels_cyx[:])
    stack_fyx = compute_stack(np.ascontiguousarray(scaled_cyx[:, *part]), DEFAULT_RECIPE, threads=1)
    stack_fyx = stack_fyx[: len(stack_fyx) // len(scaled_cyx)]  # of a colour image the first channel
    bins = choose_bins(np.ascontiguousarray(stack_fyx.reshape(len(stack_fyx), -1)[:, ::7]))
    bins_fyx = np.empty(stack_fyx.shape, np.uint8)
    quantise_planes(stack_fyx, bins.edges_fb, bins_fyx, 0, 0, 0)
    return Scene(f"{case.data_set}/{case.name}", case.mask_yx[part].copy(), bins_fyx, bins, person)


def final_score(scene: Scene) -> float:
    """Return the mean IoU after many strokes at random places."""
    scores = []
    for seed in range(FINAL_SEEDS):
        labels_yx, rng = scene.first_strokes(seed), np.random.default_rng([seed, 2])
        for _ in range(FINAL_STROKES):
            y, x = rng.integers(scene.mask_yx.shape[0]), rng.integers(scene.mask_yx.shape[1])
            scene.add_stroke(labels_yx, (int(y), int(x)), rng)
        scores.append(scene.score(scene.segment(labels_yx)[0], labels_yx))
    return float(np.mean(scores))


def strokes_needed(scene: Scene, way: Way, target: float, seed: int) -> int:
    """Return how many strokes were added until the target was reached and held for one more stroke."""
    labels_yx, rng, before = scene.first_strokes(seed), np.random.default_rng([seed, 1]), False
    for strokes in range(MOST_STROKES + 1):
        classes_yx, uncertainty_yx = scene.segment(labels_yx)
        is_there = scene.score(classes_yx, labels_yx) >= target
        if is_there and before:
            return strokes - 1
        before = is_there
        scene.add_stroke(labels_yx, way(ResultMaps(classes_yx, uncertainty_yx, labels_yx), rng), rng)
    return MOST_STROKES


def main() -> None:
    """Print, by data set, the mean number of strokes that each way needs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--json", type=Path, help="write the numbers of strokes there")
    setting, options = read_setting(parser, most_images=2)
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: {name: [] for name in WAYS})
    for case in setting.cases():
        scene = cut(case, setting.person)
        target = SHARE_OF_FINAL * final_score(scene)
        for name, way in WAYS.items():
            found[case.data_set][name] += [strokes_needed(scene, way, target, seed) for seed in range(options.seeds)]
        newest = {name: row[-options.seeds :] for name, row in found[case.data_set].items()}
        print(f"# {scene.name}: {json.dumps(newest)}", flush=True)
    print(f"{'data set':26}{'runs':>6}" + "".join(f"{name:>12}" for name in WAYS) + f"{'fewer':>8}")
    means = {data_set: {name: float(np.mean(row)) for name, row in rows.items()} for data_set, rows in found.items()}
    for data_set, row in means.items():
        _print_row(data_set, len(found[data_set]["random"]), row)
    _print_row("mean", sum(len(rows["random"]) for rows in found.values()),
               {name: float(np.mean([row[name] for row in means.values()])) for name in WAYS})  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


def _print_row(title: str, runs: int, row: dict[str, float]) -> None:
    fewer = 1 - row["where next"] / row["random"] if row["random"] else 0.0
    print(f"{title:26}{runs:6}" + "".join(f"{value:12.1f}" for value in row.values()) + f"{fewer:8.0%}")


if __name__ == "__main__":
    main()
