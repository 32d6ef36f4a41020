"""How quickly a suggestion follows the mouse in headless Chromium, and whether a decoder at work disturbs the page.

usage: python bench/hover.py [--size 1024] [--seconds 6] [--encoder FILE --decoder FILE] [--json FILE]

Latency is from a movement of the pointer (the browser's own time of the event) to the end of the frame that drew its
suggestion, with the built-in suggester over a micrograph of `size` by `size` px. The peer beside it is the browser
itself: from such an event to the next frame, whatever is drawn in it. Frames a second are counted while the mouse
moves: with the brush, with the built-in suggester, and with a Segment Anything decoder in its worker (a tiny one of the
tests, unless files of a real one are given). Goals: 16 ms in the median, 33 ms for 95 %, 50 frames a second.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from features import micrograph
from soak_kill import Server

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MODELS = Path(__file__).parents[1] / "tests/smart/models/data/sam1"
READY_SECONDS = 180
WARM_UP_SECONDS = 1.5
STATE = "window.sambaseg.editor.store.getState()"
COUNT = """() => {
  const counted = { frames: [], waits: [], event: null };
  window.counted = counted;
  const canvas = document.querySelector("[role=application] canvas");
  canvas.addEventListener("pointermove", (event) => { counted.event ??= event.timeStamp; });
  const frame = () => {
    counted.frames.push(performance.now());
    if (counted.event !== null) counted.waits.push(performance.now() - counted.event);
    counted.event = null;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def new_project(data_dir: Path, size: int) -> str:
    """Make a project of a micrograph and return its id."""
    from sambaseg.images.micrograph import Micrograph
    from sambaseg.project.new_image import NewImage
    from sambaseg.project.workspace import Workspace

    pixels = (micrograph(size) * 255).astype(np.uint8)
    workspace = Workspace(data_dir)
    store = workspace.create_project([NewImage.of(Micrograph.from_array(pixels), Path(__file__))], name="Hover")
    workspace.close()
    return store.id


def add_model(server: Server, name: str, files: dict[str, Path]) -> None:
    """Give the server the files of a model, and wait until it is ready."""
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/octet-stream"}
    for part, path in files.items():
        url = f"http://{server.host}/api/smart/models/{name}/files/{part}"
        request = urllib.request.Request(url, path.read_bytes(), headers, method="PUT")
        urllib.request.urlopen(request, timeout=60).close()
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        rows = [row for row in server.ask("GET", "/api/smart/models") if row["name"] == name]
        if rows and rows[0]["state"] == "ready":
            return
        time.sleep(0.1)
    raise TimeoutError(f"The model is not ready: {rows}")


def wait_for(page: Page, condition: str) -> None:
    """Wait until a condition on the editor's state holds."""
    for _ in range(READY_SECONDS * 20):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


def move(page: Page, seconds: float) -> int:
    """Move the mouse over the image for so long, with its ups and downs; returns the number of movements."""
    box = page.get_by_role("application", name="Micrograph").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reach = 0.4 * min(box["width"], box["height"])
    began, moves = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        page.mouse.move(middle[0] + reach * math.sin(1.3 * now), middle[1] + reach * math.sin(2.1 * now + 1))
        page.wait_for_timeout(4)
        moves += 1
    return moves


def measure(page: Page, seconds: float) -> dict[str, float]:
    """Move the mouse and return percentiles of the latency, and frames a second."""
    move(page, WARM_UP_SECONDS)
    page.evaluate("() => { Object.assign(window.counted, { frames: [], waits: [] }); }")
    known = len(page.evaluate("window.sambaseg.editor.suggestionTimes()"))
    move(page, seconds)
    counted = page.evaluate("() => ({ frames: window.counted.frames, waits: window.counted.waits })")
    times = page.evaluate("window.sambaseg.editor.suggestionTimes()")
    fresh = times[known:] if len(times) > known else times
    gaps = np.diff(counted["frames"])
    row = {
        "frames a second": round(1000 / float(np.mean(gaps)), 1),
        "longest frame": round(float(gaps.max()), 1),
        "next frame p50": round(float(np.percentile(counted["waits"], 50)), 1),
        "next frame p95": round(float(np.percentile(counted["waits"], 95)), 1),
    }
    if fresh:
        row |= {f"p{part}": round(float(np.percentile(fresh, part)), 1) for part in (50, 95, 99)} | {"n": len(fresh)}
    return row


def measure_all(page: Page, seconds: float) -> dict[str, dict[str, float]]:
    """Measure with the brush, the built-in suggester and the model."""
    page.evaluate(COUNT)
    page.evaluate("window.sambaseg.editor.set({ tool: 'brush' })")
    figures = {"brush": measure(page, seconds)}
    page.evaluate("window.sambaseg.editor.set({ tool: 'smart', smartModel: 'builtin' })")
    wait_for(page, f"{STATE}.smart.ready && {STATE}.smart.preparing.length === 0")
    figures["built in"] = measure(page, seconds)
    page.evaluate("window.sambaseg.editor.set({ smartModel: 'hover_model' })")
    page.wait_for_timeout(300)
    wait_for(page, f"{STATE}.smart.preparing.length === 0")
    figures["decoder"] = measure(page, seconds)
    assert page.evaluate(f"{STATE}.smart.model") == "hover_model", page.evaluate(f"{STATE}.notices")
    return figures


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--encoder", type=Path, default=MODELS / "encoder.onnx")
    parser.add_argument("--decoder", type=Path, default=MODELS / "decoder.onnx")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as folder, sync_playwright() as playwright:
        project_id = new_project(Path(folder), arguments.size)
        server = Server(Path(folder))
        server.start()
        server.wait_until_up()
        try:
            while not server.ask("GET", "/api/health")["kernels_ready"]:
                time.sleep(0.5)
            add_model(server, "hover_model", {"encoder": arguments.encoder, "decoder": arguments.decoder})
            own = next(filter(None, map(shutil.which, BROWSERS)), None)
            browser = playwright.chromium.launch(executable_path=own, args=ARGUMENTS)
            page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
            page.add_init_script("if (location.protocol === 'http:') localStorage.setItem('sambaseg.tour-seen', 'yes')")
            page.goto(f"http://{server.host}/?token={server.token}")
            page.goto(f"http://{server.host}/#/project/{project_id}")
            wait_for(page, f"{STATE}.smart.ready")
            figures = measure_all(page, arguments.seconds)
            browser.close()
        finally:
            server.kill()
    print(f"{'':10}{'p50':>8}{'p95':>8}{'p99':>8}   {'next frame':>14}   {'frames/s':>9}{'longest':>9}   (ms)")
    for name, row in figures.items():
        latency = "".join(f"{row.get(part, math.nan):>8}" for part in ("p50", "p95", "p99"))
        frame = f"{row['next frame p50']:>6} {row['next frame p95']:>7}"
        print(f"{name:10}{latency}   {frame}   {row['frames a second']:>9}{row['longest frame']:>9}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if figures["built in"]["p50"] > 16 or figures["built in"]["p95"] > 33:
        print("The suggestion is slower than its goal of 16 ms in the median, 33 ms for 95 %.", file=sys.stderr)


if __name__ == "__main__":
    main()
