"""What "Suggest features" saves, and what it costs: planes, time, and the true mIoU on open data.

usage: python bench/suggest_features.py [DATA_DIR] [--scoring DIR] [--strokes 3] [--seeds 0] [--most 2]
       [--recipes default] [--data-sets NAME ...] [--orders permutation impurity]
       [--tolerances IOU/LOSS/AGREEMENT/UNSTEADY ...] [--json FILE]

For each image a few strokes are drawn as by a person (`simulated_person.py` of the scoring folder). A smaller recipe is
proposed from the strokes alone, as the program does it; then a classifier is trained with the whole recipe and with the
smaller one, and both segment the image. The true mIoU is that on all pixels without labels. Seconds are estimates for
a megapixel on one core, as the page shows them. "order" is what decides which group is tried next: how much is lost on
held-out strokes where it is scrambled (permutation, which the program uses), or how much impurity it takes away.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]


def person_of(scoring: Path) -> Any:
    """Return the module that draws strokes."""
    spec = importlib.util.spec_from_file_location("simulated_person", scoring / "simulated_person.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_person"] = module
    spec.loader.exec_module(module)
    return module


def text_of(tolerance) -> str:
    return f"{tolerance.iou:g}/{tolerance.loss:g}/{tolerance.agreement:g}/{tolerance.of_unsteadiness:g}"


def by_impurity(sample, judged):
    """Return the importance of each group as the forests know it: what its planes take away of the impurity."""
    from sambaseg.feature_choice.groups import groups_in, planes_of
    from sambaseg.feature_choice.importance import GroupImportance

    shares_f = np.mean([fold.forest.importances_f for fold in judged.folds], axis=0)
    found = []
    for group in groups_in(judged.recipe):
        planes = planes_of(judged.recipe, sample.channels, group)
        if planes:
            found.append(GroupImportance(group, len(planes), float(shares_f[planes].sum())))
    return found


def try_image(image, labels_yx, mask_yx, recipe, variants, miou_of) -> list[dict[str, Any]]:
    """Return for each variant (order, tolerance) what was proposed and what came of it."""
    from sambaseg.feature_choice.elimination import eliminate
    from sambaseg.feature_choice.held_out import judge
    from sambaseg.feature_choice.importance import importances_of
    from sambaseg.feature_choice.sample import take_sample
    from sambaseg.features.cost import cost
    from sambaseg.pipeline.apply import segment
    from sambaseg.pipeline.progress import CancelToken
    from sambaseg.pipeline.settings import TrainingSettings
    from sambaseg.pipeline.train import train_classifier

    training, never, threads = TrainingSettings(), CancelToken(), 2
    true_mious: dict[Any, tuple[float, float]] = {}

    def truth_of(wanted):
        if wanted not in true_mious:
            classifier = train_classifier(image, labels_yx, wanted, training, threads=threads)
            began = time.perf_counter()
            classes_yx = segment(classifier, image, with_probabilities=False, threads=threads).classes_yx
            seconds = time.perf_counter() - began
            true_mious[wanted] = miou_of(classes_yx.astype(int) - 1, mask_yx, labels_yx == 0), seconds
        return true_mious[wanted]

    began = time.perf_counter()
    sample, _ = take_sample([(image, labels_yx)], recipe, training, threads=threads, cancelled=never)

    def judged(candidate):
        return judge(sample, candidate, training, threads=threads, cancelled=never)

    whole, rows = judged(recipe), []
    sampled = time.perf_counter() - began
    for order, tolerance in variants:
        began = time.perf_counter()
        weigh = by_impurity if order == "impurity" else lambda _, judgement: importances_of(sample, judgement, seed=0)
        smallest = eliminate(
            sample,
            whole,
            judge=judged,
            weigh=lambda judgement, weigh=weigh: weigh(sample, judgement),
            tolerance=tolerance,
        )
        seconds = sampled + time.perf_counter() - began
        before, after = cost(recipe, sample.channels), cost(smallest.recipe, sample.channels)
        (miou_before, time_before), (miou_after, time_after) = truth_of(recipe), truth_of(smallest.recipe)
        rows.append(
            {
                "order": order,
                "tolerance": text_of(tolerance),
                "planes": [before.features, after.features],
                "seconds_per_megapixel": [before.seconds_per_megapixel, after.seconds_per_megapixel],
                "segmenting_seconds": [time_before, time_after],
                "held_out_iou": [whole.iou, smallest.iou],
                "true_miou": [miou_before, miou_after],
                "seconds": seconds,
                "recipe": smallest.recipe.to_json(),
            }
        )
    return rows


def summary_of(rows: list[dict[str, Any]], name: str) -> str:
    """Return a line of the table: medians of what is saved, means of mIoU."""

    def pair(key, of=np.median):
        return [float(of([row[key][at] for row in rows])) for at in (0, 1)]

    planes, cost, held = pair("planes"), pair("seconds_per_megapixel"), pair("held_out_iou", np.mean)
    clock, truth = pair("segmenting_seconds", np.sum), pair("true_miou", np.mean)
    seconds = float(np.median([row["seconds"] for row in rows]))
    return (
        f"{name:24}{len(rows):4}{planes[0]:7.0f}{planes[1]:6.0f}{cost[0]:8.2f}{cost[1]:7.2f}{clock[0]:8.1f}"
        f"{clock[1]:7.1f}{held[0]:8.3f}{held[1]:7.3f}{truth[0]:8.3f}{truth[1]:7.3f}"
        f"{truth[1] - truth[0]:+8.3f}{seconds:7.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--scoring", type=Path, default=ROOT.parent / "shared" / "scoring")
    parser.add_argument("--strokes", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--most", type=int, default=2, help="images of each data set")
    parser.add_argument("--recipes", nargs="+", default=["default"])
    parser.add_argument("--data-sets", nargs="+")
    parser.add_argument("--orders", nargs="+", default=["permutation"], choices=("permutation", "impurity"))
    parser.add_argument("--tolerances", nargs="+", help="as 0.01/0.02/0.97/0.5; that of the program if left out")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    from sambaseg.feature_choice.elimination import TOLERANCE, Tolerance
    from sambaseg.features.recipe import PRESETS
    from sambaseg.images.reader import read_image

    person = person_of(args.scoring)
    tolerances = [Tolerance(*map(float, text.split("/"))) for text in args.tolerances or []] or [TOLERANCE]
    variants = [(order, tolerance) for order in args.orders for tolerance in tolerances]
    rows: list[dict[str, Any]] = []
    print(
        f"{'data set':24}   n  planes      s/Mpx (est.)  segm. s        held-out       true mIoU     change   takes s"
    )
    for folder in sorted(path.parent for path in args.data_dir.glob("*/masks")):
        if folder.name == "stacks3d" or (args.data_sets and folder.name not in args.data_sets):
            continue
        for recipe_name in args.recipes:
            of_set = []
            for path in sorted((folder / "images").iterdir())[: args.most]:
                mask_yx = np.asarray(Image.open(folder / "masks" / f"{path.stem}.png"))
                for seed in args.seeds:
                    name = f"{folder.name}/{path.stem}"
                    labels_yx = person.draw_strokes(mask_yx, strokes_per_class=args.strokes, name=name, seed=seed)
                    tried = try_image(
                        read_image(path), labels_yx, mask_yx, PRESETS[recipe_name], variants, person.mean_iou
                    )
                    of_set += [
                        {"data_set": folder.name, "image": path.stem, "whole": recipe_name} | row for row in tried
                    ]
            for order, tolerance in variants:
                text = text_of(tolerance)
                chosen = [row for row in of_set if (row["order"], row["tolerance"]) == (order, text)]
                told = "" if len(variants) == 1 else f"  {order} {text}"
                print(summary_of(chosen, folder.name) + f"  {recipe_name}{told}", flush=True)
            rows += of_set
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1) + "\n")
    for recipe_name in args.recipes:
        for order, tolerance in variants:
            key = recipe_name, order, text_of(tolerance)
            chosen = [row for row in rows if (row["whole"], row["order"], row["tolerance"]) == key]
            print(summary_of(chosen, "all") + f"  {' '.join(key)}")


if __name__ == "__main__":
    main()
