"""How many actions a simulated person needs for a good segmentation: smart labelling against the brush.

    python bench/smart_actions.py [DATA_DIR] [PERSON_DIR] [--habits looks] [--most-images 2] [--seeds 0 1 2 3]
        [--actions 24] [--data-sets NAME ...]

Two persons label the same image, one class after the other in turn, and the pipeline trains and segments by its
defaults after each of the first eight actions, then after every fourth. Both act at the same kind of place: at first
anywhere inside the class, then in the middle of the largest area of the class that the present segmentation has wrong.
An action of the one is a brush stroke that stays inside the class, as long and thick as the simulated person's. An
action of the other is a click that accepts one of the three suggestions there, chosen by a habit (see `HABITS`), or a
stroke where none will do. Suggestions know the last result.

Printed by data set: how many actions each needs to 0.9 of the final mean intersection over union, which is the mean of
both persons' best; on the pixels that a person has not labelled, and on all pixels. Where it is never reached one more
than all actions counts.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage as ndi

from sambaseg.smart.hierarchy.answers import BlockedPixels, suggest
from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.hierarchy.table import HierarchyTable
from sambaseg.smart.prompt import Prompt, PromptPoint
from sambaseg.smart.suggester import Knowledge
from smart_cases import Case, Setting, learn, read_setting

ENOUGH = 0.9
"""Of the final mean intersection over union."""
MOST_PLACES = 5
"""Where a person looks before an action."""

TRAIN_EACH, TRAIN_EVERY = 8, 4
"""Trained after each action up to the first number, then after every so many."""

Place = tuple[int, int]


@dataclass
class Sheet:
    """What a person has drawn on a case, uint8 (h, w), and what the last training made of it."""

    case: Case
    labels_yx: np.ndarray
    classes_yx: np.ndarray | None = None
    knowledge: Knowledge | None = None
    clicks: int = 0
    walkable_by_class: dict[int, np.ndarray] = field(default_factory=dict)

    def wrong(self, class_index: int) -> np.ndarray:
        """Return the pixels of a class that are not labelled, and not segmented as that class."""
        wrong_yx = (self.case.mask_yx == class_index) & (self.labels_yx == 0)
        return wrong_yx if self.classes_yx is None else wrong_yx & (self.classes_yx != class_index)

    def walkable(self, class_index: int) -> np.ndarray:
        """Return where strokes of a class go: at least 2 px inside it."""
        if class_index not in self.walkable_by_class:
            inside_yx = np.pad(self.case.mask_yx == class_index, 1, constant_values=True)
            self.walkable_by_class[class_index] = ndi.distance_transform_edt(inside_yx)[1:-1, 1:-1] > 2
        return self.walkable_by_class[class_index]

    def add(self, area_yx: np.ndarray, class_index: int) -> None:
        """Label an area, except what has a label."""
        self.labels_yx[area_yx & (self.labels_yx == 0)] = class_index + 1


Person = Callable[[Setting, Sheet, int, list[Place], np.random.Generator], None]
"""Does one action for a class, at one of the places that are worth it, the largest wrong area first."""


@dataclass(frozen=True)
class Habit:
    """What a person who labels by suggestions takes: of so many places where the mouse may rest, the suggestion that
    labels most of what is wrong now; not more than a share of it another class, not less than so many strokes' pixels.
    """

    places: int
    most_wrong: float
    least_strokes: float


HABITS = {
    "first": Habit(places=1, most_wrong=0.25, least_strokes=0.0),
    "pure": Habit(places=1, most_wrong=0.05, least_strokes=0.0),
    "larger": Habit(places=1, most_wrong=0.05, least_strokes=1.0),
    "looks": Habit(places=5, most_wrong=0.05, least_strokes=1.0),
}


def wrong_share(mask_yx: np.ndarray, class_yx: np.ndarray) -> float:
    """Return how much of a mask lies outside of a class."""
    return float((mask_yx & ~class_yx).sum() / max(mask_yx.sum(), 1))


def brush(setting: Setting, sheet: Sheet, class_index: int, places: list[Place], rng: np.random.Generator) -> None:
    """Draw a stroke like the simulated person's from a place: a random walk at least 2 px inside the class."""
    inside_yx = sheet.case.mask_yx == class_index
    side = min(inside_yx.shape)
    walkable = sheet.walkable(class_index)
    path = np.zeros(inside_yx.shape, bool)
    y, x, heading = places[0][0] + 0.5, places[0][1] + 0.5, rng.uniform(0, 2 * np.pi)
    for _ in range(int(side / 8)):
        path[int(y), int(x)] = True
        heading += rng.normal(0, 0.15)
        for _ in range(8):
            ny, nx = y + np.sin(heading), x + np.cos(heading)
            if 0 <= ny < side_of(path, 0) and 0 <= nx < side_of(path, 1) and walkable[int(ny), int(nx)]:
                y, x = ny, nx
                break
            heading = rng.uniform(0, 2 * np.pi)
        else:
            break
    radius = max(1, round(side / 256))
    rows, columns = (slice(max(at.min() - radius, 0), at.max() + radius + 1) for at in np.nonzero(path))
    path[rows, columns] = ndi.binary_dilation(path[rows, columns], setting.person._disk(radius))
    sheet.add(path & inside_yx, class_index)


