"""Prompts in a JSON file: a list with one entry a suggestion.

An entry is a point ``[y, x]``, or an object ``{"points": [[y, x], [y, x, false]], "box": [top, left, bottom, right]}``
whose points may carry whether they lie inside (true, the default) or outside of what is wanted. Coordinates are pixels
of the image; whole numbers name the middle of a pixel.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from sambaseg.errors import MissingFileError, PromptFileError
from sambaseg.smart.prompt import Box, Prompt, PromptPoint

MAX_BYTES = 50_000_000
MAX_PROMPTS = 100_000
_FORM = 'Write a list of [y, x], or of {"points": [[y, x], [y, x, false]], "box": [top, left, bottom, right]}.'


def read_prompts(path: Path, shape_yx: tuple[int, int]) -> list[Prompt]:
    """Return the prompts of a file for an image of `shape_yx`.

    Raises MissingFileError, PromptFileError where the file is anything else, ParameterError for points outside.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PromptFileError(f"{path.name} is larger than {MAX_BYTES // 10**6} MB.", hint=_FORM)
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise PromptFileError(f"{path.name} is no JSON.", hint=_FORM) from None
    if not isinstance(rows, list) or len(rows) > MAX_PROMPTS:
        raise PromptFileError(f"{path.name} holds no list of at most {MAX_PROMPTS:,} prompts.", hint=_FORM)
    prompts = [_prompt(row, f"{path.name}, entry {number + 1}") for number, row in enumerate(rows)]
    for prompt in prompts:
        prompt.check_inside(shape_yx)
    return prompts


def _prompt(row: Any, where: str) -> Prompt:  # noqa: ANN401 - whatever JSON holds
    if isinstance(row, list):
        return Prompt((_point(row, where),))
    if not isinstance(row, dict) or not set(row) <= {"points", "box"}:
        raise PromptFileError(f"{where} is neither a point nor an object of points and box.", hint=_FORM)
    points, box = row.get("points", []), row.get("box")
    if not isinstance(points, list):
        raise PromptFileError(f"{where}: points must be a list.", hint=_FORM)
    return Prompt(
        tuple(_point(point, where) for point in points), None if box is None else Box(*_numbers(box, 4, where))
    )


def _point(row: Any, where: str) -> PromptPoint:  # noqa: ANN401
    if not isinstance(row, list) or len(row) not in (2, 3) or (len(row) == 3 and not isinstance(row[2], bool)):
        raise PromptFileError(f"{where} holds a point that is not [y, x] or [y, x, true or false].", hint=_FORM)
    y, x = _numbers(row[:2], 2, where)
    return PromptPoint(y, x, bool(row[2]) if len(row) == 3 else True)


def _numbers(row: Any, count: int, where: str) -> list[float]:  # noqa: ANN401
    is_numbers = isinstance(row, list) and len(row) == count
    if not is_numbers or any(isinstance(value, bool) or not isinstance(value, int | float) for value in row):
        raise PromptFileError(f"{where} does not hold {count} numbers where they are expected.", hint=_FORM)
    # A whole number is the middle of its pixel, so that models that look between pixels see it there.
    try:
        numbers = [float(value) + (0.5 if count == 2 and isinstance(value, int) else 0.0) for value in row]
    except OverflowError:
        numbers = [math.inf]
    if not all(math.isfinite(value) for value in numbers):
        raise PromptFileError(f"{where} holds a number that is not finite.", hint=_FORM)
    return numbers
