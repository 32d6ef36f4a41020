"""Taking in an archive of another gallery: the same ids, versions, files and times, byte for byte, or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from sambaseg.checksums import FILE_NAME as SUMS_NAME
from sambaseg.checksums import check_names, check_sum, list_files, parse_sums
from sambaseg.errors import ArchiveError, MetadataError, MissingFileError, TargetNotEmptyError
from sambaseg.gallery.cards import write_card
from sambaseg.gallery.content import EntryFile, Measured, part_of
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.entry import read_entry
from sambaseg.gallery.export import FORMAT
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.storage import tables
from sambaseg.storage.column_types import is_id, now
from sambaseg.storage.owner import LOCAL_OWNER, Owner

MOST_ENTRY_BYTES = 4 << 20
MOST_SUMS_BYTES = 1 << 30
MOST_UNPACKED_TIMES, UNPACKED_SLACK_BYTES = 200, 64 << 20
"""How much larger than itself, besides the slack, a zip may say that it is when unpacked."""


class ArchiveSource(Protocol):
    """An archive that can be read: `names` of its files, and the content of each."""

    path: Path

    def names(self) -> set[str]: ...

    def size(self, name: str) -> int: ...

    def open(self, name: str) -> IO[bytes]: ...


class FolderSource:
    """An archive in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> set[str]:
        """Return all files; links are refused."""
        return list_files(self.path)

    def size(self, name: str) -> int:
        """Return the bytes of one."""
        return (self.path / name).stat().st_size

    def open(self, name: str) -> IO[bytes]:
        """Return the content of one."""
        return (self.path / name).open("rb")


