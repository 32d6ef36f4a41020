"""Running one command: arguments in, exit code out; every error is a sentence, never a stack trace."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence

from sambaseg.cli.output import Output
from sambaseg.cli.parser import parse
from sambaseg.errors import MemoryBudgetError, SambasegError, StorageError

INTERRUPTED = 130
UNEXPECTED = 1
DEBUG_VARIABLE = "SAMBASEG_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments` (those of the process where None) and return its exit code.

    0 is success, 1 an error of the program itself, 2 bad usage, 3 a bad input file, 4 things that do not belong
    together, 5 a limit, 6 something not possible here, 130 the person's Ctrl+C. With the environment variable
    SAMBASEG_DEBUG set, errors are raised with their stack trace.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    output = Output(as_json="--json" in arguments)
    logging.getLogger("tifffile").addHandler(logging.NullHandler())  # what it warns of is reported as an error here
    try:
        options = parse(arguments)
        command = importlib.import_module(f"sambaseg.cli.commands.{options.module}")
        return int(getattr(command, options.function)(options, output) or 0)
    except KeyboardInterrupt:
        output.note("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has gone, as in `sambaseg info x | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at the end goes nowhere
        return 0
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return output.fail(_as_project_error(error)) if _is_expected(error) else output.fail_unexpectedly(error)


def _is_expected(error: Exception) -> bool:
    return isinstance(error, SambasegError | MemoryError | OSError)


def _as_project_error(error: Exception) -> SambasegError:
    """Return errors of the machine as errors of this project."""
    if isinstance(error, SambasegError):
        return error
    if isinstance(error, OSError):
        return StorageError(f"The system refused: {error}.")
    return MemoryBudgetError(
        "There is not enough memory for this.", hint="Use a smaller image or a recipe with fewer features."
    )
