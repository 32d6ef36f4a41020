"""The data set as an archive: a folder or a zip of plain files with checksums, which others can use without sambaseg.

``entries/ID/vN/`` holds the files of each public version, ``entries/ID/entry.json`` all that is known of them,
``entries.csv`` one row for the newest version of each entry, with its split; ``croissant.json`` describes the table,
``load.py`` reads it, ``SHA256SUMS`` has all checksums. The same entries give the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sambaseg.checksums import FILE_NAME as SUMS_NAME
from sambaseg.checksums import format_sums
from sambaseg.durable import sync_folder, sync_tree
from sambaseg.errors import EntryWithdrawnError, NotFoundError, ParameterError, StorageError, TargetNotEmptyError
from sambaseg.gallery import loader
from sambaseg.gallery.content import EntryFile
from sambaseg.gallery.croissant import TABLE_COLUMNS, describe
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.entry import Entry
from sambaseg.gallery.splits import sample_key, split_of

FORMAT = 1
_ENDINGS = {
    "image/tiff": ".tif",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/bmp": ".bmp",
    "image/webp": ".webp",
}
_BLOCK_BYTES = 1 << 20
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_README = """# {name}

{count} micrographs from a gallery of sambaseg, with their labels and segmentations where those were shared.

- `entries.csv`: one row an image: title, split, licence, creators, material, instrument, paths of its files.
- `entries/ID/vN/`: the files of each version, unchanged; `entries/ID/entry.json`: all that was written about it.
- Labels and segmentations are TIFFs of class ids (0: nothing labelled); their classes stand in `entries.csv`.
- `split` is train, validation or test. Images of one sample are in one split.
- `croissant.json` describes the data set for tools that read Croissant; `load.py` loads it in Python:

```python
from load import load

for each in load("train"):
    print(each["title"], each["image"].shape)
```

Each image has its own creators and its own licence: see `entries.csv`, and name them where you use it.
`sha256sum -c SHA256SUMS` checks all files; `sambaseg gallery import` puts them into another gallery.
"""


@dataclass(frozen=True)
class ArchiveFile:
    """A file of the archive: its content, or the hash under which the gallery's store has it."""

    path: str
    sha256: str
    size: int
    content: bytes | None = None

    @classmethod
    def of(cls, path: str, content: bytes) -> ArchiveFile:
        """Return a file that is made here."""
        return cls(path, hashlib.sha256(content).hexdigest(), len(content), content)


def archive_files(
    gallery: Gallery, listed: Iterable[str], *, name: str = "Micrographs", url: str = ""
) -> Iterator[ArchiveFile]:
    """Yield the files of an archive of the entries with these ids, SHA256SUMS last.

    An entry that is taken back meanwhile is left out. Raises ParameterError where nothing is left.
    """
    sums: dict[str, str] = {}
    newest: list[Entry] = []

    def noted(file: ArchiveFile) -> ArchiveFile:
        sums[file.path] = file.sha256
        return file

    for entry_id in sorted(set(listed)):
        try:
            entry = gallery.get(entry_id)
            versions = [gallery.get(entry_id, version.number) for version in entry.versions]
        except (NotFoundError, EntryWithdrawnError):
            continue
        for version in versions:
            for file in version.files:
                yield noted(ArchiveFile(path_of(version, file), file.sha256, file.size))
        yield noted(_entry_file(entry, versions))
        newest.append(entry)
    if not newest:
        raise ParameterError("There is no entry to export.", hint="Search for something else.")
    table = ArchiveFile.of("entries.csv", _table(newest))
    published = max(entry.published or entry.changed for entry in newest)
    description = describe(
        newest, name=name, table_sha256=table.sha256, table_size=table.size, published=published.date(), url=url
    )
    yield noted(table)
    for path, text in (
        ("croissant.json", json.dumps(description, indent=1, ensure_ascii=False)),
        ("README.md", _README.format(name=name, count=len(newest))),
        ("load.py", Path(loader.__file__).read_text(encoding="utf-8")),
    ):
        yield noted(ArchiveFile.of(path, text.encode()))
    yield ArchiveFile.of(SUMS_NAME, format_sums(sums))


