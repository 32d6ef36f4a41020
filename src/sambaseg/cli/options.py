"""What several commands have in common: a command with its example, options, and what reads their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.errors import UsageError
from sambaseg.forest.settings import BALANCES, CLASSIFIER_KINDS, FeaturesPerSplit
from sambaseg.pipeline.settings import REACHES, TrainingSettings

if TYPE_CHECKING:
    from sambaseg.cleaning.steps import CleaningStep

LABELS_HELP = "an image of whole numbers: class ids, 0 where nothing is labelled"
MODE_HELP = "this machine (local), people with accounts (lab), anybody (public)"
IMAGES_HELP = "micrographs of the same kind: files, of one page or many, folders of files, OME-Zarr"
OUT_HELP = (
    "a .tif file (of several images, all of one size, a stack), a folder, which is made (files are named "
    "NAME-segmentation.tif), or for one image a new .zarr folder with the image and its labels"
)
CLEAN_HELP = (
    "clean up in this order, as fill_holes:100,remove_small:50:2+3,majority:2: sizes in pixels, a radius for majority, "
    "then ids of classes, all where none are named; none leaves the segmentation as it is"
)
POINTS_HELP = "a JSON list of [y, x], or of objects with points and a box"
RECIPE_HELP = "features: default, fast, samba, weka, ilastik, all, learned, or a JSON file (default: default)"


def add_command(
    commands: Any,  # noqa: ANN401
    name: str,
    help_text: str,
    example: str,
    *,
    module: str,
    function: str,
) -> argparse.ArgumentParser:
    """Add a command that runs `function` of ``sambaseg.cli.commands.module``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=help_text,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(module=module, function=function)
    return parser


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add the folder of projects."""
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help="folder that holds the projects")


def add_also(parser: argparse.ArgumentParser) -> None:
    """Add further images to train on."""
    parser.add_argument(
        "--also",
        nargs=2,
        action="append",
        default=[],
        metavar=("IMAGE", "LABELS"),
        help="one more image with its labels to train on; may be given several times",
    )


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add where results are written, and how."""
    parser.add_argument("--out", type=Path, required=True, metavar="WHERE", help=OUT_HELP)
    parser.add_argument(
        "--uncertainty", type=Path, metavar="WHERE", help="save the uncertainty too, 0 to 255 for 0 to 1; as --out"
    )
    parser.add_argument(
        "--probabilities", type=Path, metavar="WHERE", help="save the class probabilities, a page a class; as --out"
    )
    parser.add_argument(
        "--values",
        choices=("ids", "spread"),
        default="ids",
        help="segmentation as class ids, or as greys spread over 0 to 255 (default: ids)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="leave out images whose results are in the folder, by this classifier"
    )


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add features and forest."""
    parser.add_argument("--recipe", metavar="RECIPE", help=RECIPE_HELP)
    add = _TrainingOptions(parser, TrainingSettings()).add
    add("classifier", "what learns", choices=CLASSIFIER_KINDS)
    add("trees", "trees of the forest", type=whole_number("--trees"))
    add("depth", "depth of each tree", type=whole_number("--depth"))
    add("features_per_split", "features that each split looks at, or sqrt of their number", type=features_per_split)
    add("min_leaf", "samples that a leaf needs", type=whole_number("--min-leaf"))
    add("points", "labelled pixels that train, or all", type=points)
    add("balance", "whether classes count by their share of the image, the same, or by their labels", choices=BALANCES)
    add("reach", "whether some trees look at small scales only, or all at the whole recipe", choices=REACHES)
    add("seed", "random seed", type=whole_number("--seed"))
    add_clean(parser, "default: none; kept in the classifier")


def add_estimate(parser: argparse.ArgumentParser) -> None:
    """Add the estimate by held-out strokes."""
    parser.add_argument(
        "--estimate", action="store_true", help="estimate by held-out strokes how well the result agrees with the truth"
    )


class _TrainingOptions:
    """Adds options named as the fields of `TrainingSettings`, with their defaults."""

    def __init__(self, parser: argparse.ArgumentParser, defaults: TrainingSettings) -> None:
        self._parser = parser
        self._defaults = defaults

    def add(self, name: str, help_text: str, **reading: Any) -> None:  # noqa: ANN401
        default = getattr(self._defaults, name)
        said = "all" if default is None else default
        self._parser.add_argument(
            f"--{name.replace('_', '-')}", default=default, help=f"{help_text} ({said})", **reading
        )


def add_clean(parser: argparse.ArgumentParser, default_words: str) -> None:
    """Add the steps that clean segmentations up."""
    parser.add_argument("--clean", type=clean_steps, metavar="STEPS", help=f"{CLEAN_HELP} ({default_words})")


def add_page(parser: argparse.ArgumentParser, default: int | None = 0) -> None:
    """Add the page of an image; None stands for all."""
    said = "all" if default is None else default
    parser.add_argument(
        "--page", type=whole_number("--page"), default=default, help=f"page of the image, counted from 0 ({said})"
    )


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Add the limit of memory."""
    parser.add_argument(
        "--memory",
        type=megabytes,
        metavar="SIZE",
        help="memory that may be used, as 2GB or 800MB (default: half of the machine's, at most 8 GB)",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add threads and JSON."""
    add_threads(parser)
    add_json(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add the number of threads."""
    parser.add_argument(
        "--threads", type=whole_number("--threads", 1, 1024), help="threads that compute (default: one a core)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add answers in JSON."""
    parser.add_argument("--json", action="store_true", help="answer in JSON, errors too")


def whole_number(name: str, lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number; bounds that are not given here are checked where the number is used."""

    def read(text: str) -> int:
        between = "" if lowest is None else f" from {lowest} to {highest}"
        try:
            value = int(text)
        except ValueError:
            raise UsageError(f"{name} must be a whole number{between}, not {text[:40]!r}.") from None
        if lowest is not None and highest is not None and not lowest <= value <= highest:
            raise UsageError(f"{name} must be a whole number{between}, not {value}.")
        return value

    return read


def megabytes(text: str) -> int:
    """Return a size of memory in megabytes. Raises ParameterError."""
    from sambaseg.settings import parse_memory_mb

    return parse_memory_mb(text)


def clean_steps(text: str) -> tuple[CleaningStep, ...]:
    """Return steps of cleaning, none for "none". Raises ParameterError."""
    from sambaseg.cleaning.steps import parse_steps

    return () if text == "none" else parse_steps(text)


def features_per_split(text: str) -> FeaturesPerSplit:
    """Return a number of features, or "sqrt"."""
    return "sqrt" if text == "sqrt" else whole_number("--features-per-split")(text)


def points(text: str) -> int | None:
    """Return a number of labelled pixels; None for all."""
    return None if text == "all" else whole_number("--points")(text)
