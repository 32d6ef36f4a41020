"""How quickly the segmentation follows the hand while "Live" is on, in headless Chromium at 1280 x 800.

    python bench/live.py [--size 4096] [--strokes 30] [--labelled 5000] [--seconds 2.5] [--json FILE]

A synthetic micrograph with about 5,000 labelled pixels and the default recipe, shown at 100 %. Strokes are drawn with
the mouse; measured is from the browser's own time of "pointer up" to the first frame in which a pixel of the canvas
outside the stroke has changed, and to the last one within so many seconds (the visible region is final). The stroke's
own acknowledgement (request to answer, as the browser tells it) is measured meanwhile. The bound beside them: what
follows the hand at once, the stroke itself, is drawn within one frame of 17 ms, and every reading of the canvas adds
one.

Goals: first change p50 under 250 ms, p95 under 500 ms; final p50 under 900 ms; acknowledgement p99 under 50 ms.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, Request

from driving.labels import PHASES, Labeller, Region, places
from driving.page import STATE, canvas_box, chromium, open_project, open_start_screen, percentiles, show, wait_for
from driving.project import open_path, run_job, running_server, wait_until_ready
from make_large import write_micrograph
from server_latency import fsync_alone

DISC_PX = 29
BRUSH_PX = {1: 3, 2: 3, 3: 2}
LENGTH_PX = {1: 8, 2: 3, 3: 2}
AROUND_PX = 16
WARM_UP = 3
GOALS = {("first change", "p50"): 250, ("first change", "p95"): 500, ("final", "p50"): 900, ("stroke saved", "p99"): 50}

LISTEN = """() => {
  window.ups = [];
  window.addEventListener("pointerup", (event) => window.ups.push(event.timeStamp), { capture: true });
}"""
RECORD = "(box) => { Object.assign(window.watch, { changes: [], last: null, ignored: box }); }"


class Acknowledgements(list[float]):
    """How many milliseconds each step of labelling took to be acknowledged."""

    def listen(self, page: Page) -> None:
        """Measure all requests of a page from now on."""
        page.on("requestfinished", self._finished)

    def _finished(self, request: Request) -> None:
        if request.url.endswith("/operations") and request.method == "POST":
            self.append(request.timing["responseEnd"])


def draw(page: Page, phase: int, at: tuple[float, float], *, settle: float) -> tuple[float, float, int] | None:
    """Draw one stroke and wait; return the milliseconds to the first and last change of the canvas, and their number.

    `at` is (y, x) on the screen. None where nothing changed: the classifier said the same as before.
    """
    y, x = at
    radius, length = BRUSH_PX[phase], LENGTH_PX[phase]
    box = canvas_box(page)
    reach = radius + AROUND_PX
    left, top = x - box["x"] - reach, y - box["y"] - reach
    page.evaluate(f"window.sambaseg.editor.set({{ activeClassId: {phase}, brushRadiusPx: {radius} }})")
    page.mouse.move(x, y)
    page.wait_for_timeout(250)
    page.evaluate(RECORD, {"x0": left, "y0": top, "x1": left + 2 * reach + length, "y1": top + 2 * reach})
    page.mouse.down()
    page.mouse.move(x + length, y, steps=4)
    page.mouse.up()
    page.wait_for_timeout(settle * 1000)
    up, changes = page.evaluate("() => [window.ups.at(-1), window.watch.changes]")
    page.evaluate("() => { window.watch.changes = null; }")
    after = [(when - up, count) for when, count in changes if when > up]
    if not after:
        return None
    return after[0][0], after[-1][0], len(after)


def measure(page: Page, region: Region, strokes: int, settle: float) -> dict[str, Any]:
    """Draw the strokes of the warm-up and those that count."""
    box = canvas_box(page)
    centre_y, centre_x = (region.top + region.bottom) / 2, (region.left + region.right) / 2
    reach_y, reach_x = box["height"] / 2 - 60, box["width"] / 2 - 60
    wanted = math.ceil((strokes + WARM_UP) / len(PHASES))
    seen: dict[int, list[tuple[float, float]]] = {}
    for phase in PHASES:
        found = places(region, phase, 8 * wanted, seed=5, apart_px=20)
        inside = [(y, x) for y, x in found if abs(y - centre_y) < reach_y and abs(x - centre_x) < reach_x]
        middle = box["y"] + box["height"] / 2 - centre_y + 0.5, box["x"] + box["width"] / 2 - centre_x + 0.5
        seen[phase] = [(y + middle[0], x + middle[1]) for y, x in inside[:wanted]]
    order = [(phase, seen[phase].pop()) for _ in range(wanted) for phase in PHASES][: strokes + WARM_UP]
    saved = Acknowledgements()
    saved.listen(page)
    first, final, unchanged, repaints = [], [], 0, []
    for number, (phase, at) in enumerate(order):
        found = draw(page, phase, at, settle=settle)
        if number < WARM_UP:
            saved.clear()
        elif found is None:
            unchanged += 1
        else:
            first.append(found[0])
            final.append(found[1])
            repaints.append(found[2])
    return {
        "first change": percentiles(first),
        "final": percentiles(final),
        "stroke saved": percentiles(saved),
        "repaints of a stroke": round(float(np.mean(repaints)), 1),
        "strokes that changed nothing": unchanged,
        "each first change": [round(value) for value in first],
        "each final": [round(value) for value in final],
    }


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--labelled", type=int, default=5000, help="labelled pixels before the first stroke, about")
    parser.add_argument("--seconds", type=float, default=2.5, help="from stroke to stroke")
    parser.add_argument("--memory", help="budget of the server (its own default where left out)")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    middle = chosen.size // 2
    region = Region(middle - 512, middle - 512, middle + 512, middle + 512)
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder:
        image = Path(folder) / "micrograph.tif"
        write_micrograph(image, (chosen.size, chosen.size))
        with running_server(Path(folder) / "projects", memory=chosen.memory) as server, chromium() as browser:
            project_id = open_path(server, image, "Live")
            page = open_start_screen(browser, server)
            open_project(page, server, project_id)
            wait_until_ready(server, project_id)
            labeller = Labeller(server, project_id)
            labeller.name_classes()
            each = round(chosen.labelled / DISC_PX / len(PHASES))
            labeller.label(region, (chosen.size, chosen.size), each=each)
            run_job(server, project_id, "train")
            page.evaluate(LISTEN)
            page.evaluate("window.sambaseg.editor.set({ tool: 'brush', overlayView: 'both' })")
            show(page, middle, middle)
            page.evaluate("window.sambaseg.editor.setLive(true)")
            wait_for(page, f"{STATE}.live")
            page.wait_for_timeout(2000)
            figures = measure(page, region, chosen.strokes, chosen.seconds)
            figures["fsync alone"] = fsync_alone(Path(folder))
            figures["labelled at the end"] = sum(page.evaluate(f"Object.values({STATE}.labelledPixels)"))
    figures["labelled pixels"] = labeller.pixels
    labelled = f"{sum(labeller.pixels.values())} to {figures['labelled at the end']} labelled pixels"
    print(f"{chosen.size} x {chosen.size}, {labelled}, {chosen.strokes} strokes")
    columns = ("p50", "p95", "p99", "most", "n")
    print(f"{'ms':16}" + "".join(f"{name:>9}" for name in columns))
    for name in ("first change", "final", "stroke saved", "fsync alone"):
        print(f"{name:16}" + "".join(f"{figures[name].get(part, ''):>9}" for part in columns))
    print(f"repaints of a stroke {figures['repaints of a stroke']}, ", end="")
    print(f"strokes that changed nothing on the screen {figures['strokes that changed nothing']}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    missed = [f"{name} {part}" for (name, part), goal in GOALS.items() if figures[name][part] > goal]
    if missed:
        print(f"Missed: {', '.join(missed)}.", file=sys.stderr)


if __name__ == "__main__":
    main()
