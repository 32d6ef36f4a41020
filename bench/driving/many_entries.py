"""Many entries of a gallery with metadata as people write it, and a database that holds them.

Words, materials, people and classes come as often as they do in collections of micrographs: a few everywhere, most of
them seldom (1/rank). Rows are written many at a time, their content is made by the gallery's own code.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import sqlalchemy as sa

from driving import micrograph_words
from sambaseg.gallery.cards import card_values, class_names
from sambaseg.gallery.content import EntryClass, EntryFile, Measured, thumbnail_kind
from sambaseg.gallery.entry import Entry, PublishedVersion
from sambaseg.gallery.licences import LICENCES
from sambaseg.gallery.metadata import EntryMetadata
from sambaseg.gallery.postgres_search import as_tsvector
from sambaseg.gallery.sqlite_search import WORDS
from sambaseg.gallery.words import Document
from sambaseg.storage import tables
from sambaseg.storage.database import Database
from sambaseg.storage.files import FileStore
from sambaseg.storage.owner import Owner

INSTRUMENTS = "SEM|SE,BSE,EBSD,InLens;LM|bright field,dark field,polarised;TEM|bright field,dark field,HRTEM"
INSTRUMENTS += ";STEM|HAADF,ABF;XCT|absorption,phase contrast;FIB-SEM|SE,BSE;AFM|tapping,contact;CLSM|fluorescence"
MAKERS = ("Zeiss", "Thermo Fisher", "JEOL", "Hitachi", "Tescan", "Leica", "Olympus", "Bruker", "Nikon", "")
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")
GROUP, TIDIED_EACH = 1000, 10_000
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def _often(count: int) -> np.ndarray:
    """Return how often each of so many things is drawn: as 1/rank."""
    weights = 1 / np.arange(1, count + 1)
    return np.cumsum(weights / weights.sum())


class Writer:
    """Draws metadata; the same with the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._syllables = micrograph_words.SYLLABLES.split()
        self._materials = [tuple(row.split("|")) for row in micrograph_words.MATERIALS.split("\n") if row]
        self._instruments = [tuple(row.split("|")) for row in INSTRUMENTS.split(";")]
        rare = ["".join(self._random.choice(self._syllables, 4)) for _ in range(6000)]
        self._words = micrograph_words.PROSE.split() + rare
        self._people = [self._name() for _ in range(4000)]
        self._often = {n: _often(n) for n in (len(self._materials), len(self._instruments), len(self._words), 4000)}

    def _name(self) -> str:
        first, last = ("".join(self._random.choice(self._syllables, n)).title() for n in (2, 3))
        return f"{first} {last}"

    def _one(self, things: Sequence) -> object:
        return things[int(np.searchsorted(self._often[len(things)], self._random.random()))]

    def _prose(self, most: int) -> str:
        drawn = self._random.random(int(self._random.integers(8, most)))
        places = np.searchsorted(self._often[len(self._words)], drawn)
        return " ".join(self._words[place] for place in places)

    def describe(self, number: int) -> tuple[EntryMetadata, list[str]]:
        """Return the metadata of an entry, and the names of its classes."""
        dice = self._random
        material, composition, phases = self._one(self._materials)
        kind, modes = self._one(self._instruments)
        mode = str(dice.choice(modes.split(",")))
        named = [phase for phase in phases.split(",") if dice.random() < 0.9]
        words = [self._one(self._words) for _ in range(3)]
        title = f"{' '.join(words[:2])} {material} {kind} {number % 97}".strip().capitalize()
        nm = float(np.round(10 ** dice.uniform(-1, 4), 3))
        values = {
            "title": title,
            "material": {"name": material.capitalize(), "composition": composition, "phases": phases.split(",")},
            "instrument": {"type": kind, "mode": mode, "manufacturer": str(dice.choice(MAKERS)), "voltage_kv": 15},
            "pixel_size": {"x": nm, "y": nm, "unit": "nm"} if dice.random() < 0.9 else None,
            "preparation": self._prose(25),
            "notes": self._prose(90),
            "sample_id": f"S{number // 4}",
            "quality": int(dice.integers(0, 11)),
            "keywords": [str(self._one(self._words)) for _ in range(int(dice.integers(0, 5)))],
            "creators": [
                {"name": self._one(self._people), "affiliation": f"University of {self._one(self._people).split()[1]}"}
                for _ in range(int(dice.integers(1, 4)))
            ],
            "licence": LICENCES[min(int(dice.exponential(1.0)), len(LICENCES) - 1)].id,
            "doi": f"10.1234/{number}" if dice.random() < 0.2 else "",
        }
        return EntryMetadata.from_json(values), named


