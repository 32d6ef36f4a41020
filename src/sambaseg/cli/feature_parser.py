"""The arguments of ``sambaseg suggest-features``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sambaseg.cli.options import (
    LABELS_HELP,
    add_also,
    add_command,
    add_common,
    add_memory,
    add_page,
    add_training_options,
)


def add_suggest_features(commands: Any) -> None:  # noqa: ANN401
    """Add the command."""
    parser = add_command(
        commands,
        "suggest-features",
        "Say which features matter, and propose a smaller recipe that does as well on labels held out.",
        "sambaseg suggest-features steel.tif --labels steel-labels.tif --out smaller.json",
        module="suggest_features",
        function="suggest_features",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--labels", type=Path, required=True, metavar="FILE", help=LABELS_HELP)
    add_also(parser)
    parser.add_argument("--out", type=Path, metavar="RECIPE.json", help="where the smaller recipe is saved")
    add_training_options(parser)
    add_page(parser)
    add_common(parser)
    add_memory(parser)
