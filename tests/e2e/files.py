"""Files and the command line, as a person uses them beside the page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Download


def keep(download: Download, folder: Path) -> Path:
    """Keep a download under the name that the page suggests."""
    folder.mkdir(exist_ok=True)
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def description_of(path: Path) -> dict[str, Any]:
    """Return what a saved TIFF says about itself."""
    with tifffile.TiffFile(path) as file:
        return dict(json.loads(file.pages.first.description))


def run_sambaseg(*arguments: str | Path) -> str:
    """Run the command line as a person does, and return what it printed."""
    command = [str(Path(sys.executable).with_name("sambaseg")), *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def shape_image(folder: Path) -> tuple[Path, NDArray[np.uint8]]:
    """Write a picture of 200 × 160 px, dark (50) with a bright square (180) of 50 × 40 px at x 80, y 60."""
    image_yx = np.full((160, 200), 50, np.uint8)
    image_yx[60:100, 80:130] = 180
    path = folder / "shape.png"
    Image.fromarray(image_yx).save(path)
    return path, image_yx