def side_of(array_yx: np.ndarray, axis: int) -> int:
    return array_yx.shape[axis]


def smart_with(habit: Habit) -> Person:
    """Return a person who accepts suggestions by a habit, and draws a stroke where none will do."""

    def act(setting: Setting, sheet: Sheet, class_index: int, places: list[Place], rng: np.random.Generator) -> None:
        case = sheet.case
        table = HierarchySuggester().prepare(case.view, knowledge=sheet.knowledge)
        others_yx = (sheet.labels_yx > 0) & (sheet.labels_yx != class_index + 1)
        blocked = blocked_pixels(table, others_yx)
        wanted_yx, class_yx = sheet.wrong(class_index), case.mask_yx == class_index
        best, most = None, habit.least_strokes * stroke_pixels(case)
        for y, x in places[: habit.places]:
            found = suggest(table, Prompt((PromptPoint(y + 0.5, x + 0.5),)), blocked=blocked)
            for mask_yx in found.masks_3yx & ~others_yx:
                gain = float((mask_yx & wanted_yx).sum())
                if gain > most and wrong_share(mask_yx, class_yx) <= habit.most_wrong:
                    best, most = mask_yx, gain
        if best is None:
            brush(setting, sheet, class_index, places, rng)
        else:
            sheet.add(best, class_index)
            sheet.clicks += 1

    return act


def stroke_pixels(case: Case) -> float:
    """Return about how many pixels a stroke has."""
    side = min(case.mask_yx.shape)
    return side / 8 * (2 * max(1, round(side / 256)) + 1)


def blocked_pixels(table: HierarchyTable, others_yx: np.ndarray) -> BlockedPixels:
    """Return how many pixels of each node have labels of other classes, as the page counts them."""
    return BlockedPixels(table, np.bincount(table.regions_yx[others_yx], minlength=table.region_area_n.size))


