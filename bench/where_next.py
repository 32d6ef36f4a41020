"""How many strokes does a person save who labels where "where next" leads? Beside random places and plain uncertainty.

usage: python bench/where_next.py [DATA PERSON] [--seeds 3] [--most-images 4] [--data-sets NAME ...] [--json FILE]

DATA holds data sets with truth (NAME/images, NAME/masks), PERSON holds simulated_person.py. All three ways begin with
the same stroke in each class; then each adds 40 strokes, one after the other, of the class that truly is where it
leads, and trains and segments after each. *Random* takes any pixel of the image, *plain* the unlabelled pixel of the
highest uncertainty. See `guided_labelling` for the person, the classifier and the cuts of 512 × 512 pixels.

*Strokes*: how many were added until the mean IoU is at 95 % of the final one; 40 where it never is. The final one is
the same for all ways: that of the last ten of 50 random strokes, mean of all seeds. Curves are smoothed before by the
mean of five trainings, so that no lucky or unlucky one decides. *Early*: the mean IoU over the first 20 strokes that
are added, as a share of the final one. Both are means of a data set's runs; the median stands in brackets.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guided_labelling import Learner, Scene, cut
from sambaseg.guidance.maps import ResultMaps
from sambaseg.guidance.ranking import rank_places
from smart_cases import bootstrap, read_setting

SHARE_OF_FINAL = 0.95
MOST_STROKES, EARLY_STROKES = 40, 20
FINAL_STROKES, LAST_STROKES = 50, 10
SMOOTHED_OVER = 5

Way = Callable[[ResultMaps, np.random.Generator], tuple[int, int]]


def random_place(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return any pixel."""
    height, width = maps.image_shape_yx or maps.shape_yx
    return int(rng.integers(height)), int(rng.integers(width))


