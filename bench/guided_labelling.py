"""A cut of a micrograph with truth, a person who draws strokes where she is led, and a forest that learns from them.

Nothing to run here: `where_next` measures with it. The forest is the default one, but for fewer trees and labelled
pixels (`TREES`, `POINTS`), so that thousands of trainings take minutes; shares of reaches are chosen anew when the
labels have doubled, as while the page is live. Only every second pixel of every second row is segmented (`STEP`), so
that places are looked for as in an image of twice the side.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType

import numpy as np
from scipy import ndimage as ndi

from sambaseg.features.recipe import DEFAULT_RECIPE
from sambaseg.features.scaling import Scaling
from sambaseg.features.stack import compute_stack
from sambaseg.forest.bins import FeatureBins, choose_bins, quantise_planes
from sambaseg.forest.train import train_on_bins
from sambaseg.forest.tree_groups import TreeGroup
from sambaseg.forest.uncertainty import uncertainty_as_bytes, uncertainty_of
from sambaseg.guidance.maps import ResultMaps
from sambaseg.pipeline.class_fractions import SMALLEST_FRACTION, TRUST
from sambaseg.pipeline.labelled import LabelledPixels, choose_labelled, count_labels
from sambaseg.pipeline.progress import CancelToken
from sambaseg.pipeline.reach import HeldOut, compare_reaches, groups_of, has_strokes_to_hold_out, reaches_of
from sambaseg.pipeline.settings import TrainingSettings
from sambaseg.pipeline.strokes import find_strokes
from smart_cases import Case

SIDE, STEP = 512, 2
TREES, POINTS = 42, 4000
SETTINGS = TrainingSettings(trees=TREES, points=POINTS).forest_settings()
REACHES = reaches_of(DEFAULT_RECIPE, 1)
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
    def walkable(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Where strokes of each class may go, as a mask and its places: 2 px inside it where it is thick enough."""
        found = {}
        for class_index in np.unique(self.mask_yx):
            inside = self.mask_yx == class_index
            deep = ndi.distance_transform_edt(np.pad(inside, 1, constant_values=True))[1:-1, 1:-1] > LET_PASS_PX
            chosen = deep if deep.sum() >= 5 else inside
            found[int(class_index)] = chosen, np.argwhere(chosen)
        return found

    @cached_property
    def seen_bins_fyx(self) -> np.ndarray:
        """The features of the pixels that are segmented."""
        return np.ascontiguousarray(self.bins_fyx[:, ::STEP, ::STEP])

    def add_stroke(self, labels_yx: np.ndarray, place_yx: tuple[int, int], rng: np.random.Generator) -> None:
        """Draw a stroke of the class that truly is at a place, from the nearest place where it is thick enough.

        It goes on as strokes of the simulated person do.
        """
        class_index = int(self.mask_yx[place_yx])
        walkable, places = self.walkable[class_index]
        y, x = (float(at) for at in places[((places - place_yx) ** 2).sum(axis=1).argmin()])
        height, width = labels_yx.shape
        path, heading = list[tuple[int, int]](), rng.uniform(0, 2 * np.pi)
        for _ in range(min(height, width) // 8):
            path.append((int(y), int(x)))
            heading += rng.normal(0, 0.15)
            for _ in range(8):
                ny, nx = y + np.sin(heading), x + np.cos(heading)
                if 0 <= ny < height and 0 <= nx < width and walkable[int(ny), int(nx)]:
                    y, x = ny, nx
                    break
                heading = rng.uniform(0, 2 * np.pi)
            else:
                break
        radius = max(1, round(min(height, width) / 256))
        around = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1)
        covered = np.array(path).T[:, :, None] + around[:, np.hypot(*around) <= radius][:, None]
        rows, columns = np.clip(covered[0], 0, height - 1), np.clip(covered[1], 0, width - 1)
        inside = self.mask_yx[rows, columns] == class_index
        labels_yx[rows[inside], columns[inside]] = class_index + 1

    def first_strokes(self, seed: int) -> np.ndarray:
        """Return labels with one stroke in each class, from a random place of it."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        labels_yx = np.zeros(self.mask_yx.shape, np.uint8)
        for _, places in self.walkable.values():
            y, x = places[rng.integers(len(places))]
            self.add_stroke(labels_yx, (int(y), int(x)), rng)
        return labels_yx

    def score(self, maps: ResultMaps) -> float:
        """Return the mean IoU on unlabelled pixels."""
        return float(
            self.person.mean_iou(maps.classes_yx.astype(int) - 1, self.mask_yx[::STEP, ::STEP], maps.labels_yx == 0)
        )


@dataclass
class Learner:
    """Trains on the labels of one scene again and again."""

    scene: Scene
    shares_of: int = 0
    groups: list[TreeGroup] = field(default_factory=lambda: groups_of(REACHES, TREES))

    def segment(self, labels_yx: np.ndarray) -> ResultMaps:
        """Return what a forest trained on labels says of the scene."""
        chosen = choose_labelled([labels_yx], count_labels(labels_yx), points=POINTS, seed=0)
        ids_n = chosen[0].class_ids_n.astype(np.int64)
        sample_fn = np.ascontiguousarray(self.scene.bins_fyx[:, chosen[0].rows_n, chosen[0].columns_n])
        self._choose_shares(chosen, sample_fn, ids_n, labelled=int(np.count_nonzero(labels_yx)))
        forest = train_on_bins(sample_fn, ids_n, self.scene.bins, settings=SETTINGS, groups=self.groups)
        seen_fyx = self.scene.seen_bins_fyx
        fractions_k = forest.predict_tile(np.ascontiguousarray(seen_fyx[:, ::4, ::4])).mean(axis=(1, 2))
        factors_k = (np.maximum(fractions_k, SMALLEST_FRACTION) * len(fractions_k)) ** TRUST
        forest = forest.with_class_factors(tuple(float(factor) for factor in factors_k))
        probabilities_kyx = forest.predict_tile(seen_fyx)
        return ResultMaps(
            forest.most_probable(probabilities_kyx).astype(np.uint8),
            uncertainty_as_bytes(uncertainty_of(probabilities_kyx)),
            np.ascontiguousarray(labels_yx[::STEP, ::STEP]),
            STEP,
            self.scene.mask_yx.shape,
        )

    def _choose_shares(
        self, chosen: list[LabelledPixels], sample_fn: np.ndarray, ids_n: np.ndarray, *, labelled: int
    ) -> None:
        if labelled < 2 * self.shares_of:
            return
        strokes_n = find_strokes(chosen)
        if has_strokes_to_hold_out(ids_n, strokes_n):
            held_out = HeldOut(sample_fn.astype(np.float32), ids_n)
            shares = compare_reaches(REACHES, held_out, strokes_n, SETTINGS, threads=1, cancelled=CancelToken())
            self.groups, self.shares_of = groups_of(shares, TREES), labelled


def cut(case: Case, person: ModuleType) -> Scene:
    """Return the part of a case that is measured: of nine, that with the most classes and the most of the rarest."""
    starts = [sorted({0, max(0, (length - SIDE) // 2), max(0, length - SIDE)}) for length in case.mask_yx.shape]
    parts = [(slice(y, y + SIDE), slice(x, x + SIDE)) for y in starts[0] for x in starts[1]]

    def worth(part: tuple[slice, slice]) -> tuple[int, int]:
        _, counts = np.unique(case.mask_yx[part], return_counts=True)
        return len(counts), int(counts.min())

    part = max(parts, key=worth)
    scaled_cyx = Scaling.for_image(case.micrograph).apply(case.micrograph.pixels_cyx[:])
    stack_fyx = compute_stack(np.ascontiguousarray(scaled_cyx[:1, *part]), DEFAULT_RECIPE, threads=1)
    bins = choose_bins(np.ascontiguousarray(stack_fyx.reshape(len(stack_fyx), -1)[:, ::7]))
    bins_fyx = np.empty(stack_fyx.shape, np.uint8)
    quantise_planes(stack_fyx, bins.edges_fb, bins_fyx, 0, 0, 0)
    return Scene(case.name, case.mask_yx[part].copy(), bins_fyx, bins, person)
