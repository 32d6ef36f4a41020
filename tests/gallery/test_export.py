"""The data set: valid Croissant, checksums, splits by sample, a loader that loads, and back byte for byte."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from gallery.samples import ADA, BOB, MODERATOR, Sharing
from sambaseg.cli import main
from sambaseg.errors import ArchiveError, MetadataError, ParameterError, TargetNotEmptyError
from sambaseg.gallery.content import EntryFile, Snapshot
from sambaseg.gallery.entries import Gallery
from sambaseg.gallery.export import export_archive
from sambaseg.gallery.importing import import_archive, write_all_cards
from sambaseg.gallery.search import Query, Search
from sambaseg.gallery.splits import SPLITS, split_of
from sambaseg.storage.database import Database
from sambaseg.storage.disk import DiskStore
from sambaseg.storage.files import open_store
from sambaseg.storage.owner import LOCAL_OWNER
from sambaseg.storage.tables import Entry


@pytest.fixture
def publish(gallery, moderation, sharing):
    """Makes a public entry with real images and returns its id."""

    def make(number=0, owner=ADA, **changes):
        snapshot = sharing.snapshot(**{"title": f"Image {number}", **changes})
        pixels = np.random.default_rng(number).integers(0, 255, (20, 30)).astype(np.uint8)
        snapshot = replace(snapshot, files=tuple(with_pixels(gallery, file, pixels) for file in snapshot.files))
        draft = gallery.create_draft(owner, snapshot)
        gallery.submit(draft.id, owner, consent=True)
        accept(moderation, draft.id)
        return draft.id

    return make


def accept(moderation, entry_id, number=1):
    """Accept the version that waits."""
    moderation.accept(entry_id, number, MODERATOR)


def with_pixels(gallery, file, pixels):
    """Return a file whose content is a TIFF where it should be an image."""
    if file.kind not in ("image", "labels", "segmentation"):
        return file
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels if file.kind == "image" else pixels % 3)
    stored = gallery.files.put(buffer.getvalue())
    return EntryFile(file.kind, f"Öl {file.kind}.tif", "image/tiff", stored.size, stored.sha256)


@pytest.fixture
def other(tmp_path):
    """Another gallery, empty."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    yield Gallery(database, DiskStore(tmp_path / "other"), moderated=False)
    database.close()


def test_what_was_exported_is_imported_byte_for_byte_and_looks_the_same(gallery, publish, moderation, other, tmp_path):
    ids = [publish(number, owner=(ADA, BOB)[number % 2]) for number in range(3)]
    gallery.new_version(ids[0], ADA)
    changed = replace(gallery.draft(ids[0], ADA).metadata, title="A better title")
    gallery.update_draft(ids[0], ADA, metadata=changed)
    gallery.submit(ids[0], ADA, consent=True)
    accept(moderation, ids[0], 2)
    export_archive(gallery, ids, tmp_path / "a.zip", name="Steels")
    assert import_archive(other, tmp_path / "a.zip") == sorted(ids)
    for entry_id in ids:
        for version in gallery.get(entry_id).versions:
            before, after = (each.get(entry_id, version.number) for each in (gallery, other))
            assert after == before
            for file in before.files:
                contents = []
                for each in (gallery, other):
                    with each.files.open(file.sha256) as stream:
                        contents.append(stream.read())
                assert contents[0] == contents[1]
    assert len(gallery.get(ids[0]).versions) == 2
    for query in (Query(), Query(text="better ti")):
        before, after = (Search(each.database).find(query) for each in (gallery, other))
        assert after.cards == before.cards
        assert before.cards
    export_archive(other, ids, tmp_path / "b.zip", name="Steels")
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()


