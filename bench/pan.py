"""Frames a second while the view moves and while a person paints, in headless Chromium without a GPU.

    python bench/pan.py [--size 4096] [--seconds 6] [--json FILE]

A synthetic micrograph with a segmentation, its uncertainty and labels, all four shown over each other at 100 %. The
view is moved by a held key, by dragging with the middle button, and zoomed by the wheel; then a brush of 200 px radius
paints at 100 % and with the whole image in view. Frames are those of the browser (requestAnimationFrame). The bound
beside them is what the same browser does while nothing moves. Goals: 50 frames a second or more while the view moves,
no frame over 50 ms while painting.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from driving.labels import Labeller, Region
from driving.page import STATE, canvas_box, chromium, open_project, open_start_screen, show, wait_for
from driving.project import open_path, run_job, running_server
from make_large import write_micrograph

FRAMES_GOAL = 50
PAINT_GOAL_MS = 50
BRUSH_RADIUS_PX = 200
WARM_UP_SECONDS = 1.5


def frames_while(page: Page, act: Callable[[], None]) -> dict[str, float]:
    """Count the browser's frames while something goes on."""
    page.evaluate("() => { window.watch.frames.length = 0; }")
    act()
    gaps = np.diff(page.evaluate("() => window.watch.frames"))
    return {
        "frames a second": round(1000 / float(np.mean(gaps)), 1),
        "p95 ms": round(float(np.percentile(gaps, 95)), 1),
        "p99 ms": round(float(np.percentile(gaps, 99)), 1),
        "longest ms": round(float(gaps.max()), 1),
        "over 50 ms": int((gaps > PAINT_GOAL_MS).sum()),
        "frames": len(gaps),
    }


def hold_keys(page: Page, seconds: float) -> None:
    """Move the view by held keys, to the right, down, left and up."""
    for key in "dsaw":
        page.keyboard.down(key)
        page.wait_for_timeout(seconds * 1000 / 4)
        page.keyboard.up(key)


def drag(page: Page, seconds: float, button: str) -> None:
    """Drag over the canvas along a curve, as quickly as a hand would."""
    box = canvas_box(page)
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reach = 0.4 * min(box["width"], box["height"])
    page.mouse.move(*middle)
    page.mouse.down(button=button)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        page.mouse.move(middle[0] + reach * math.sin(1.7 * now), middle[1] + reach * math.sin(2.3 * now))
        page.wait_for_timeout(6)
    page.mouse.up(button=button)


def turn_wheel(page: Page, seconds: float) -> None:
    """Zoom out and in about the middle."""
    box = canvas_box(page)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        page.mouse.wheel(0, 40 if now % 2 < 1 else -40)
        page.wait_for_timeout(16)


def measure(page: Page, size: int, seconds: float) -> dict[str, dict[str, float]]:
    """Measure standing still, moving and painting."""
    page.evaluate("window.sambaseg.editor.set({ tool: 'brush', overlayView: 'both', showUncertainty: true })")
    page.evaluate(f"window.sambaseg.editor.set({{ brushRadiusPx: {BRUSH_RADIUS_PX}, overwrite: true }})")
    middle = size / 2
    show(page, middle, middle)
    figures = {"nothing moves": frames_while(page, lambda: page.wait_for_timeout(seconds * 1000))}
    hold_keys(page, WARM_UP_SECONDS)
    figures["pan by keys"] = frames_while(page, lambda: hold_keys(page, seconds))
    show(page, middle, middle)
    figures["pan by dragging"] = frames_while(page, lambda: drag(page, seconds, "middle"))
    figures["zoom by the wheel"] = frames_while(page, lambda: turn_wheel(page, seconds))
    show(page, middle, middle)
    drag(page, WARM_UP_SECONDS, "left")
    figures["paint at 100 %"] = frames_while(page, lambda: drag(page, seconds, "left"))
    page.evaluate("window.sambaseg.editor.fit()")
    page.wait_for_timeout(700)
    figures["paint, all in view"] = frames_while(page, lambda: drag(page, seconds, "left"))
    return figures


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        image = Path(folder) / "micrograph.tif"
        write_micrograph(image, (chosen.size, chosen.size))
        with running_server(Path(folder) / "projects") as server, chromium() as browser:
            project_id = open_path(server, image, "Pan")
            labeller = Labeller(server, project_id)
            labeller.name_classes()
            middle = chosen.size // 2
            labeller.label(Region(middle - 500, middle - 500, middle + 500, middle + 500), (chosen.size, chosen.size))
            run_job(server, project_id, "train")
            page = open_start_screen(browser, server)
            open_project(page, server, project_id)
            wait_for(page, f"{STATE}.result?.state === 'complete'")
            figures = measure(page, chosen.size, chosen.seconds)
    columns = ("frames a second", "p95 ms", "p99 ms", "longest ms", "over 50 ms")
    print(f"{'':22}" + "".join(f"{column:>17}" for column in columns))
    for name, row in figures.items():
        print(f"{name:22}" + "".join(f"{row[column]:>17}" for column in columns))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    slow = [name for name in ("pan by keys", "pan by dragging") if figures[name]["frames a second"] < FRAMES_GOAL]
    slow += [name for name, row in figures.items() if name.startswith("paint") and row["over 50 ms"]]
    if slow:
        print(f"Slower than its goal: {', '.join(slow)}.", file=sys.stderr)


if __name__ == "__main__":
    main()
