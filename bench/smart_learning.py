"""How much better suggestions get by what the forest knows, after one and three strokes a class.

    python bench/smart_learning.py [DATA_DIR] [PERSON_DIR] [--strokes 1 3] [--seeds 0 1] [--most-images 4]
        [--most-objects 30] [--data-sets NAME ...]

A simulated person draws strokes, the pipeline trains by its defaults and segments, and the suggester gets the result as
knowledge. Then the clicks of `smart_clicks.py` are answered: two on each object. Peer: the same suggester on the same
clicks before any training. Printed by data set: the mean intersection over union of the best of three, differences with
the 95 % interval of their mean (paired bootstrap over data sets), and each image of the sets that are told apart by
texture.

The ranker was fitted to images of these data sets, and to strokes of the seeds 0 to 5: other seeds are new to it, the
images are not. `python -m training.ranking --judge set` leaves whole data sets out.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.prompt import Prompt, PromptPoint
from sambaseg.smart.suggester import Knowledge
from smart_cases import TEXTURE_SETS, Case, Setting, bootstrap, learn, overlap, read_setting

Row = dict[int, list[tuple[float, float]]]
"""Overlaps of the best of three and of the one ranked first, by the number of strokes before; 0 is before training."""


@dataclass(frozen=True)
class Learned:
    """Means of one image by the number of strokes a class: (best of three, ranked first)."""

    data_set: str
    name: str
    tries: int
    means: dict[int, tuple[float, float]]


def answer_clicks(case: Case, objects: list, knowledge: Knowledge | None) -> list[tuple[float, float]]:
    """Return the overlap of the best of three and of the one ranked first for both clicks on each object."""
    prepared = HierarchySuggester().prepare(case.view, knowledge=knowledge)
    rows = []
    for click, truth_yx in objects:
        for y, x in (click.middle_yx, click.inside_yx):
            found = prepared.suggest(Prompt((PromptPoint(y + 0.5, x + 0.5),)))
            overlaps = [overlap(mask_yx, truth_yx) for mask_yx in found.masks_3yx]
            rows.append((max(overlaps), overlaps[found.best]))
    return rows


def learn_case(setting: Setting, case: Case, options: argparse.Namespace) -> Learned | None:
    """Return the means of a case before and after strokes; None where it has no objects."""
    objects = setting.person.clicks_on_objects(case.mask_yx, case.instances_yx, most=options.most_objects)
    if not objects:
        return None
    rows: Row = {0: answer_clicks(case, objects, None)}
    for strokes in options.strokes:
        for seed in options.seeds:
            labels_yx = setting.person.draw_strokes(case.mask_yx, strokes_per_class=strokes, name=case.name, seed=seed)
            _, knowledge = learn(case, labels_yx)
            rows.setdefault(strokes, []).extend(answer_clicks(case, objects, knowledge))
    means = {strokes: tuple(np.mean(found, axis=0)) for strokes, found in rows.items()}
    return Learned(case.data_set, case.name, len(rows[0]), means)


def of_set(found: list[Learned], name: str, column: int) -> np.ndarray:
    """Return the means of a data set, each try alike: one number for each number of strokes."""
    images = [image for image in found if image.data_set == name]
    values = [[mean[column] for mean in image.means.values()] for image in images]
    return np.average(values, axis=0, weights=[image.tries for image in images])


def print_table(found: list[Learned], strokes: list[int], column: int, title: str) -> None:
    """Print a row for each data set, and their mean with its interval."""
    names = list(dict.fromkeys(image.data_set for image in found))
    print(f"{title:24}{'before':>8}" + "".join(f"{f'{count} a class':>12}{'gain':>8}" for count in strokes))
    means = np.array([of_set(found, name, column) for name in names])
    for name, row in zip([*names, "mean of data sets"], [*means, means.mean(axis=0)], strict=True):
        print(f"{name:24}{row[0]:8.3f}" + "".join(f"{value:12.3f}{value - row[0]:+8.3f}" for value in row[1:]))
    for number, count in enumerate(strokes, start=1):
        gain = means[:, number] - means[:, 0]
        low, high = bootstrap(gain)
        print(
            f"after {count}: {gain.mean():+.3f} (95 % interval {low:+.3f} to {high:+.3f}); better in "
            f"{(gain > 0).sum()} of {len(gain)}, worst {gain.min():+.3f} ({names[int(gain.argmin())]})"
        )
    print()


def print_textures(found: list[Learned]) -> None:
    """Print each image of the texture sets."""
    print("texture sets, image by image, best of three")
    for image in sorted(found, key=lambda image: image.data_set):
        if image.data_set in TEXTURE_SETS:
            print(f"{image.name:54}" + "".join(f"{best:8.3f}" for best, _ in image.means.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, nargs="+", default=[1, 3], help="of each class (default 1 3)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of the strokes (default 0 1)")
    parser.add_argument("--most-objects", type=int, default=30, help="of each image (default %(default)s)")
    setting, options = read_setting(parser, most_images=4)
    found = [image for case in setting.cases() if (image := learn_case(setting, case, options))]
    print_table(found, options.strokes, 0, "best of three")
    print_table(found, options.strokes, 1, "ranked first")
    print_textures(found)


if __name__ == "__main__":
    main()
