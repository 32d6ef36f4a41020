"""Load the images of this archive: `python load.py`, or `from load import load`; needs tifffile and Pillow."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def read_image(path: Path) -> Any:  # noqa: ANN401
    """Return an image as an array."""
    if path.suffix.lower() in (".tif", ".tiff"):
        import tifffile

        return tifffile.imread(path)
    import numpy
    from PIL import Image

    with Image.open(path) as image:
        return numpy.asarray(image)


def load(split: str | None = None, folder: Path | str = FOLDER) -> Iterator[dict[str, Any]]:
    """Yield a dict for each image of a split ("train", "validation", "test"; None: of all).

    `image`, `labels` and `segmentation` are arrays, None where they are not shared; `classes` are id, name, colour.
    """
    folder = Path(folder)
    with (folder / "entries.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if split is None or row["split"] == split:
                arrays = {
                    what: read_image(folder / row[what]) if row[what] else None
                    for what in ("image", "labels", "segmentation")
                }
                yield {**row, **arrays, "classes": json.loads(row["classes"])}


if __name__ == "__main__":
    for each in load():
        shapes = {what: getattr(each[what], "shape", None) for what in ("image", "labels", "segmentation")}
        print(each["split"], each["title"], shapes)
