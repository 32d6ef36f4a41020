"""The arguments of ``sambaseg measure``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sambaseg.cli.options import add_command, add_json, add_memory, add_page, whole_number
from sambaseg.errors import UsageError

OUT_HELP = "a .csv file for one row an image and class, or a folder for that, all regions, chords and correlations"


def add_measure(commands: Any) -> None:  # noqa: ANN401
    """Add the command."""
    parser = add_command(
        commands,
        "measure",
        "Measure segmentations: area fractions, regions, perimeters, chord lengths, two-point correlation.",
        "sambaseg measure steel-segmentation.tif --pixel-size 0.05 --out measured.csv",
        module="measure",
        function="measure",
    )
    parser.add_argument(
        "images", type=Path, nargs="+", metavar="segmentation", help="saved segmentations: files or folders of files"
    )
    parser.add_argument("--out", type=Path, metavar="WHERE", help=OUT_HELP)
    parser.add_argument(
        "--classifier", type=Path, metavar="C.sambaseg", help="take the classes' names from it (default: from the file)"
    )
    parser.add_argument(
        "--pixel-size",
        type=pixel_size,
        metavar="µM",
        help="side of a pixel in micrometres, or Y,X (default: as the file says; pixels where it does not)",
    )
    parser.add_argument(
        "--connectivity",
        type=whole_number("--connectivity"),
        default=8,
        help="8: pixels of a class that touch at a corner are one region; 4: only those with a common side (8)",
    )
    parser.add_argument(
        "--border-regions",
        choices=("leave_out", "keep"),
        default="leave_out",
        help="whether regions at the edge count in the statistics of sizes (leave_out)",
    )
    parser.add_argument(
        "--longest",
        type=whole_number("--longest"),
        default=256,
        metavar="PX",
        help="longest distance of the two-point correlation in pixels, at most half of the shorter side (256)",
    )
    add_page(parser, default=None)
    add_json(parser)
    add_memory(parser)


def pixel_size(text: str) -> tuple[float, float]:
    """Return the size (y, x) of a pixel in micrometres. Raises UsageError."""
    parts = text.split(",")
    try:
        sides = [float(part) for part in parts]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or not all(0 < side < float("inf") for side in sides):
        raise UsageError(
            f"--pixel-size must be micrometres above 0, not {text[:40]!r}.",
            hint="Write 0.05 for square pixels, or 0.05,0.04 for height and width.",
        )
    return sides[0], sides[-1]