@pytest.mark.parametrize("url", ["https://segment.example.org", ""])
def test_the_description_is_valid_croissant_and_its_records_can_be_read(gallery, publish, tmp_path, url):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    ids = [publish(number, licence=("CC-BY-4.0", "CC0-1.0")[number % 2]) for number in range(3)]
    export_archive(gallery, ids, tmp_path / "set", name="Steels", url=url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        dataset = mlcroissant.Dataset(jsonld=tmp_path / "set" / "croissant.json")
        issues = dataset.metadata.ctx.issues
        assert not issues.errors, issues.report()
        assert not issues.warnings, issues.report()
        records = list(dataset.records("entries"))
    assert sorted(record["entries/entry"].decode() for record in records) == sorted(ids)
    for record in records:
        assert (tmp_path / "set" / record["entries/image"].decode()).is_file()
        assert record["entries/quality"] == 7


def test_the_loader_of_an_archive_loads_it_without_sambaseg(gallery, publish, tmp_path):
    ids = [publish(number, sample_id=f"sample {number}") for number in range(12)]
    export_archive(gallery, ids, tmp_path / "set", name="Steels")
    script = (
        "import sys; sys.path.insert(0, '.'); from load import load; import json\n"
        "print(json.dumps([[s, e['entry'], list(e['image'].shape), int(e['labels'].max()), e['classes'][0]['name']]"
        " for s in ('train', 'validation', 'test') for e in load(s)]))\n"
        "assert 'sambaseg' not in sys.modules"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "set", capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    loaded = json.loads(ended.stdout)
    assert sorted(entry for _, entry, *_ in loaded) == sorted(ids)
    assert all(rest == [[20, 30], 2, "gamma"] for _, _, *rest in loaded)
    assert all(split == split_of(gallery.get(entry)) for split, entry, *_ in loaded)


def test_images_of_one_sample_are_never_in_two_splits_and_splits_have_their_shares(gallery, publish):
    entry = gallery.get(publish(0))
    found = dict.fromkeys(SPLITS, 0)
    for number in range(2000):
        one, two = (
            replace(entry, id=f"{number:031x}{end}", metadata=replace(entry.metadata, sample_id=name))
            for end, name in (("a", f"Sample {number}"), ("b", f" sample  {number}"))
        )
        assert split_of(one) == split_of(two)
        found[split_of(one)] += 1
    assert 0.77 < found["train"] / 2000 < 0.83
    assert 0.08 < found["test"] / 2000 < 0.12
    nameless = [replace(entry, id=end * 32, metadata=replace(entry.metadata, sample_id="")) for end in "ab"]
    assert split_of(nameless[0]) == split_of(nameless[1]), "the same image twice"


def test_the_folder_has_checksums_of_all_files_and_nothing_that_is_private(gallery, publish, tmp_path):
    ids = [publish(0)]
    waiting = gallery.create_draft(BOB, gallery_snapshot(gallery, ids[0]))
    export_archive(gallery, [*ids, waiting.id], tmp_path / "set", name="Steels")
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "set", check=False)
    assert checked.returncode == 0
    text = "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "set").rglob("*") if path.suffix in (".json", ".csv")
    )
    assert waiting.id not in text
    assert ADA.visitor_id not in text  # also the id of the project that it was taken from
    with (tmp_path / "set" / "entries.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (tmp_path / "set" / row["image"]).name == "image.tif"
    assert float(row["pixel_nm"]) == 12


def gallery_snapshot(gallery, entry_id):
    entry = gallery.get(entry_id)
    return Snapshot(files=entry.files, measured=entry.measured, metadata=entry.metadata)


def harm_sum(folder):
    next(folder.rglob("image.tif")).write_bytes(b"another image")


def harm_missing(folder):
    next(folder.rglob("labels.tif")).unlink()


def harm_entry(folder, **changes):
    path = next(folder.rglob("entry.json"))
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**values, **changes}), encoding="utf-8")
    sums = folder / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if not line.endswith("entry.json")]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text("\n".join([*lines, f"{digest}  {path.relative_to(folder).as_posix()}"]))


@pytest.mark.parametrize(
    "harm",
    [
        harm_sum,
        harm_missing,
        lambda folder: harm_entry(folder, id="../../../etc"),
        lambda folder: harm_entry(folder, versions=[]),
        lambda folder: harm_entry(folder, versions=[{"number": 1}]),
        lambda folder: harm_entry(folder, format=2),
        lambda folder: (folder / "more").symlink_to("/etc"),
    ],
)
def test_an_archive_that_is_not_whole_or_lies_changes_nothing(gallery, publish, other, tmp_path, harm):
    export_archive(gallery, [publish(0)], tmp_path / "set", name="Steels")
    harm(tmp_path / "set")
    with pytest.raises((ArchiveError, MetadataError)):
        import_archive(other, tmp_path / "set")
    with other.database.reading() as session:
        assert session.query(Entry).count() == 0


def test_names_in_a_zip_never_become_paths(gallery, publish, other, tmp_path):
    export_archive(gallery, [publish(0)], tmp_path / "a.zip", name="Steels")
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("../../evil", b"x")
    with pytest.raises(ArchiveError, match="evil is not named"):
        import_archive(other, tmp_path / "a.zip")
    (tmp_path / "none.zip").write_bytes(b"no zip")
    with pytest.raises(ArchiveError):
        import_archive(other, tmp_path / "none.zip")


def test_nothing_is_imported_twice_or_written_over(gallery, publish, other, tmp_path):
    ids = [publish(0), publish(1)]
    export_archive(gallery, ids[:1], tmp_path / "one", name="Steels")
    export_archive(gallery, ids, tmp_path / "two", name="Steels")
    import_archive(other, tmp_path / "one")
    with pytest.raises(TargetNotEmptyError, match=ids[0]):
        import_archive(other, tmp_path / "two")
    assert len(Search(other.database).find(Query()).cards) == 1
    with pytest.raises(TargetNotEmptyError):
        export_archive(gallery, ids, tmp_path / "two", name="Steels")
    with pytest.raises(ParameterError, match="no entry"):
        export_archive(gallery, [], tmp_path / "three", name="Steels")
    assert not (tmp_path / "three").exists()


