"""Write the golden table and answers anew: what Python and the page must both answer.

usage: python tests/smart/hierarchy/make_golden.py

`tests/smart/data/hierarchy_golden.json` holds a prepared view of `golden_picture` (base64) and what prompts give on it:
points inside and outside, boxes, labels of other classes. The table changes with the ranker, the answers do not.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2] / "src")]

from sambaseg.smart.hierarchy.answers import BlockedPixels, Part, answer, mask_of  # noqa: E402
from sambaseg.smart.hierarchy.suggester import HierarchySuggester  # noqa: E402
from sambaseg.smart.hierarchy.table import HierarchyTable  # noqa: E402
from sambaseg.smart.prompt import Box, Prompt, PromptPoint  # noqa: E402
from sambaseg.smart.view_image import ViewImage  # noqa: E402

GOLDEN = HERE.parent / "data" / "hierarchy_golden.json"
SHAPE = (48, 64)


def golden_picture():
    """Return a view of discs and a stripe on uneven ground, from whole numbers, so that it is the same everywhere."""
    y, x = np.indices(SHAPE)
    grey = 60 + x // 2 + (x * 7919 + y * 104_729) % 97 % 13
    for middle_y, middle_x, radius, value in ((12, 14, 9, 180), (30, 40, 12, 210), (34, 12, 6, 150), (10, 50, 7, 20)):
        grey = np.where((y - middle_y) ** 2 + (x - middle_x) ** 2 <= radius**2, value + (x + 3 * y) % 7, grey)
    grey = np.where((y - x // 4) // 3 == 10, 120, grey)
    return ViewImage((grey[np.newaxis] / np.float64(256)).astype(np.float32), is_rgb=False)


def golden_prompts():
    """Return prompts of many kinds."""
    rng = np.random.default_rng(7)
    height, width = SHAPE

    def point(positive):
        return PromptPoint(int(rng.integers(2 * height)) / 2, int(rng.integers(2 * width)) / 2, positive)

    def box():
        top, bottom = sorted(rng.choice(2 * height, 2, replace=False).tolist())
        left, right = sorted(rng.choice(2 * width, 2, replace=False).tolist())
        return Box(top / 2, left / 2, bottom / 2, right / 2)

    prompts = [Prompt((PromptPoint(y, x),)) for y, x in ((12, 14.5), (30.5, 40), (0, 0), (height, width), (20.25, 20))]
    prompts += [Prompt((point(True),)) for _ in range(6)]
    prompts += [Prompt((point(True), *(point(bool(rng.integers(2))) for _ in range(1 + k)))) for k in range(8)]
    prompts += [Prompt((point(False),)) for _ in range(2)]
    prompts += [Prompt((point(False), point(True), point(False)))]
    prompts += [Prompt((PromptPoint(12, 14), PromptPoint(12, 14, positive=False), PromptPoint(12, 14)))]
    prompts += [Prompt((PromptPoint(30, 40), PromptPoint(30, 41, positive=False), PromptPoint(5, 60)))]
    prompts += [Prompt(box=box()) for _ in range(4)] + [Prompt(box=Box(18, 28, 43, 53)), Prompt(box=Box(0, 0, 48, 64))]
    prompts += [Prompt((point(True), point(False), point(True)), box()) for _ in range(3)]
    prompts += [Prompt((point(True), *(point(k % 3 > 0) for k in range(23))))]
    return prompts


def golden_blocked(table):
    """Return how many pixels of each region have labels of another class, uint32 (n,)."""
    labelled_yx = np.zeros(SHAPE, bool)
    labelled_yx[8:11, 6:20] = labelled_yx[30:34, 44:60] = labelled_yx[40:41, 10:12] = True
    return np.bincount(table.regions_yx[labelled_yx], minlength=table.region_area_n.size).astype(np.uint32)


def golden_table():
    """Return the table that the committed file holds."""
    return HierarchyTable.from_bytes(base64.b64decode(json.loads(GOLDEN.read_text(encoding="utf-8"))["container"]))


def golden_cases(table):
    """Return all prompts with their answers, as JSON values."""
    counted = golden_blocked(table)
    return [case(table, prompt, blocked) for prompt in golden_prompts() for blocked in (None, counted)]


def case(table, prompt, blocked):
    """Return one prompt with its answer."""
    box = prompt.box
    heeded = None if blocked is None else BlockedPixels(table, blocked)
    return {
        "points": [{"y": point.y, "x": point.x, "positive": point.positive} for point in prompt.points],
        "box": None if box is None else {"top": box.top, "left": box.left, "bottom": box.bottom, "right": box.right},
        "blocked": None if blocked is None else blocked.tolist(),
        "chosen": [chosen(table, candidate) for candidate in answer(table, prompt, blocked=heeded)],
    }


def chosen(table, candidate):
    """Return one of three candidates."""
    return {
        "node": int(candidate.node),
        "steps": [step_of(step) for step in candidate.steps],
        "score": float(candidate.score),
        "area": float(candidate.area),
        "pixels": int(mask_of(table, candidate).sum()),
    }


def step_of(step):
    """Return one correction."""
    if isinstance(step, Part):
        return {"kind": "part", "adds": step.adds, "node": int(step.node)}
    return {"kind": "disc", "adds": step.adds, "y": step.y, "x": step.x, "squaredPx": step.squared_px}


def main():
    """Write the file."""
    content = HierarchySuggester().prepare(golden_picture()).to_bytes()
    cases = golden_cases(HierarchyTable.from_bytes(content))
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases)
    GOLDEN.parent.mkdir(exist_ok=True)
    text = f'{{"container":"{base64.b64encode(content).decode()}",\n"cases":[\n{lines}\n]}}\n'
    GOLDEN.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