def most_uncertain(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return the unlabelled pixel with the highest uncertainty, any of those where several have it."""
    unsure_yx = np.where(maps.labels_yx == 0, maps.uncertainty_yx, 0) + rng.random(maps.shape_yx) / 2
    y, x = divmod(int(unsure_yx.argmax()), maps.shape_yx[1])
    return y * maps.scale, x * maps.scale


def where_next(maps: ResultMaps, rng: np.random.Generator) -> tuple[int, int]:
    """Return the first place of the ranking; any pixel where nothing is worth a look."""
    places = rank_places(maps, wanted=1)
    return (places[0].y, places[0].x) if places else random_place(maps, rng)


WAYS: dict[str, Way] = {"random": random_place, "plain": most_uncertain, "where next": where_next}


@dataclass(frozen=True)
class Measured:
    """What one run is worth: strokes until the mean IoU is near the final one, and the share of it early on."""

    strokes: float
    early: float


Runs = dict[str, list[Measured]]
"""What the runs of each way are worth."""


def learning_curve(scene: Scene, way: Way, *, strokes: int, seed: int, target: float = np.inf) -> np.ndarray:
    """Return the mean IoU with the first strokes, and after each of `strokes` that are added where `way` leads.

    It ends earlier where `measure` needs no more of it, since it has come to `target`.
    """
    labels_yx, rng, learner = scene.first_strokes(seed), np.random.default_rng([seed, 1]), Learner(scene)
    maps = learner.segment(labels_yx)
    scores = [scene.score(maps)]
    for _ in range(strokes):
        if len(scores) > EARLY_STROKES and (_smoothed(scores)[: -(SMOOTHED_OVER // 2)] >= target).any():
            break
        scene.add_stroke(labels_yx, way(maps, rng), rng)
        maps = learner.segment(labels_yx)
        scores.append(scene.score(maps))
    return np.array(scores)


def measure(curve: np.ndarray, final: float) -> Measured:
    """Return what a curve is worth beside a final mean IoU."""
    is_there = _smoothed(curve)[: MOST_STROKES + 1] >= SHARE_OF_FINAL * final
    strokes = int(is_there.argmax()) if is_there.any() else MOST_STROKES
    return Measured(strokes, float(curve[1 : EARLY_STROKES + 1].mean() / final))


def _smoothed(curve: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the means of the trainings around each, as many of them as there are."""
    half = SMOOTHED_OVER // 2
    return np.array([np.mean(curve[max(0, at - half) : at + half + 1]) for at in range(len(curve))])


def measure_scene(scene: Scene, ways: Mapping[str, Way], seeds: Sequence[int]) -> Runs:
    """Return what each way is worth in a scene, once a seed."""
    curves = {"random": [learning_curve(scene, ways["random"], strokes=FINAL_STROKES, seed=seed) for seed in seeds]}
    final = float(np.mean([curve[-LAST_STROKES:] for curve in curves["random"]]))
    target = SHARE_OF_FINAL * final
    for name, way in ways.items():
        if name != "random":
            curves[name] = [
                learning_curve(scene, way, strokes=MOST_STROKES, seed=seed, target=target) for seed in seeds
            ]
    return {name: [measure(curve, final) for curve in curves[name]] for name in ways}


def main() -> None:
    """Print, by data set, how many strokes each way needs, and how good it is early on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="keep what was measured there; images that it has are left out")
    setting, options = read_setting(parser, most_images=4)
    found = _read(options.json) if options.json and options.json.exists() else {}
    for case in setting.cases():
        if case.name not in found:
            found[case.name] = measure_scene(cut(case, setting.person), WAYS, range(options.seeds))
        strokes = {name: [run.strokes for run in runs] for name, runs in found[case.name].items()}
        print(f"# {case.name}: {json.dumps(strokes)}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(found, default=vars, indent=1))
    _print_table(found)


def _read(path: Path) -> dict[str, Runs]:
    return {
        name: {way: [Measured(**run) for run in runs] for way, runs in ways.items()}
        for name, ways in json.loads(path.read_text()).items()
    }


def _print_table(found: Mapping[str, Runs]) -> None:
    by_set = defaultdict[str, dict[str, list[Measured]]](lambda: {name: [] for name in WAYS})
    for case_name, ways in found.items():
        for name, runs in ways.items():
            by_set[case_name.split("/")[0]][name] += runs
    titles = (
        "".join(f"{name:>14}" for name in WAYS) + f"{'saved':>8}" + "".join(f"{f'early, {name}':>19}" for name in WAYS)
    )
    print(f"{'data set':24}{'runs':>5}{titles}")
    for data_set, ways in by_set.items():
        means = [float(np.mean([run.strokes for run in runs])) for runs in ways.values()]
        medians = [float(np.median([run.strokes for run in runs])) for runs in ways.values()]
        cells = [f"{mean:.1f} ({median:.0f})" for mean, median in zip(means, medians, strict=True)]
        _print_row(
            data_set,
            len(ways["random"]),
            cells,
            means,
            [np.mean([run.early for run in runs]) for runs in ways.values()],
        )
    strokes, early = _means_of_sets(by_set, "strokes"), _means_of_sets(by_set, "early")
    means = [float(each.mean()) for each in strokes]
    runs = sum(len(ways["random"]) for ways in by_set.values())
    _print_row("mean of data sets", runs, [f"{mean:.1f}    " for mean in means], means, [each.mean() for each in early])
    for at, name in enumerate(list(WAYS)[:-1]):
        for what, gain, form in (
            ("fewer strokes", strokes[at] - strokes[-1], ".1f"),
            ("more of the IoU early", early[-1] - early[at], ".1%"),
        ):
            low, high = bootstrap(gain)
            print(f"{what} than {name}: {gain.mean():{form}}, 95 % interval {low:{form}} to {high:{form}}; "
                  f"better on {(gain > 0).sum()} of {len(by_set)}, worse on {(gain < 0).sum()}")  # fmt: skip


def _means_of_sets(by_set: Mapping[str, Runs], what: str) -> list[np.ndarray]:
    """Return, for each way, the means of the data sets."""
    return [
        np.array([np.mean([getattr(run, what) for run in ways[name]]) for ways in by_set.values()]) for name in WAYS
    ]


def _print_row(title: str, runs: int, cells: Sequence[str], means: Sequence[float], early: Sequence[float]) -> None:
    saved = f"{1 - means[-1] / means[0]:8.0%}" if means[0] else f"{'':8}"
    shares = "".join(f"{share:19.1%}" for share in early)
    print(f"{title:24}{runs:5}" + "".join(f"{cell:>14}" for cell in cells) + saved + shares)


if __name__ == "__main__":
    main()
