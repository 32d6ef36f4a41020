"""``sambaseg gallery export`` and ``import``: the data set as a whole, out of a gallery and into one."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sambaseg.cli.output import Output
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.gallery.entries import Gallery


def export(options: Namespace, output: Output) -> None:
    """Write an archive of the public entries, or of those that a search finds."""
    from sambaseg.gallery.export import export_archive
    from sambaseg.gallery.search import Query, Search

    query = Query(
        text=options.query,
        licences=tuple(options.licence),
        materials=tuple(options.material),
        min_quality=options.min_quality,
        with_labels=options.with_labels,
    )
    settings = _settings(options)
    with _opened(settings) as gallery:
        listed = [entry_id for entry_id, _ in Search(gallery.database).all_entries(query)]
        paths = export_archive(gallery, listed, options.out, name=options.name, url=settings.public_url)
    values = {"out": str(options.out), "entries": len(listed), "files": len(paths)}
    output.result(values, [f"{options.out}: {len(listed)} entries, {len(paths)} files"])


def import_(options: Namespace, output: Output) -> None:
    """Take the entries of an archive into the gallery, all or none."""
    from sambaseg.gallery.importing import import_archive

    with _opened(_settings(options)) as gallery:
        ids = import_archive(gallery, options.archive)
    output.result({"entries": ids}, [f"{options.archive}: {len(ids)} entries are in the gallery now"])


@contextmanager
def _opened(settings: Settings) -> Iterator[Gallery]:
    from sambaseg.gallery.entries import Gallery
    from sambaseg.storage.database import Database
    from sambaseg.storage.files import open_store

    database = Database(settings.database_address)
    try:
        files = open_store(settings.files_url, data_dir=settings.data_dir)
        yield Gallery(database, files, moderated=settings.has_accounts)
    finally:
        database.close()


def _settings(options: Namespace) -> Settings:
    settings = Settings.from_environment()
    return settings if options.data_dir is None else replace(settings, data_dir=options.data_dir)
