"""Taking a backup while the server runs, without its help: see `sambaseg.project.copying` for why that is sound.

Projects come first and the database after them, so that what a project in the backup belongs to is told by the
database in the backup. Files come last: those that the copied database names are there unless their entry was removed
within the moment between, and then the database is copied again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.checksums import copy_file_hashed, copy_hashed, hash_file, write_sums
from sambaseg.cli.backup_folder import (
    DATABASE,
    FILE_NAME,
    FILES,
    LOCK_NAME,
    PROJECTS,
    BackupFacts,
    LeftOut,
    write_facts,
)
from sambaseg.durable import sync_folder, sync_tree
from sambaseg.errors import (
    DamagedFileError,
    DamagedProjectError,
    MissingFileError,
    NotFoundError,
    ProjectBusyError,
    StorageError,
    TargetNotEmptyError,
)
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.storage.database import Database

_TRIES = 5
Report = Callable[[float], None]


def take_backup(out: Path, settings: Settings, *, report: Report = lambda _: None) -> BackupFacts:
    """Write a backup of all projects and of the database to the new folder `out`, whole or not at all.

    `report` is told which share of the projects is done. What is damaged where it lies is left out and named.
    Raises TargetNotEmptyError where there is something at `out`, MissingFileError where there is nothing to back up,
    and StorageError.
    """
    if out.exists() or out.is_symlink():
        raise TargetNotEmptyError(
            f"There is something at {out} already.", hint="Name a folder that does not exist yet."
        )
    if not settings.data_dir.is_dir():
        raise MissingFileError(f"There is no folder {settings.data_dir}.", hint="Name it by --data-dir.")
    out = out.absolute()
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(8)}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)  # it holds what people keep to themselves
        facts = _fill(unfinished, settings, report)
        sync_tree(unfinished)
        unfinished.rename(out)
        sync_folder(out.parent)
    except OSError as error:
        raise StorageError(
            f"The backup could not be written to {out.parent}: {error.strerror or error}.",
            hint="Check that the folder may be written and that the disk has room.",
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return facts


def _fill(folder: Path, settings: Settings, report: Report) -> BackupFacts:
    began = datetime.now(UTC).isoformat(timespec="milliseconds")
    sums: dict[str, str] = {}
    left_out: list[LeftOut] = []
    projects, linked = list[dict[str, Any]](), set[str]()
    for part in (PROJECTS, FILES):
        (folder / part).mkdir()
    with _staging(settings.data_dir) as staging:
        for copied in _copy_projects(settings.data_dir / "projects", folder, staging, sums, left_out, report):
            linked.update(copied.pop("linked"))
            projects.append(copied)
    database, files = _copy_gallery(folder, settings, sums, left_out)
    facts = BackupFacts(
        began=began, projects=projects, linked=sorted(linked), database=database, files=files, left_out=left_out
    )
    write_facts(folder, facts)
    sums[FILE_NAME] = hash_file(folder / FILE_NAME)
    write_sums(folder, sums)
    return facts


def _copy_projects(
    projects: Path, folder: Path, staging: Path, sums: dict[str, str], left_out: list[LeftOut], report: Report
) -> Iterator[dict[str, Any]]:
    """Copy all projects, first by links to `staging` and then to `folder`; yield what is known of each."""
    from sambaseg.project.copying import copy_project

    found = sorted(path for path in projects.iterdir() if path.is_dir()) if projects.is_dir() else []
    for number, project in enumerate(found):
        report(number / len(found))
        staged = staging / project.name
        staged.mkdir()
        try:
            copied = copy_project(project, staged)
        except (DamagedProjectError, ProjectBusyError, OSError) as error:
            if project.is_dir():  # else it was deleted meanwhile
                left_out.append(LeftOut(f"project {project.name}", getattr(error, "message", str(error))))
            continue
        finally_at = folder / PROJECTS / project.name
        for place, names, files in os.walk(staged):
            beside = finally_at / Path(place).relative_to(staged)
            for name in names:
                (beside / name).mkdir(parents=True, exist_ok=True)
            for name in files:
                sums[(beside / name).relative_to(folder).as_posix()] = _copy(Path(place, name), beside / name)
        shutil.rmtree(staged)
        yield asdict(copied)


def _copy(source: Path, target: Path) -> str:
    sha256 = copy_file_hashed(source, target)
    shutil.copystat(source, target)
    return sha256


def _copy_gallery(
    folder: Path, settings: Settings, sums: dict[str, str], left_out: list[LeftOut]
) -> tuple[str | None, int]:
    """Copy the database, where there is one, and the files that it names; return its kind and how many files."""
    from sambaseg.storage.database import Database
    from sambaseg.storage.files import open_store

    database = Database(settings.database_address)
    try:
        if database.path is not None and not database.path.exists():
            return None, 0
        store = open_store(settings.files_url, data_dir=settings.data_dir)
        there: set[str] = set()
        problems: dict[str, str] = {}
        for _ in range(_TRIES):
            _copy_database(database, folder / DATABASE)
            named, problems = _named_files(folder / DATABASE), {}
            for sha256 in sorted(named - there):
                target = folder / _place_of(sha256)
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with contextlib.closing(store.open(sha256)) as source, target.open("wb") as copy:
                        copy_hashed(source, copy)
                    there.add(sha256)
                except (NotFoundError, DamagedFileError) as error:
                    target.unlink(missing_ok=True)
                    problems[sha256] = error.message
            if not problems:
                break
        for sha256 in there - named:
            (folder / _place_of(sha256)).unlink()
        left_out += [LeftOut(f"file {sha256} of the gallery", why) for sha256, why in sorted(problems.items())]
        sums.update({_place_of(sha256): sha256 for sha256 in there & named})
        sums[DATABASE] = hash_file(folder / DATABASE)
        return database.kind, len(there & named)
    finally:
        database.close()


def _copy_database(database: Database, target: Path) -> None:
    """Write what the database holds at one moment to the SQLite file `target`."""
    import apsw

    from sambaseg.storage.database import Database
    from sambaseg.storage.transfer import copy_rows

    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    if database.kind == "sqlite":
        database.copy_to(target)
        return
    copy = Database(f"sqlite:///{target}")
    try:
        with database.reading() as source, copy.session() as session:
            copy_rows(source, session)
    finally:
        copy.close()
    connection = apsw.Connection(str(target))  # one file, without a WAL beside it
    connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    connection.close()


def _named_files(database: Path) -> set[str]:
    import apsw

    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return {str(row[0]) for row in connection.execute("SELECT DISTINCT sha256 FROM gallery_files")}
    finally:
        connection.close()


def _place_of(sha256: str) -> str:
    return f"{FILES}/{sha256[:2]}/{sha256}"


@contextlib.contextmanager
def _staging(data_dir: Path) -> Iterator[Path]:
    """Yield a folder on the disk of the projects; what a killed backup left is removed before."""
    from sambaseg.project.folder_lock import FolderLock

    for left in data_dir.glob("backup-*"):
        with contextlib.suppress(ProjectBusyError, DamagedProjectError):
            FolderLock(left, LOCK_NAME).release()
            shutil.rmtree(left, ignore_errors=True)
    folder = data_dir / f"backup-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    lock = FolderLock(folder, LOCK_NAME)
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)
