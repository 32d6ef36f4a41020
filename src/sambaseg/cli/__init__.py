"""The command line: the same functions as the page's, without a server.

`main` is what the command ``sambaseg`` runs. Nothing heavy is imported before a command is known.
"""

from __future__ import annotations

from sambaseg.cli.program import main

__all__ = ["main"]