def thumbnails(files: FileStore) -> list[list[EntryFile]]:
    """Store pictures of the sample micrographs, twenty parts of each, and return the files of each part."""
    from PIL import Image

    from sambaseg.gallery.thumbnails import encode
    from sambaseg.samples.table import SAMPLES

    made = []
    for sample in SAMPLES:
        picture = np.asarray(Image.open(sample.path).convert("RGB"))
        for part in range(20):
            top, left = 8 * part, 5 * part
            shown = picture[top : top + 340, left : left + 400]
            group = []
            for what, drawn in (("image", shown), ("segmentation", shown // 2 + np.uint8(60) * (shown > 110))):
                stored = files.put(encode(drawn, 320))
                kind = thumbnail_kind(what, 320)
                group.append(EntryFile(kind, f"{kind}.webp", "image/webp", stored.size, stored.sha256))
            made.append(group)
    return made


def make_entries(count: int, pictures: Sequence[Sequence[EntryFile]], *, seed: int) -> Iterator[Entry]:
    """Yield public entries, the oldest first."""
    writer, dice = Writer(seed), np.random.default_rng(seed + 1)
    for number in range(count):
        metadata, names = writer.describe(number)
        at = BEGINNING + timedelta(minutes=7 * number)
        files = list(pictures[number % len(pictures)])
        if dice.random() < 0.6:
            files.append(EntryFile("labels", "labels.tif", "image/tiff", 1000, files[0].sha256))
        classes = tuple(EntryClass(n, name, COLOURS[n % 4], 0.4, 0.1) for n, name in enumerate(names, start=1))
        yield Entry(
            id=uuid.UUID(bytes=dice.bytes(16)).hex,
            number=1,
            state="accepted",
            metadata=metadata,
            measured=Measured(width=400, height=340, classes=classes),
            files=tuple(files),
            created=at,
            changed=at,
            submitted=at,
            decided=at,
            published=at,
            versions=(PublishedVersion(1, at),),
            public_version=1,
            latest_version=1,
            owner=Owner(),
            source_project_id=None,
            source_image=None,
        )


def write_entries(databases: Sequence[Database], entries: Iterator[Entry]) -> None:
    """Write entries with versions, files, cards and words, a thousand in a transaction; all databases get the same."""
    first = 1
    while group := list(islice(entries, GROUP)):
        rows = _rows(group, first)
        for database in databases:
            with database.session() as session:
                for table, values in rows.items():
                    session.execute(sa.insert(table), values)
                _write_words(session, database.kind, [(first + n, Document.of(entry)) for n, entry in enumerate(group)])
        first += len(group)
        if first % TIDIED_EACH == 1 or len(group) < GROUP:
            for database in databases:
                _tidy(database)


def _rows(group: Sequence[Entry], first: int) -> dict[type[tables.Table], list[dict]]:
    rows: dict[type[tables.Table], list[dict]] = {
        table: [] for table in (tables.Entry, tables.EntryVersion, tables.VersionFile, tables.Card, tables.CardClass)
    }
    for card_id, entry in enumerate(group, start=first):
        at = entry.published
        common = {"id": entry.id, "created": at, "published": at, "public_version": 1, "latest_version": 1}
        rows[tables.Entry].append(common)
        version = uuid.uuid4().hex
        rows[tables.EntryVersion].append(
            {
                "id": version,
                "entry_id": entry.id,
                "number": 1,
                "state": "accepted",
                "described": entry.metadata.to_json(),
                "measured": entry.measured.to_json(),
                **dict.fromkeys(("created", "changed", "consented", "submitted", "decided"), at),
            }
        )
        rows[tables.VersionFile] += [
            {
                "version_id": version,
                "kind": file.kind,
                "sha256": file.sha256,
                "size": file.size,
                "file_name": file.file_name,
                "media_type": file.media_type,
            }
            for file in entry.files
        ]
        rows[tables.Card].append({"id": card_id, "entry_id": entry.id, **card_values(entry)})
        rows[tables.CardClass] += [
            {"card_id": card_id, "name_key": key, "name": name} for key, name in class_names(entry).items()
        ]
    return rows


def _write_words(session: sa.orm.Session, kind: str, documents: list[tuple[int, Document]]) -> None:
    if kind == "sqlite":
        values = [
            {"rowid": card, **{part: " ".join(getattr(words, part)) for part in ("title", "head", "body")}}
            for card, words in documents
        ]
        session.execute(sa.insert(WORDS), values)
    else:
        write = sa.text("UPDATE gallery_cards SET document = CAST(:words AS tsvector) WHERE id = :card")
        session.execute(write, [{"card": card, "words": as_tsvector(words)} for card, words in documents])


def _tidy(database: Database) -> None:
    """Let the database take stock and use room again, as PostgreSQL does by itself where entries come one by one."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.kind == "postgresql":
            connection.execute(sa.text("VACUUM ANALYZE"))