def export_archive(gallery: Gallery, listed: Iterable[str], out: Path, *, name: str, url: str = "") -> list[str]:
    """Write an archive to `out`, a zip where it ends in .zip, else a new folder, whole or not at all; return its paths.

    Raises TargetNotEmptyError where there is something at `out`, ParameterError, and StorageError.
    """
    if out.exists():
        raise TargetNotEmptyError(f"There is something at {out} already.", hint="Choose another name.")
    out = out.absolute()
    unfinished = out.with_name(f".{out.name}.{secrets.token_hex(8)}.part")
    files = archive_files(gallery, listed, name=name, url=url)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == ".zip":
            paths = _write_zip(gallery, files, unfinished)
        else:
            paths = _write_folder(gallery, files, unfinished)
            sync_tree(unfinished)
        unfinished.rename(out)
        sync_folder(out.parent)
    except OSError as error:
        raise StorageError(f"The archive could not be written to {out}: {error.strerror or error}.") from error
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        else:
            unfinished.unlink(missing_ok=True)
    return paths


def path_of(version: Entry, file: EntryFile) -> str:
    """Return where a file of a version lies in an archive; nothing that a person wrote becomes a path."""
    ending = ".sambaseg" if file.kind == "classifier" else _ENDINGS.get(file.media_type, ".bin")
    return f"entries/{version.id}/v{version.number}/{file.kind}{ending}"


def open_content(gallery: Gallery, file: ArchiveFile) -> IO[bytes]:
    """Return a stream of a file of an archive."""
    return io.BytesIO(file.content) if file.content is not None else gallery.files.open(file.sha256)


def _write_folder(gallery: Gallery, files: Iterable[ArchiveFile], folder: Path) -> list[str]:
    folder.mkdir()
    paths = []
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(open_content(gallery, file)) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
        paths.append(file.path)
    return paths


def _write_zip(gallery: Gallery, files: Iterable[ArchiveFile], path: Path) -> list[str]:
    paths = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in files:
            described = zipfile.ZipInfo(file.path, _ZIP_TIME)
            described.external_attr = 0o644 << 16
            with (
                closing(open_content(gallery, file)) as source,
                archive.open(described, "w", force_zip64=file.size >= 2**31) as copy,
            ):
                shutil.copyfileobj(source, copy, _BLOCK_BYTES)
            paths.append(file.path)
    return paths


def _entry_file(entry: Entry, versions: Sequence[Entry]) -> ArchiveFile:
    """Return what is known of an entry and its public versions, as a file."""
    values = {
        "format": FORMAT,
        "id": entry.id,
        "public_version": entry.public_version,
        "versions": [
            {
                "number": version.number,
                "created": _time(version.created),
                "changed": _time(version.changed),
                "submitted": _time(version.submitted),
                "decided": _time(version.decided),
                "metadata": version.metadata.to_json(),
                "measured": version.measured.to_json(),
                "files": [{**asdict(file), "path": path_of(version, file)} for file in version.files],
            }
            for version in versions
        ],
    }
    text = json.dumps(values, indent=1, ensure_ascii=False)
    return ArchiveFile.of(f"entries/{entry.id}/entry.json", text.encode())


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _table(entries: Sequence[Entry]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(TABLE_COLUMNS), lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        metadata = entry.metadata
        shared = {kind: entry.file(kind) for kind in ("image", "labels", "segmentation", "classifier")}
        classes = [{"id": each.id, "name": each.name, "colour": each.colour} for each in entry.measured.classes]
        writer.writerow(
            {
                "entry": entry.id,
                "version": entry.number,
                "title": metadata.title,
                "split": split_of(entry),
                "sample": hashlib.sha256(sample_key(entry).encode()).hexdigest()[:32],
                "licence": metadata.licence or "",
                "creators": "; ".join(creator.name for creator in metadata.creators),
                "material": metadata.material.name,
                "instrument": metadata.instrument.type,
                "pixel_nm": "" if metadata.pixel_size is None else metadata.pixel_size.larger_nm,
                "quality": "" if metadata.quality is None else metadata.quality,
                "classes": json.dumps(classes, ensure_ascii=False),
                **{kind: path_of(entry, file) if file else "" for kind, file in shared.items()},
            }
        )
    return text.getvalue().encode()
