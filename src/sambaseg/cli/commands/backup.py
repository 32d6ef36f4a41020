"""``sambaseg backup`` and ``sambaseg restore``: everything that a server keeps, to a folder and back."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sambaseg.cli.output import Output
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.cli.backup_folder import BackupFacts
    from sambaseg.pipeline.progress import Progress

DAMAGED = 3


def backup(options: Namespace, output: Output) -> int:
    """Write a backup; the server may be running. Return 3 where something damaged had to be left out."""
    from sambaseg.cli.backup_taking import take_backup

    with output.progress("Backup") as show:
        facts = take_backup(options.out, _settings(options), report=_report(show, "copying projects"))
    lines = [f"{options.out}: {_summary(facts)}, as of {facts.began}"]
    if facts.linked:
        lines.append(f"Not in it, since they lie elsewhere: {len(facts.linked)} linked image files, see backup.json.")
    lines += [f"Left out: {each.what}: {each.why}" for each in facts.left_out]
    output.result({"out": str(options.out), **asdict(facts)}, lines)
    return DAMAGED if facts.left_out else 0


def restore(options: Namespace, output: Output) -> None:
    """Put a backup back to where nothing is yet; the server must not be running."""
    from sambaseg.cli.backup_restoring import restore_backup

    settings = _settings(options)
    with output.progress("Restore") as show:
        facts = restore_backup(options.folder, settings, report=_report(show, "checking and copying"))
    output.result(
        {"data_dir": str(settings.data_dir), **asdict(facts)}, [f"{settings.data_dir}: {_summary(facts)} restored"]
    )


def _settings(options: Namespace) -> Settings:
    settings = Settings.from_environment()
    return settings if options.data_dir is None else replace(settings, data_dir=options.data_dir)


def _report(show: Callable[[Progress], None] | None, stage: str) -> Callable[[float], None]:
    if show is None:
        return lambda _: None
    from sambaseg.pipeline.progress import Progress

    return lambda share: show(Progress(stage, share, None))


def _summary(facts: BackupFacts) -> str:
    what = [f"{len(facts.projects)} projects"]
    if facts.database is not None:
        what.append(f"the database with {facts.files} files of the gallery")
    return " and ".join(what)