class ZipSource:
    """An archive in a zip, whose names are only compared with the checksums and never become paths."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive

    def names(self) -> set[str]:
        """Return all files. Raises ArchiveError for a name that is there twice, and what unpacks to far too much."""
        files = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        unpacked = sum(entry.file_size for entry in files)
        if unpacked > self.path.stat().st_size * MOST_UNPACKED_TIMES + UNPACKED_SLACK_BYTES:
            raise ArchiveError(f"{self.path} would unpack to {unpacked} bytes, far more than data sets do.")
        names = [entry.filename for entry in files]
        if len(set(names)) != len(names):
            raise ArchiveError(f"{self.path} holds a file twice.")
        return set(names)

    def size(self, name: str) -> int:
        """Return the bytes of one, and no more than so many are ever read of it."""
        return self._archive.getinfo(name).file_size

    def open(self, name: str) -> IO[bytes]:
        """Return the content of one."""
        return self._archive.open(name)


def import_archive(gallery: Gallery, path: Path, *, owner: Owner = LOCAL_OWNER) -> list[str]:
    """Take in all entries of the archive at `path`, a folder or a zip, as public ones; return their ids.

    Raises MissingFileError and ArchiveError where it is no archive, not whole or changed, TargetNotEmptyError where the
    gallery has one of the entries already, and MetadataError. Nothing appears in the gallery then.
    """
    try:
        with _opened(path) as source:
            sums = _read_sums(source)
            entries = [_read_entry(source, name, sums) for name in sorted(sums) if name.endswith("/entry.json")]
            if not entries:
                raise ArchiveError(f"{path} holds no entry.")
            _refuse_known(gallery, [entry["id"] for entry in entries])
            for name, stated in sums.items():
                with closing(source.open(name)) as stream:
                    if name.startswith("entries/") and not name.endswith("/entry.json"):
                        check_sum(name, stated=stated, found=gallery.files.put(stream).sha256)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise ArchiveError(f"{path} cannot be read: {error}.") from error
    with gallery.database.session() as session:
        for entry in entries:
            _add(session, entry, owner)
    return [str(entry["id"]) for entry in entries]


def write_all_cards(session: Session) -> None:
    """Write the cards and words of all public entries anew, as after rows came from another kind of database."""
    entries = session.scalars(
        sa.select(tables.Entry)
        .where(tables.Entry.public_version.is_not(None), tables.Entry.withdrawn.is_(None))
        .options(selectinload(tables.Entry.versions).selectinload(tables.EntryVersion.files))
    )
    for entry in entries.all():
        for version in entry.versions:
            if version.number == entry.public_version:
                write_card(session, read_entry(version))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[ArchiveSource]:
    if path.is_dir():
        yield FolderSource(path)
    elif path.is_file():
        with zipfile.ZipFile(path) as archive:
            yield ZipSource(path, archive)
    else:
        raise MissingFileError(f"There is no archive at {path}.")


def _read_sums(source: ArchiveSource) -> dict[str, str]:
    names = source.names()
    if SUMS_NAME not in names:
        raise ArchiveError(f"{source.path} is no archive of a gallery: it has no {SUMS_NAME}.")
    sums = parse_sums(_read(source, SUMS_NAME, MOST_SUMS_BYTES), source.path / SUMS_NAME)
    check_names(sums, names - {SUMS_NAME}, source.path)
    return sums


def _read(source: ArchiveSource, name: str, most: int) -> bytes:
    with closing(source.open(name)) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise ArchiveError(f"{name} is larger than {most} bytes.")
    return content


def _read_entry(source: ArchiveSource, name: str, sums: Mapping[str, str]) -> dict[str, Any]:
    """Return what an ``entry.json`` says, made sure of as far as it can be without the database."""
    content = _read(source, name, MOST_ENTRY_BYTES)
    check_sum(name, stated=sums[name], found=hashlib.sha256(content).hexdigest())
    try:
        values: dict[str, Any] = json.loads(content)
        if values["format"] != FORMAT:
            raise ArchiveError(f"{name} has format {values['format']}, but this version reads format {FORMAT}.")
        if not is_id(values["id"]) or name != f"entries/{values['id']}/entry.json":
            raise ArchiveError(f"{name} does not belong where it is.")
        numbers = [version["number"] for version in values["versions"]]
        if numbers != sorted(set(numbers)) or values["public_version"] != numbers[-1]:
            raise ArchiveError(f"{name} is not understood: its versions are {numbers}.")
        values["versions"] = [_read_version(source, name, version, sums) for version in values["versions"]]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ArchiveError(f"{name} is not understood: {type(error).__name__} {error}.") from error
    return values


def _read_version(
    source: ArchiveSource, name: str, version: Mapping[str, Any], sums: Mapping[str, str]
) -> dict[str, Any]:
    metadata = EntryMetadata.from_json(version["metadata"])
    for problem in metadata.problems():
        raise MetadataError(f"{name}: {problem.field}: {problem.message}")
    files = []
    for each in version["files"]:
        part_of(each["kind"])
        if sums[each["path"]] != each["sha256"]:
            raise ArchiveError(f"{name} states another content of {each['path']} than the checksums.")
        if source.size(each["path"]) != each["size"]:
            raise ArchiveError(f"{name} states another size of {each['path']} than it has.")
        files.append(EntryFile(**{field: each[field] for field in EntryFile.__dataclass_fields__}))
    times = {
        at: datetime.fromisoformat(version[at]) if version[at] is not None else None
        for at in ("created", "changed", "submitted", "decided")
    }
    if times["decided"] is None or any(at is not None and at.tzinfo is None for at in times.values()):
        raise ArchiveError(f"{name} lacks a time, or a time lacks its zone.")
    return {
        "number": int(version["number"]),
        "described": metadata.to_json(),
        "measured": Measured.from_json(version["measured"]).to_json(),
        "files": files,
        "times": times,
    }


def _refuse_known(gallery: Gallery, ids: list[str]) -> None:
    with gallery.database.reading() as session:
        for entry_id in ids:
            if session.get(tables.Entry, entry_id) is not None:
                raise TargetNotEmptyError(
                    f"The gallery has the entry {entry_id} already; nothing was changed.",
                    hint="Import into another gallery, or export without it.",
                )


def _add(session: Session, values: Mapping[str, Any], owner: Owner) -> None:
    versions = values["versions"]
    entry = tables.Entry(
        id=values["id"],
        person_id=owner.person_id,
        visitor_id=owner.visitor_id,
        created=versions[0]["times"]["created"] or now(),
        published=versions[0]["times"]["decided"],
        public_version=values["public_version"],
        latest_version=versions[-1]["number"],
    )
    session.add(entry)
    for each in versions:
        version = tables.EntryVersion(
            number=each["number"],
            state="accepted",
            described=each["described"],
            measured=each["measured"],
            **each["times"],
        )
        version.files = [
            tables.VersionFile(
                kind=file.kind,
                sha256=file.sha256,
                size=file.size,
                file_name=file.file_name,
                media_type=file.media_type,
            )
            for file in each["files"]
        ]
        entry.versions.append(version)
    session.flush()
    session.add(
        tables.ModerationStep(
            entry_id=entry.id,
            number=entry.latest_version,
            actor_id=owner.id,
            actor=owner.label,
            action="accept",
            state_before="draft",
            state_after="accepted",
            reason="Imported from an archive.",
        )
    )
    write_card(session, read_entry(entry.versions[-1]))