def test_an_entry_that_was_taken_back_is_left_out(gallery, publish, tmp_path):
    kept, gone = publish(0, owner=ADA), publish(1, owner=BOB)
    gallery.withdraw(gone, BOB)
    paths = export_archive(gallery, [kept, gone], tmp_path / "set", name="Steels")
    assert any(kept in path for path in paths)
    assert not any(gone in path for path in paths)


def test_cards_that_were_lost_are_written_anew(gallery, publish):
    ids = [publish(0), publish(1)]
    before = Search(gallery.database).find(Query(text="image")).cards
    with gallery.database.session() as session:
        write_all_cards(session)
    assert Search(gallery.database).find(Query(text="image")).cards == before
    assert {card.id for card in before} == set(ids)


def test_the_commands_export_and_import(tmp_path, capsys, monkeypatch):
    for name in ("SAMBASEG_DATA_DIR", "SAMBASEG_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'data' / 'sambaseg.db'}")
    gallery = Gallery(database, DiskStore(tmp_path / "data" / "files"), moderated=False)
    ids = [Sharing(gallery).submit(LOCAL_OWNER, title=title) for title in ("Steel", "Copper")]
    database.close()
    out = tmp_path / "out.zip"
    assert (
        main(["gallery", "export", str(out), "--query", "steel", "--data-dir", str(tmp_path / "data"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["entries"] == 1
    assert main(["gallery", "import", str(out), "--data-dir", str(tmp_path / "again"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == ids[:1]
    assert main(["gallery", "import", str(out), "--data-dir", str(tmp_path / "again")]) == 4


def test_export_wipe_and_import_by_command_give_the_same_bytes_and_cards(tmp_path, monkeypatch):
    """The data set as a whole through the command line: out, everything removed, in again; then valid Croissant."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    for name in ("SAMBASEG_DATA_DIR", "SAMBASEG_DATABASE_URL", "SAMBASEG_FILES_URL"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "data"
    shared = fill_with_pixels(data)
    files = {path: content for path, content in stored_files(data).items() if path.name[-64:] in shared}
    cards = found_cards(data)
    assert len(files) == len(shared)
    assert len(cards) == 3
    run = ["--data-dir", str(data)]
    assert main(["gallery", "export", str(tmp_path / "a.zip"), *run]) == 0
    assert main(["gallery", "export", str(tmp_path / "set"), *run]) == 0
    shutil.rmtree(data)
    assert main(["gallery", "import", str(tmp_path / "a.zip"), *run]) == 0
    assert stored_files(data) == files
    assert found_cards(data) == cards
    assert main(["gallery", "export", str(tmp_path / "b.zip"), *run]) == 0
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "a.zip").read_bytes()
    shutil.rmtree(data)
    assert main(["gallery", "import", str(tmp_path / "set"), *run]) == 0
    assert (stored_files(data), found_cards(data)) == (files, cards)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        dataset = mlcroissant.Dataset(jsonld=tmp_path / "set" / "croissant.json")
        assert not dataset.metadata.ctx.issues.errors, dataset.metadata.ctx.issues.report()
        assert len(list(dataset.records("entries"))) == 3


def fill_with_pixels(data):
    """Make a gallery of three entries with real images, one in two versions; return the SHA-256 of all their files."""
    data.mkdir()
    database = Database(f"sqlite:///{data / 'sambaseg.db'}")
    gallery = Gallery(database, open_store("", data_dir=data), moderated=False)
    sharing = Sharing(gallery)
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 255, (20, 30)).astype(np.uint8)
        snapshot = sharing.snapshot(title=f"Öl image {number}", sample_id=f"S-{number}")
        files = tuple(with_pixels(gallery, file, pixels) for file in snapshot.files)
        draft = gallery.create_draft(LOCAL_OWNER, replace(snapshot, files=files))
        gallery.submit(draft.id, LOCAL_OWNER, consent=True)
    gallery.new_version(draft.id, LOCAL_OWNER)
    gallery.submit(draft.id, LOCAL_OWNER, consent=True)
    entries = Search(database).find(Query()).cards
    versions = [gallery.get(card.id, number) for card in entries for number in range(1, card.number + 1)]
    database.close()
    return {file.sha256 for version in versions for file in version.files}


def stored_files(data):
    """Return name and content of every file that a gallery keeps."""
    return {
        path.relative_to(data): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and not path.name.startswith("sambaseg.db")
    }


def found_cards(data):
    """Return all cards, as a search gives them."""
    database = Database(f"sqlite:///{data / 'sambaseg.db'}")
    try:
        return Search(database).find(Query(text="image")).cards
    finally:
        database.close()
