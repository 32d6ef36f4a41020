"""What a command says: lines for people or one JSON value for machines, progress on a terminal, errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from sambaseg.errors import SambasegError

if TYPE_CHECKING:
    from sambaseg.pipeline.progress import Progress


class Output:
    """Where a command's words go: results to standard output, everything else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, values: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Say what came out: `values` as JSON for machines, or `lines` for people."""
        _say(json.dumps(values, indent=2) if self.as_json else "\n".join(lines), sys.stdout)

    def note(self, sentence: str) -> None:
        """Say something on the way; machines are not told."""
        if not self.as_json:
            _say(sentence, sys.stderr)

    def fail(self, error: SambasegError) -> int:
        """Say what was wrong and what to do, and return the exit code."""
        if self.as_json:
            _say(json.dumps(error_values(error), indent=2), sys.stdout)
        else:
            self._complain(error.message, error.hint)
        return error.exit_code

    def complain(self, error: SambasegError) -> None:
        """Say at once what was wrong, where the command goes on; machines are told with the result."""
        if not self.as_json:
            self._complain(error.message, error.hint)

    def fail_unexpectedly(self, error: Exception) -> int:
        """Say that the program itself is at fault, and return the exit code."""
        message = f"Something unexpected went wrong in sambaseg: {type(error).__name__}: {error}"
        hint = "Please report it. Run again with SAMBASEG_DEBUG=1 to see where it happened."
        if self.as_json:
            _say(json.dumps({"error": {"code": "internal", "message": message, "hint": hint}}, indent=2), sys.stdout)
        else:
            self._complain(message, hint)
        return 1

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[Progress], None] | None]:
        """Yield what takes reports of progress and shows them as a bar; None where nobody looks on."""
        if self.as_json or not sys.stderr.isatty():
            yield None
            return
        from tqdm import tqdm

        form = "{desc} {percentage:3.0f}% |{bar}| {elapsed}<{remaining}"
        with tqdm(total=1.0, desc=what, bar_format=form, leave=False, file=sys.stderr) as bar:

            def show(progress: Progress) -> None:
                bar.set_description_str(f"{what}: {progress.stage}", refresh=False)
                bar.update(max(0.0, progress.fraction - bar.n))

            yield show

    @staticmethod
    def _complain(message: str, hint: str) -> None:
        _say(f"sambaseg: {message}" + (f"\n  {hint}" if hint else ""), sys.stderr)


def _say(text: str, stream: TextIO) -> None:
    """Print a text; characters that the stream cannot show become question marks."""
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def error_values(error: SambasegError) -> dict[str, Any]:
    """Return an error as the server gives it too."""
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
