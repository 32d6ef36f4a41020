"""The page in headless Chromium, and what is on its canvas from frame to frame.

What is measured is the picture itself, read back from the canvas at the beginning of each frame, so that nothing has to
be believed of the page. A change is seen in the frame after the one that drew it: up to 17 ms are counted too many.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from soak_kill import Server

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
VIEWPORT = {"width": 1280, "height": 800}
STATE = "window.sambaseg.editor.store.getState()"
NO_TOUR = "if (location.protocol === 'http:') localStorage.setItem('sambaseg.tour-seen', 'yes')"

# `watch.thumbs`: each frame's picture, an eighth as large, with its time. `watch.changes`: for each frame in which the
# picture changed outside `watch.ignored` (canvas pixels), its time and how many pixels did.
WATCH = """() => {
  const watch = { thumbs: null, changes: null, ignored: null, frames: [], last: null };
  window.watch = watch;
  const small = new OffscreenCanvas(1, 1);
  const pen = small.getContext("2d", { willReadFrequently: true });
  const shrunk = (canvas) => {
    small.width = Math.ceil(canvas.width / 8);
    small.height = Math.ceil(canvas.height / 8);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(canvas, 0, 0, small.width, small.height);
    return pen.getImageData(0, 0, small.width, small.height).data;
  };
  const changed = (canvas) => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const words = new Uint32Array(data.buffer);
    const before = watch.last;
    watch.last = words;
    if (!before || before.length !== words.length) return 0;
    const skip = watch.ignored ?? { x0: 0, y0: 0, x1: 0, y1: 0 };
    let count = 0;
    for (let y = 0, at = 0; y < height; y++) {
      const inside = y >= skip.y0 && y < skip.y1;
      for (let x = 0; x < width; x++, at++) {
        if (words[at] !== before[at] && !(inside && x >= skip.x0 && x < skip.x1)) count++;
      }
    }
    return count;
  };
  const frame = () => {
    watch.frames.push(performance.now());
    const canvas = document.querySelector("[role=application] canvas");
    if (canvas && watch.thumbs) watch.thumbs.push({ now: performance.now(), pixels: shrunk(canvas) });
    if (canvas && watch.changes) {
      const count = changed(canvas);
      if (count) watch.changes.push([performance.now(), count]);
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

# When the pictures became like the last one: all within `near` grey values, and all within 1.
SETTLED = """(near) => {
  const { thumbs } = window.watch;
  const last = thumbs.at(-1).pixels;
  const since = (limit) => {
    let first = thumbs.length - 1;
    for (let at = thumbs.length - 1; at >= 0; at--) {
      const { pixels } = thumbs[at];
      if (pixels.length !== last.length) break;
      let most = 0;
      for (let i = 0; i < pixels.length; i++) if (i % 4 < 3) most = Math.max(most, Math.abs(pixels[i] - last[i]));
      if (most > limit) break;
      first = at;
    }
    return thumbs[first].now;
  };
  return { like: since(near), same: since(1), frames: thumbs.length };
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's own Chromium, else Playwright's, and end it."""
    own = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=own, args=ARGUMENTS)
        yield browser
        browser.close()


def open_start_screen(browser: Browser, server: Server) -> Page:
    """Return a page of 1280 x 800 px that the server lets in, on the start screen."""
    page = browser.new_context(viewport=VIEWPORT, reduced_motion="reduce").new_page()
    page.add_init_script(NO_TOUR)
    page.goto(f"http://{server.host}/?token={server.token}")
    page.wait_for_load_state("networkidle")
    return page


def open_project(page: Page, server: Server, project_id: str) -> None:
    """Open a project and wait until its picture stands still."""
    page.goto(f"http://{server.host}/#/project/{project_id}")
    wait_for(page, f"{STATE}.project?.id === '{project_id}' && !{STATE}.loading")
    page.evaluate(WATCH)
    page.wait_for_timeout(1500)


def wait_for(page: Page, condition: str, *, seconds: float = 180) -> None:
    """Wait until a condition in the page holds. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise TimeoutError(f"{condition}; {page.evaluate(STATE + '.notices')}")


def show(page: Page, x: float, y: float, *, zoom: float = 1.0) -> None:
    """Put an image position into the middle of the view, and wait until the picture stands still."""
    page.evaluate(f"() => {{ window.sambaseg.editor.zoomTo({zoom}); window.sambaseg.editor.centreOn({x}, {y}); }}")
    page.wait_for_timeout(700)


def canvas_box(page: Page) -> dict[str, float]:
    """Return where the canvas is on the screen."""
    box = page.get_by_role("application", name="Micrograph").bounding_box()
    assert box is not None
    return dict(box)


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """Return p50, p95, p99, the largest and the number of measurements."""
    import numpy as np

    row: dict[str, Any] = {f"p{part}": round(float(np.percentile(milliseconds, part)), 1) for part in (50, 95, 99)}
    return row | {"most": round(max(milliseconds), 1), "n": len(milliseconds)}