def find_places(sheet: Sheet, class_index: int, rng: np.random.Generator) -> list[Place]:
    """Return where to act for a class: at first anywhere in it, then in the middle of what is wrong, largest first."""
    wrong_yx = sheet.wrong(class_index)
    if not wrong_yx.any():
        return []
    if sheet.classes_yx is None:
        inside_yx = ndi.distance_transform_edt(np.pad(wrong_yx, 1))[1:-1, 1:-1] > 2
        ys, xs = np.nonzero(inside_yx if inside_yx.sum() >= 5 else wrong_yx)
        return [(int(ys[at]), int(xs[at])) for at in rng.integers(len(ys), size=MOST_PLACES)]
    areas_yx, _ = ndi.label(wrong_yx)
    sizes, boxes = np.bincount(areas_yx.ravel())[1:], ndi.find_objects(areas_yx)
    places = []
    for number in np.argsort(-sizes, kind="stable")[:MOST_PLACES]:
        top, left = boxes[number][0].start, boxes[number][1].start
        distance = ndi.distance_transform_edt(np.pad(areas_yx[boxes[number]] == number + 1, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(distance.argmax(), distance.shape)
        places.append((int(y) + top, int(x) + left))
    return places


def label_case(setting: Setting, case: Case, person: Person, seed: int, actions: int) -> tuple[np.ndarray, int]:
    """Return the quality after each action, (actions + 1, 2): on unlabelled pixels and on all, and the clicks."""
    sheet = Sheet(case, np.zeros(case.mask_yx.shape, np.uint8))
    classes = [int(index) for index in np.unique(case.mask_yx)]
    rng = np.random.default_rng(zlib.crc32(f"{case.name}/{seed}".encode()))
    quality = np.zeros((actions + 1, 2))
    turn = 0
    for action in range(1, actions + 1):
        for _ in classes:  # a class that is all right is passed over
            class_index, turn = classes[turn % len(classes)], turn + 1
            places = find_places(sheet, class_index, rng)
            if places:
                person(setting, sheet, class_index, places, rng)
                break
        if action >= len(classes) and (action <= TRAIN_EACH or action % TRAIN_EVERY == 0):
            sheet.classes_yx, sheet.knowledge = learn(case, sheet.labels_yx)
            quality[action] = judge(sheet)
    return quality, sheet.clicks


def judge(sheet: Sheet) -> tuple[float, float]:
    """Return the mean intersection over union on unlabelled pixels and on all, as the simulated person takes it."""
    truth_yx, found_yx = sheet.case.mask_yx, sheet.classes_yx
    count = int(truth_yx.max()) + 1
    pair_yx = truth_yx.astype(np.int32) * count + found_yx
    all_tf = np.bincount(pair_yx.ravel(), minlength=count * count).reshape(count, count)
    labelled_tf = np.bincount(pair_yx[sheet.labels_yx > 0], minlength=count * count).reshape(count, count)

    def mean_iou(pixels_tf: np.ndarray) -> float:
        union = pixels_tf.sum(axis=0) + pixels_tf.sum(axis=1) - pixels_tf.diagonal()
        counts = (all_tf.sum(axis=1) > 0) & (union > 0)
        return float((pixels_tf.diagonal()[counts] / union[counts]).mean())

    return mean_iou(all_tf - labelled_tf), mean_iou(all_tf)


def actions_to(quality_a: np.ndarray, final: float) -> int:
    """Return after how many actions the quality is enough; one more than all where it never is."""
    reached = np.nonzero(quality_a >= ENOUGH * final)[0]
    return int(reached[0]) if len(reached) else len(quality_a)


Rows = dict[str, dict[str, list[list[float]]]]
"""By habit and data set, a row for each image and seed: actions with smart labelling and with the brush on unlabelled
pixels, the same on all pixels, the best that both reach, the share of clicks."""


def compare(setting: Setting, options: argparse.Namespace) -> Rows:
    """Return the rows of all habits that are asked for."""
    rows: Rows = {habit: {} for habit in options.habits}
    for case in setting.cases():
        for seed in options.seeds:
            plain, _ = label_case(setting, case, brush, seed, options.actions)
            for habit in options.habits:
                smart, clicks = label_case(setting, case, smart_with(HABITS[habit]), seed, options.actions)
                row = [*compare_pair(smart, plain), clicks / options.actions]
                rows[habit].setdefault(case.data_set, []).append(row)
                print(f"# {case.name}, seed {seed}, {habit}: {np.round(row, 3).tolist()}", flush=True)
    return rows


def compare_pair(smart: np.ndarray, plain: np.ndarray) -> list[float]:
    """Return all of a row but the share of clicks."""
    row: list[float] = []
    for column in range(2):
        final = (smart[:, column].max() + plain[:, column].max()) / 2
        row += [actions_to(smart[:, column], final), actions_to(plain[:, column], final)]
    return [*row, float(smart[:, 0].max()), float(plain[:, 0].max())]


def print_table(rows: dict[str, list[list[float]]], habit: str) -> None:
    """Print the means of each data set."""
    print(f"{'':24}{'unlabelled pixels':>26}{'all pixels':>16}{'best reached':>18}{'clicks':>8}")
    print(
        f"{f'habit {habit!r}':24}{'smart':>9}{'brush':>8}{'fewer':>9}{'smart':>8}{'brush':>8}{'smart':>10}{'brush':>8}"
    )
    means = np.array([np.mean(found, axis=0) for found in rows.values()])
    for name, row in zip([*rows, "mean of data sets"], [*means, means.mean(axis=0)], strict=True):
        fewer = "smart" if row[0] < row[1] else "brush" if row[1] < row[0] else "same"
        print(
            f"{name:24}{row[0]:9.1f}{row[1]:8.1f}{fewer:>9}{row[2]:8.1f}{row[3]:8.1f}{row[4]:10.3f}{row[5]:8.3f}"
            f"{row[6]:8.2f}"
        )
    for title, one in (("unlabelled", 0), ("all", 2)):
        gain = means[:, one + 1] - means[:, one]
        print(
            f"fewer actions with smart labelling on {title} pixels: {(gain > 0).sum()} of {len(gain)} data sets, ",
            end="",
        )
        print(f"with the brush: {(gain < 0).sum()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--habits", nargs="+", choices=HABITS, default=["looks"], help="which suggestions are taken (default looks)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3], help="of each image (default 0 to 3)")
    parser.add_argument("--actions", type=int, default=24, help="of each person (default %(default)s)")
    setting, options = read_setting(parser, most_images=2)
    for habit, rows in compare(setting, options).items():
        print_table(rows, habit)


if __name__ == "__main__":
    main()
