"""``sambaseg suggest-features``: which features matter, and a smaller recipe that does as well."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.commands.segment import also_of, training_of
from sambaseg.cli.inputs import (
    find_inputs,
    memory_budget,
    open_labels,
    open_micrograph,
    read_recipe_option,
    thread_count,
)
from sambaseg.cli.output import Output
from sambaseg.cli.targets import check_target
from sambaseg.durable import replace_durably

if TYPE_CHECKING:
    from sambaseg.feature_choice.importance import GroupImportance
    from sambaseg.feature_choice.suggestion import FeatureSuggestion, JudgedRecipe

BAR = 24


def suggest_features(options: Namespace, output: Output) -> None:
    """Say how much families and scales matter, and save the smaller recipe where it is wanted."""
    others = [Path(name) for pair in options.also for name in pair]
    if options.out is not None:
        check_target(options.out, (".json",), inputs=[options.image, options.labels, *others])
    training, recipe = training_of(options), read_recipe_option(options.recipe)
    pairs = [(find_inputs([options.image], options.page)[0], options.labels), *also_of(options)]

    from sambaseg.feature_choice.suggestion import suggest_features
    from sambaseg.pipeline.labelled import count_labels

    micrographs = [open_micrograph(image) for image, _ in pairs]
    labelled = [
        (micrograph, open_labels(path, micrograph.shape_yx))
        for micrograph, (_, path) in zip(micrographs, pairs, strict=True)
    ]
    counts = [count_labels(labels) for _, labels in labelled]
    plan = memory_budget(options).plan_training(
        recipe,
        training,
        channels=micrographs[0].channels,
        classes=len(set().union(*counts)),
        threads=thread_count(options),
        labelled=sum(sum(each.values()) for each in counts),
    )
    with output.progress(pairs[0][0].name) as show:
        found = suggest_features(
            labelled, recipe, training, threads=plan.threads, max_sample_bytes=plan.sample_bytes, progress=show
        )
    lines = _lines_of(found)
    if options.out is not None:
        with replace_durably(options.out) as path:
            path.write_text(json.dumps(found.after.recipe.to_json(), indent=2) + "\n", encoding="utf-8")
        lines.append(
            f"{options.out}: the smaller recipe, for --recipe" if found.is_smaller else f"{options.out}: saved"
        )
    out = None if options.out is None else str(options.out)
    output.result({**_values_of(found), "out": out}, lines)


def _lines_of(found: FeatureSuggestion) -> list[str]:
    lines = ["How much is lost on held-out strokes without them (log loss):"]
    most = max((each.importance for each in found.importances), default=0.0)
    lines += [f"  {_bar_of(each, most)}" for each in found.importances]
    few = [entry for entry, strokes in found.strokes_of_class.items() if strokes < 2]
    if few:
        named = ", ".join(map(str, few))
        lines.append(f"Only one stroke of class {named}: label it in a second place to judge better.")
    lines.append(f"now:     {_judged_line(found.before)}")
    if not found.is_smaller:
        return [*lines, "Nothing can go: each family and scale is needed."]
    recipe = found.after.recipe
    scales = ", ".join(f"{scale:g}" for scale in recipe.scales_px) or "none"
    return [
        *lines,
        f"smaller: {_judged_line(found.after)}",
        f"         families {', '.join(recipe.families)}; scales {scales} px",
        f"About {found.changed:.1%} of the image would get another class.",
    ]


def _bar_of(each: GroupImportance, most: float) -> str:
    length = round(BAR * max(0.0, each.importance) / most) if most > 0 else 0
    return f"{each.group.name:34.34} {each.importance:+8.4f} {'#' * length}".rstrip()


def _judged_line(judged: JudgedRecipe) -> str:
    return (
        f"{judged.planes} features, {judged.seconds_per_megapixel:.3f} s a megapixel on one core (estimated), "
        f"mean IoU {judged.held_out_iou:.3f} on held-out strokes"
    )


def _values_of(found: FeatureSuggestion) -> dict[str, Any]:
    return {
        "before": _judged_values(found.before),
        "after": _judged_values(found.after),
        "is_smaller": found.is_smaller,
        "changed": found.changed,
        "importances": [
            {
                "kind": each.group.kind,
                "id": each.group.id,
                "name": each.group.name,
                "planes": each.planes,
                "importance": each.importance,
            }
            for each in found.importances
        ],
        "strokes_of_class": {str(entry): strokes for entry, strokes in found.strokes_of_class.items()},
    }


def _judged_values(judged: JudgedRecipe) -> dict[str, Any]:
    return {
        "recipe": judged.recipe.to_json(),
        "planes": judged.planes,
        "seconds_per_megapixel": judged.seconds_per_megapixel,
        "held_out_iou": judged.held_out_iou,
        "held_out_loss": judged.held_out_loss,
    }
