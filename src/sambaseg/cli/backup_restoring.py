"""Putting a backup back: everything is checked and lies on the disk before anything of it appears.

Where the data folder is new, or empty, it appears as a whole by one renaming; else its parts by one each. A database
elsewhere (PostgreSQL) is filled in one transaction, which ends after that.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.checksums import check_sum, copy_file_hashed, hash_file, read_sums
from sambaseg.cli.backup_folder import DATABASE, FILE_NAME, FILES, PROJECTS, BackupFacts, read_facts
from sambaseg.durable import sync_folder, sync_tree
from sambaseg.errors import ArchiveError, StorageError, TargetNotEmptyError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sambaseg.storage.database import Database

Report = Callable[[float], None]


def restore_backup(folder: Path, settings: Settings, *, report: Report = lambda _: None) -> BackupFacts:
    """Put the backup in `folder` into the data folder, database and store of files of `settings`, whole or not at all.

    `report` is told which share of the files is checked and copied. Raises TargetNotEmptyError where there are
    projects, a database or files already, MissingFileError and ArchiveError where the backup is none, not whole or
    changed, and StorageError.
    """
    facts = read_facts(folder)
    sums = read_sums(folder)
    _check_layout(sums, facts)
    _check_empty(settings)
    try:
        with _staging(settings.data_dir) as staged:
            _copy_projects(folder, staged, sums, report)
            _copy_files(folder, settings, staged, sums, report)
            with _restored_database(folder, settings, staged, sums, facts):
                sync_tree(staged)
                _put_in_place(staged, settings.data_dir)
    except OSError as error:
        raise StorageError(
            f"The backup could not be restored to {settings.data_dir}: {error.strerror or error}.",
            hint="Check that the folder may be written and that the disk has room.",
        ) from error
    return facts


def _check_layout(sums: Mapping[str, str], facts: BackupFacts) -> None:
    known = {str(project["id"]) for project in facts.projects}
    for path, sha256 in sums.items():
        parts = path.split("/")
        expected = (
            path in (FILE_NAME, DATABASE)
            or (parts[0] == PROJECTS and len(parts) > 2 and parts[1] in known)
            or (parts[0] == FILES and parts[-1] == sha256)
        )
        if not expected:
            raise ArchiveError(f"{path} is no part of a backup.", hint="Nothing was changed.")
    missing = known - {path.split("/")[1] for path in sums if path.startswith(f"{PROJECTS}/")}
    if missing or (facts.database is not None) != (DATABASE in sums):
        raise ArchiveError("The backup lacks what it says that it holds.", hint="Nothing was changed.")


def _check_empty(settings: Settings) -> None:
    """Raise TargetNotEmptyError where a restored backup would meet anything."""
    database = _open_database(settings)
    try:
        holds: list[str | Path] = [place for name in (PROJECTS, FILES) if _holds(place := settings.data_dir / name)]
        if database.path is not None:
            holds += [database.path] if database.path.exists() else []
        elif _has_rows(database):
            holds.append(database.address)
    finally:
        database.close()
    if holds:
        raise TargetNotEmptyError(
            f"There is something in {', '.join(map(str, holds))} already; nothing was changed.",
            hint="A backup is restored to an empty place: name another by --data-dir, or move that away.",
        )


def _holds(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(path.name != "temporary" for path in folder.iterdir()))


def _has_rows(database: Database) -> bool:
    from sambaseg.storage.transfer import has_rows

    with database.reading() as session:
        return has_rows(session)


def _open_database(settings: Settings) -> Database:
    from sambaseg.storage.database import Database

    return Database(settings.database_address)


def _copy_projects(folder: Path, staged: Path, sums: Mapping[str, str], report: Report) -> None:
    from sambaseg.project.copying import PARTS

    (staged / PROJECTS).mkdir()
    for number, (path, stated) in enumerate(sums.items()):
        report(number / len(sums))
        if path.startswith(f"{PROJECTS}/"):
            check_sum(path, stated=stated, found=copy_file_hashed(folder / path, staged / path))
            shutil.copystat(folder / path, staged / path)
    for project in (staged / PROJECTS).iterdir():
        for part in PARTS:  # what carried the backup may have left out folders without files
            (project / part).mkdir(exist_ok=True)


def _copy_files(folder: Path, settings: Settings, staged: Path, sums: Mapping[str, str], report: Report) -> None:
    """Put the gallery's files into their store, where they harm nobody even if nothing else follows."""
    from sambaseg.storage.files import open_store

    store = open_store(settings.files_url, data_dir=staged)
    for number, (path, stated) in enumerate(sums.items()):
        if path.startswith(f"{FILES}/"):
            report(number / len(sums))
            check_sum(path, stated=stated, found=hash_file(folder / path))
            check_sum(path, stated=stated, found=store.put(folder / path).sha256)


@contextlib.contextmanager
def _restored_database(
    folder: Path, settings: Settings, staged: Path, sums: Mapping[str, str], facts: BackupFacts
) -> Iterator[None]:
    """Have the database restored in the end, where the block ends well."""
    if facts.database is None:
        yield
        return
    from sambaseg.gallery.importing import write_all_cards

    copy = staged / "restored.db"
    check_sum(DATABASE, stated=sums[DATABASE], found=copy_file_hashed(folder / DATABASE, copy))
    target = _open_database(settings)
    source = _open_database(replace(settings, database_url=f"sqlite:///{copy}"))
    try:
        if target.path is None:
            with target.session() as session:
                with source.reading() as rows:
                    _fill(rows, session)
                source.close()
                _remove_database(copy)
                yield
            return
        if facts.database != "sqlite":
            with source.session() as session:
                write_all_cards(session)
        source.close()
        default = target.path == settings.data_dir / target.path.name
        place = staged / target.path.name if default else target.path
        shutil.copyfile(copy, place)
        _remove_database(copy)
        try:
            yield
        except BaseException:
            if not default:
                place.unlink()
            raise
    finally:
        source.close()
        target.close()


def _fill(source: Session, target: Session) -> None:
    from sambaseg.gallery.importing import write_all_cards
    from sambaseg.storage.transfer import copy_rows

    copy_rows(source, target)
    write_all_cards(target)


def _remove_database(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@contextlib.contextmanager
def _staging(data_dir: Path) -> Iterator[Path]:
    """Yield a new folder on the disk of the data folder: beside it where that is new or empty, else in it."""
    data_dir = data_dir.absolute()
    beside = not data_dir.exists() or not (any(data_dir.iterdir()) or data_dir.is_mount())
    parent = data_dir.parent if beside else data_dir
    parent.mkdir(parents=True, exist_ok=True)
    if beside and not os.access(parent, os.W_OK):
        parent = data_dir
    staged = parent / f".restoring-{secrets.token_hex(8)}"
    staged.mkdir(mode=0o700)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _put_in_place(staged: Path, data_dir: Path) -> None:
    data_dir = data_dir.absolute()
    if staged.parent != data_dir:
        if data_dir.exists():
            data_dir.rmdir()
        staged.rename(data_dir)
        sync_folder(data_dir.parent)
        return
    moved: list[tuple[Path, Path]] = []
    try:
        for part in sorted(staged.iterdir(), key=lambda path: path.name == PROJECTS):  # projects are seen last
            target = data_dir / part.name
            if target.is_dir():
                shutil.rmtree(target)  # empty but for leftovers, see `_check_empty`
            part.rename(target)
            moved.append((part, target))
        sync_folder(data_dir)
    except OSError:
        for part, target in reversed(moved):
            target.rename(part)
        raise
