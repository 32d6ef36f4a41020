"""How good suggestions are at one click, and how much each further click betters them.

    python bench/smart_clicks.py [DATA_DIR] [PERSON_DIR] [--most-images 4] [--most-objects 30] [--data-sets NAME ...]

Two clicks are tried for each object, in its middle and anywhere inside. After the first, a simulated person takes the
best of the three masks and clicks in the middle (farthest from the edge) of its largest wrong area: a positive point
where the mask lacks something, a negative one where it holds too much. All points so far are one prompt. Printed by
data set: the mean intersection over union of the best of three, of the one that is ranked first, and the share of
clicks over 0.75.
Peer: the same clicks answered by the plain disc of 8, 16 or 32 px that fits best.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi

from sambaseg.smart.hierarchy.suggester import HierarchySuggester
from sambaseg.smart.prompt import Prompt, PromptPoint
from sambaseg.smart.suggester import Prepared
from smart_cases import Case, Setting, bootstrap, overlap, read_setting

MOST_CLICKS = 4
GOOD = 0.75
DISC_RADII_PX = (8, 16, 32)


@dataclass(frozen=True)
class Tries:
    """All first clicks of a data set and what followed: (tries, clicks) of overlaps; `disc` (tries,) is the peer's."""

    best: np.ndarray
    first: np.ndarray
    disc: np.ndarray


def next_point(mask_yx: np.ndarray, truth_yx: np.ndarray) -> PromptPoint | None:
    """Return the middle of the largest wrong area of a mask; None where nothing is wrong."""
    rows, columns = np.nonzero((mask_yx | truth_yx).any(axis=1))[0], np.nonzero((mask_yx | truth_yx).any(axis=0))[0]
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    mask, truth = mask_yx[part], truth_yx[part]
    areas = [(*_largest_area(wrong), positive) for wrong, positive in ((truth & ~mask, True), (mask & ~truth, False))]
    size, area, positive = max(areas, key=lambda entry: entry[0])
    if size == 0:
        return None
    distance = ndi.distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return PromptPoint(float(y + rows[0]) + 0.5, float(x + columns[0]) + 0.5, positive)


def _largest_area(wrong_yx: np.ndarray) -> tuple[int, np.ndarray]:
    pieces_yx, _ = ndi.label(wrong_yx)
    sizes = np.bincount(pieces_yx.ravel())
    sizes[0] = 0
    return int(sizes.max()), pieces_yx == sizes.argmax()


def follow(prepared: Prepared, start_yx: tuple[int, int], truth_yx: np.ndarray) -> tuple[list[float], list[float]]:
    """Return the overlap of the best of three, and of the one ranked first, after each click."""
    points = (PromptPoint(start_yx[0] + 0.5, start_yx[1] + 0.5),)
    best, first = [], []
    for _ in range(MOST_CLICKS):
        found = prepared.suggest(Prompt(points))
        overlaps = [overlap(mask, truth_yx) for mask in found.masks_3yx]
        best.append(max(overlaps))
        first.append(overlaps[found.best])
        point = next_point(found.masks_3yx[int(np.argmax(overlaps))], truth_yx)
        if point is None:
            break
        points += (point,)
    missing = MOST_CLICKS - len(best)
    return best + best[-1:] * missing, first + first[-1:] * missing


def disc_overlap(point_yx: tuple[int, int], truth_yx: np.ndarray) -> float:
    """Return the overlap of the plain disc around a click that fits best."""
    y, x = np.ogrid[: truth_yx.shape[0], : truth_yx.shape[1]]
    squared = (y - point_yx[0]) ** 2 + (x - point_yx[1]) ** 2
    return max(overlap(squared <= radius**2, truth_yx) for radius in DISC_RADII_PX)


def try_objects(setting: Setting, case: Case, most_objects: int) -> list[tuple[list[float], list[float], float]]:
    """Return what `follow` and `disc_overlap` say of both clicks on each object of a case."""
    objects = setting.person.clicks_on_objects(case.mask_yx, case.instances_yx, most=most_objects)
    if not objects:
        return []
    prepared = HierarchySuggester().prepare(case.view)
    return [
        (*follow(prepared, point, truth), disc_overlap(point, truth))
        for click, truth in objects
        for point in (click.middle_yx, click.inside_yx)
    ]


def measure(setting: Setting, most_objects: int) -> dict[str, Tries]:
    """Return the tries of each data set that has objects."""
    rows: dict[str, list[tuple[list[float], list[float], float]]] = {}
    for case in setting.cases():
        rows.setdefault(case.data_set, []).extend(try_objects(setting, case, most_objects))
    columns = {name: zip(*tries, strict=True) for name, tries in rows.items() if tries}
    return {name: Tries(*(np.array(column) for column in three)) for name, three in columns.items()}


def print_one_click(found: dict[str, Tries]) -> None:
    print(f"{'one click':24}{'tries':>6}{'best of 3':>11}{'ranked 1st':>12}{'>0.75':>7}{'best disc':>11}")
    rows = []
    for name, tries in found.items():
        best = tries.best[:, 0]
        rows.append((best.mean(), tries.first[:, 0].mean(), (best > GOOD).mean(), tries.disc.mean()))
        print(f"{name:24}{len(best):6}" + "{:11.3f}{:12.3f}{:7.2f}{:11.3f}".format(*rows[-1]))
    print(f"{'mean of data sets':24}{'':6}" + "{:11.3f}{:12.3f}{:7.2f}{:11.3f}".format(*np.mean(rows, axis=0)))


def print_further_clicks(found: dict[str, Tries]) -> None:
    clicks = "".join(f"{number:7}" for number in range(1, MOST_CLICKS + 1))
    print(f"{'after so many clicks':24}{clicks}  | ranked 1st{clicks[7:]}  | >0.75{clicks[7:]}")
    rows = []
    for name, tries in found.items():
        rows.append(np.concatenate([tries.best.mean(0), tries.first.mean(0), (tries.best > GOOD).mean(0)]))
        print(f"{name:24}" + _three_blocks(rows[-1]))
    means = np.array(rows)
    print(f"{'mean of data sets':24}" + _three_blocks(means.mean(axis=0)))
    for click in range(1, MOST_CLICKS):
        gain = means[:, click] - means[:, click - 1]
        low, high = bootstrap(gain)
        print(
            f"click {click + 1} raises the best of three by {gain.mean():+.3f} (95 % interval over data sets "
            f"{low:+.3f} to {high:+.3f}), in {(gain > 0).sum()} of {len(gain)} data sets"
        )


def _three_blocks(row: np.ndarray) -> str:
    best, first, share = ("".join(f"{value:7.3f}" for value in block) for block in np.split(row, 3))
    return f"{best}  |    {first}  | {share[1:]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most-objects", type=int, default=30, help="of each image (default %(default)s)")
    setting, options = read_setting(parser, most_images=4)
    found = measure(setting, options.most_objects)
    print_one_click(found)
    print()
    print_further_clicks(found)


if __name__ == "__main__":
    main()
