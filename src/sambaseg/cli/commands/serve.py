"""``sambaseg``, ``sambaseg serve``, ``sambaseg demo``: the page."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

from sambaseg.cli.output import Output
from sambaseg.settings import Settings


def start(options: Namespace, _output: Output) -> None:
    """Start the server and open the page."""
    _run(options, open_browser=True, sample=None)


def serve(options: Namespace, _output: Output) -> None:
    """Start the server; open the page only where that is asked for."""
    _run(options, open_browser=options.open, sample=None)


def demo(options: Namespace, _output: Output) -> None:
    """Start the server with a sample opened."""
    _run(options, open_browser=options.open, sample=options.sample)


def _run(options: Namespace, *, open_browser: bool, sample: str | None) -> None:
    from sambaseg.server.run import run_server

    stated = {name: getattr(options, name) for name in ("host", "port", "data_dir", "threads", "mode")}
    stated["memory_mb"] = options.memory
    settings = replace(
        Settings.from_environment(), **{name: value for name, value in stated.items() if value is not None}
    )
    run_server(settings, open_browser=open_browser, sample=sample)
