"""Screenshots of the page in light and dark, in two sizes; some of them are the pictures of manual and README."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results"
SIZES = [(1280, 800), (1920, 1080)]
SETTLED_MS = 250
WRITES = bool(os.environ.get("SAMBASEG_WRITE_PICTURES"))


def photograph(page: Page, name: str, *, publish_as: str | None = None, part: Locator | None = None) -> None:
    """Take the page in light and dark and in all sizes into `test-results/`.

    Where pictures are to be written, the small light one (of `part` only) also goes to `publish_as`, a path below
    `docs/`. The page is left light and small, as it was.
    """
    RESULTS.mkdir(exist_ok=True)
    for width, height in reversed(SIZES):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(page.locator(f"html[data-mantine-color-scheme={scheme}]")).to_have_count(1)
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=RESULTS / f"{name}-{scheme}-{width}x{height}.png")
    if publish_as and WRITES:
        publish((part or page).screenshot(), publish_as)


def publish(png: bytes, name: str) -> None:
    """Write a screenshot as a small picture below `docs/`."""
    path = ROOT / "docs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=82, method=6)
