"""The arguments of ``sambaseg next``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sambaseg.cli.options import LABELS_HELP, add_command, add_common, add_memory, add_page, whole_number


def add_next(commands: Any) -> None:  # noqa: ANN401
    """Add the command."""
    parser = add_command(
        commands,
        "next",
        "List the places of an image where a new label would help most, as a table of x, y and why.",
        "sambaseg next steel.tif --classifier steel.sambaseg --labels steel-labels.tif",
        module="where_next",
        function="where_next",
    )
    parser.add_argument("image", type=Path, help="the micrograph")
    parser.add_argument("--classifier", type=Path, required=True, metavar="C.sambaseg", help="what was learned so far")
    parser.add_argument("--labels", type=Path, metavar="FILE", help=f"what is labelled already: {LABELS_HELP}")
    parser.add_argument(
        "--places", type=whole_number("--places", 1, 1000), default=12, metavar="N", help="at most so many places (12)"
    )
    add_page(parser)
    add_common(parser)
    add_memory(parser)
