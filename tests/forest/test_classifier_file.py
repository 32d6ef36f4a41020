"""Classifier files: loaded equals saved; anything else is refused by name, quickly, whatever its bytes are."""

import io
import json
import random
import re
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forest_samples import labelled_samples, noisy_samples
from sambaseg.cleaning.steps import parse_steps
from sambaseg.errors import ClassifierFileError, MemoryBudgetError, MissingFileError, StorageError
from sambaseg.forest import classifier_file
from sambaseg.forest.classifier import ClassEntry, Classifier
from sambaseg.forest.classifier_file import (
    classifier_digest,
    classifier_from_bytes,
    classifier_to_bytes,
    load_classifier,
    save_classifier,
)
from sambaseg.forest.classifier_header import FORMAT_VERSION
from sambaseg.forest.grow import LEAF, WHOLE
from sambaseg.forest.settings import ForestSettings
from sambaseg.forest.train import train_forest

HEADER = "header.json"


def unpacked(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {entry.filename: file.read(entry) for entry in file.infolist()}


def packed(entries, compression=zipfile.ZIP_DEFLATED):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return archive.getvalue()


def array_bytes(array, version=(1, 0)):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


def with_array(content, name, edit):
    entries = unpacked(content)
    entries[name] = array_bytes(edit(np.load(io.BytesIO(entries[name]))))
    return packed(entries)


def with_header(content, edit):
    entries = unpacked(content)
    header = json.loads(entries[HEADER])
    edited = edit(header)
    entries[HEADER] = json.dumps(header if edited is None else edited).encode()
    return packed(entries)


@pytest.fixture(scope="module")
def content(classifier):
    return classifier_to_bytes(classifier)


@pytest.fixture(scope="module")
def tiny_content(classifier):
    """A classifier of two small trees, so that thousands of mutations are quick and hit every part."""
    forest = train_forest(*labelled_samples(60), ForestSettings(trees=2, depth=3))
    return classifier_to_bytes(replace(classifier, forest=forest))


def test_loaded_equals_saved(classifier, tmp_path):
    path = tmp_path / "steel.sambaseg"
    save_classifier(path, classifier)
    loaded = load_classifier(path)
    names = ("recipe", "scaling", "channels", "classes", "training", "version")
    assert [getattr(loaded, name) for name in names] == [getattr(classifier, name) for name in names]
    assert loaded.forest.out_of_bag == classifier.forest.out_of_bag
    for name in ("class_ids", "edges_fb", "node_feature", "node_bin", "tree_starts", "parts_lk", "importances_f"):
        ours, theirs = getattr(loaded.forest, name), getattr(classifier.forest, name)
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    features_nf, _ = labelled_samples(300, seed=5)
    assert np.array_equal(loaded.forest.predict_proba(features_nf), classifier.forest.predict_proba(features_nf))


def test_the_same_classifier_gives_the_same_file(classifier, content):
    assert classifier_to_bytes(classifier) == content
    assert classifier_to_bytes(classifier_from_bytes(content, name="again")) == content


def test_settings_that_the_first_version_did_not_know_come_back(classifier, content):
    assert json.loads(unpacked(content)[HEADER])["format_version"] == 1
    chosen = ForestSettings(classifier="extra_trees", features_per_split="sqrt", min_leaf=2)
    newer = classifier_to_bytes(replace(classifier, training=replace(classifier.training, settings=chosen)))
    assert json.loads(unpacked(newer)[HEADER])["format_version"] == 2
    assert classifier_from_bytes(newer, name="newer").training.settings == chosen
    for field, value in (("classifier", "magic"), ("features_per_split", "all"), ("min_leaf", 0)):
        with pytest.raises(ClassifierFileError):
            classifier_from_bytes(with_header(newer, put("training", field, value=value)), name="newer")


def test_steps_of_cleaning_come_back_and_only_files_that_have_some_are_of_the_third_version(classifier, content):
    cleaning = parse_steps(f"fill_holes:9,remove_small:5:{classifier.classes[0].id}")
    cleaned = classifier_to_bytes(replace(classifier, cleaning=cleaning))
    assert classifier_from_bytes(cleaned, name="a").cleaning == cleaning
    assert json.loads(unpacked(cleaned)[HEADER])["format_version"] == 3
    assert json.loads(unpacked(content)[HEADER])["format_version"] < 3
    wrong = with_header(cleaned, put("cleaning", value=[{"kind": "polish", "size": 1, "classes": []}]))
    with pytest.raises(ClassifierFileError, match="polish"):
        classifier_from_bytes(wrong, name="a")


def test_a_file_of_the_first_version_is_read(content):
    header = json.loads(unpacked(content)[HEADER])
    assert set(header["training"]) == {"points", "trees", "depth", "balance", "seed", "image_name"}
    assert classifier_from_bytes(content, name="old").training.settings == ForestSettings(trees=8, depth=5)


def test_the_arrays_open_in_numpy(content, tmp_path):
    path = tmp_path / "steel.npz"
    path.write_bytes(content)
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["class_ids"].tolist() == [2, 4, 7]


def test_a_forest_without_a_score_and_names_of_any_script_come_back(classifier, tmp_path):
    named = tuple(replace(entry, name=f"Phase γ′ 相 \n {entry.id}") for entry in classifier.classes)
    unscored = replace(classifier, classes=named, forest=replace(classifier.forest, out_of_bag=None))
    save_classifier(tmp_path / "c.sambaseg", unscored)
    loaded = load_classifier(tmp_path / "c.sambaseg")
    assert loaded.classes == named
    assert loaded.forest.oob_score is None


def test_a_file_name_that_is_no_unicode_does_not_keep_a_classifier_from_being_saved(classifier, tmp_path):
    odd = replace(classifier, training=replace(classifier.training, image_name="a\udcff" + "x" * 2000))
    save_classifier(tmp_path / "c.sambaseg", odd)
    assert load_classifier(tmp_path / "c.sambaseg").training.image_name == "a?" + "x" * 998


def test_a_file_that_cannot_be_written_leaves_the_old_one(classifier, tmp_path, monkeypatch):
    path = tmp_path / "c.sambaseg"
    save_classifier(path, classifier)
    before = path.read_bytes()
    monkeypatch.setattr(classifier_file, "MAX_HEADER_BYTES", 10)  # the written file cannot be loaded again
    with pytest.raises(ClassifierFileError):
        save_classifier(path, classifier)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.sambaseg"]
    with pytest.raises(StorageError):
        save_classifier(tmp_path / "missing" / "c.sambaseg", classifier)


def test_a_classifier_larger_than_files_may_be_is_not_saved(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier_file, "MAX_DATA_BYTES", 1000)
    with pytest.raises(MemoryBudgetError):
        save_classifier(tmp_path / "c.sambaseg", classifier)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"gone\.sambaseg"):
        load_classifier(tmp_path / "gone.sambaseg")


def put(*path, value):
    """Return an edit of a header that sets what stands at `path`."""

    def edit(header):
        inner = header
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return edit


def at(index, value):
    """Return an edit of an array that sets one place."""

    def edit(array):
        array[index] = value
        return array

    return edit


HEADER_EDITS = {
    "another format": put("format", value="picture"),
    "a newer version": put("format_version", value=FORMAT_VERSION + 1),
    "a list": lambda _: [1, 2],
    "a missing field": lambda header: {key: value for key, value in header.items() if key != "scaling"},
    "a field more": put("run", value="me"),
    "no channels": put("channels", value=0),
    "channels that do not fit": put("channels", value=2),
    "channels that are true": put("channels", value=True),
    "an unknown family": put("recipe", "families", value=["identity", "magic"]),
    "a recipe of other features": put("recipe", "families", value=["identity"]),
    "a scale out of bounds": put("recipe", "scales_px", value=[1, 1e6]),
    "a scaling upside down": put("scaling", "high", value=[-5]),
    "a scaling without a number": put("scaling", "low", value=["x"]),
    "class id 0": put("classes", 0, "id", value=0),
    "a class id that the forest does not have": put("classes", 0, "id", value=3),
    "class ids in another order": lambda header: {**header, "classes": header["classes"][::-1]},
    "a class too few": lambda header: {**header, "classes": header["classes"][1:]},
    "a name that is too long": put("classes", 0, "name", value="x" * 81),
    "an empty name": put("classes", 0, "name", value=""),
    "half a character": put("classes", 0, "name", value="\ud800"),
    "no colour": put("classes", 0, "colour", value="red"),
    "a colour in capitals": put("classes", 0, "colour", value="#FFFFFF"),
    "a class that is no object": put("classes", 0, value=5),
    "too many trees": put("training", "trees", value=10**9),
    "a seed that is no number": put("training", "seed", value=None),
    "points below zero": put("training", "points", 0, "used", value=-1),
    "endless points": put("training", "points", value=[{"class_id": 1, "labelled": 1, "used": 1}] * 5000),
    "a score above 1": put("out_of_bag", "score", value=1.5),
    "a score that is a text": put("out_of_bag", "score", value="good"),
    "scores that are no list": put("out_of_bag", "by_class", value=3),
    "a version that is too long": put("version", value="1" * 50),
}

ARRAY_EDITS = {
    "an edge that is no number": ("edges.npy", at(3, np.nan)),
    "an infinite edge": ("edges.npy", at(0, np.inf)),
    "edges that fall": ("edges.npy", lambda array: array[::-1].copy()),
    "too few edges": ("edges.npy", lambda array: array[:-1]),
    "edge counts that do not fit": ("edge_counts.npy", at(0, 3)),
    "a feature too few": ("edge_counts.npy", lambda array: array[:-1]),
    "a feature that is not there": ("node_feature.npy", at(0, 7)),
    "a feature below zero": ("node_feature.npy", at(0, -5)),
    "a tree cut short": ("node_feature.npy", at(0, LEAF)),
    "nodes without end": ("node_feature.npy", lambda array: np.zeros_like(array)),
    "a bin that is not there": ("edge_counts.npy", lambda array: array * 0),
    "trees that go back": ("tree_starts.npy", at(1, 10**9)),
    "trees below zero": ("tree_starts.npy", at(1, -(2**62))),
    "too many trees": ("tree_starts.npy", lambda _: np.arange(1500)),
    "a leaf above 1": ("leaf_parts.npy", at((0, 0), WHOLE + 1)),
    "a leaf that overflows": ("leaf_parts.npy", at(0, 2**32 - 1)),
    "a leaf below 1": ("leaf_parts.npy", at(0, 0)),
    "importances that are no numbers": ("importances.npy", at(0, np.nan)),
    "a class id that falls": ("class_ids.npy", at(0, 900)),
    "another type": ("node_bin.npy", lambda array: array.astype(np.int64)),
    "another byte order": ("tree_starts.npy", lambda array: array.astype(">i8")),
    "objects": ("class_ids.npy", lambda array: array.astype(np.float64)),
    "another number of axes": ("edges.npy", lambda array: array[np.newaxis]),
}


@pytest.mark.parametrize("what", HEADER_EDITS)
def test_a_header_with(content, what):
    with pytest.raises(ClassifierFileError, match=r"^a\.sambaseg is no classifier file"):
        classifier_from_bytes(with_header(content, HEADER_EDITS[what]), name="a.sambaseg")


@pytest.mark.parametrize("what", ARRAY_EDITS)
def test_an_array_with(content, what):
    name, edit = ARRAY_EDITS[what]
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(with_array(content, name, edit), name="a.sambaseg")


def test_a_newer_version_says_so(content):
    with pytest.raises(ClassifierFileError, match="format version 4"):
        classifier_from_bytes(with_header(content, put("format_version", value=4)), name="a")


@pytest.mark.parametrize(
    "header",
    [b"", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"NaN", b'{"format": NaN}', b"\xff\xfe", b"9" * 100_000, b"null"],
)
def test_a_header_that_is_no_json_is_refused(content, header):
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(packed({**unpacked(content), HEADER: header}), name="a")


def test_what_is_no_archive_is_refused(content):
    for data in (b"", b"PK", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n" * 9, content[:-1], content[:500], content + b"\0"):
        with pytest.raises(ClassifierFileError):
            classifier_from_bytes(data, name="a")


def test_entries_that_are_missing_or_more_or_twice_are_refused(content):
    entries = unpacked(content)
    for changed in (
        {name: data for name, data in entries.items() if name != "edges.npy"},
        {**entries, "../evil.py": b"print()"},
        {**entries, **{f"{number}": b"" for number in range(2000)}},
    ):
        with pytest.raises(ClassifierFileError):
            classifier_from_bytes(packed(changed), name="a")
    archive = io.BytesIO(content)
    with zipfile.ZipFile(archive, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(HEADER, b"{}")
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(archive.getvalue(), name="a")


def test_a_file_that_would_unpack_to_gigabytes_is_refused_before_it_is_unpacked(content, monkeypatch):
    monkeypatch.setattr(classifier_file, "MAX_DATA_BYTES", 2**20)
    bomb = packed({**unpacked(content), "edges.npy": bytes(2**21)})
    assert len(bomb) < 2**16
    with pytest.raises(ClassifierFileError, match="unpack to more than"):
        classifier_from_bytes(bomb, name="a")


def test_an_entry_that_is_larger_than_it_says_is_not_unpacked_further(content):
    """Says 100 bytes and unpacks to 64 MB: what is beyond the 100 is never made."""
    bomb = packed({**unpacked(content), "edges.npy": bytes(2**26)})
    lying = bomb.replace(struct.pack("<L", 2**26), struct.pack("<L", 100))
    assert lying != bomb
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(lying, name="a")


def test_packed_in_another_way_or_encrypted_is_refused(content):
    with pytest.raises(ClassifierFileError, match="deflate"):
        classifier_from_bytes(packed(unpacked(content), zipfile.ZIP_LZMA), name="a")
    encrypted = bytearray(content)
    encrypted[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ClassifierFileError):
        classifier_from_bytes(bytes(encrypted), name="a")
    stored = classifier_from_bytes(packed(unpacked(content), zipfile.ZIP_STORED), name="a")
    assert isinstance(stored, Classifier)


def test_an_array_with_a_crafted_header_is_refused_without_evaluating_it(content):
    entries = unpacked(content)
    good = entries["edges.npy"]
    length = int.from_bytes(good[8:10], "little")
    for text in (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999,), }",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (5,), }",
        b"{'descr': '<f4', 'fortran_order': True, 'shape': (5,), }",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        b"__import__('os').system('true')",
        b"(" * 60,
    ):
        changed = good[:10] + text.ljust(length - 1) + b"\n" + good[10 + length :]
        with pytest.raises(ClassifierFileError, match=r"edges\.npy"):
            classifier_from_bytes(packed({**entries, "edges.npy": changed}), name="a")
    newer = array_bytes(np.load(io.BytesIO(good)), version=(2, 0))
    with pytest.raises(ClassifierFileError, match=r"edges\.npy"):
        classifier_from_bytes(packed({**entries, "edges.npy": newer}), name="a")


def refused_or_working(data):
    """Load and use what loads; any error but the named one fails the test."""
    try:
        classifier = classifier_from_bytes(data, name="mutated")
    except ClassifierFileError:
        return False
    features_nf = np.random.default_rng(0).random((64, classifier.forest.features)).astype(np.float32)
    probabilities_nk = classifier.forest.predict_proba(features_nf)
    assert np.isfinite(probabilities_nk).all()
    assert np.abs(probabilities_nk.sum(axis=1) - 1).max() < 1e-5
    classifier_from_bytes(classifier_to_bytes(classifier), name="again")
    return True


def mutate(data, rng):
    """Return bytes with a few of them flipped, overwritten, cut out, doubled or swapped."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        place = rng.randrange(len(changed))
        kind = rng.randrange(5)
        if kind == 0:
            changed[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            changed[place] = rng.choice((0, 1, 127, 128, 255))
        elif kind == 2:
            del changed[place : place + rng.randrange(1, 9)]
        elif kind == 3:
            changed[place:place] = changed[place : place + rng.randrange(1, 9)]
        else:
            changed[place : place + 4] = struct.pack("<L", rng.choice((0, 1, 2**31, 2**32 - 1)))[: len(changed) - place]
    return bytes(changed)


def test_thousands_of_mutated_files_are_refused_or_work(tiny_content):
    rng = random.Random(0)
    stored = packed(unpacked(tiny_content), zipfile.ZIP_STORED)
    for number in range(1500):
        refused_or_working(mutate(stored if number % 2 else tiny_content, rng))


def test_thousands_of_files_with_mutated_entries_are_refused_or_work(tiny_content):
    """The checksums of the archive are right here, so that what they protect is reached."""
    rng = random.Random(1)
    entries = unpacked(tiny_content)
    names, worked = sorted(entries), 0
    for _ in range(2500):
        name = rng.choice(names)
        worked += refused_or_working(packed({**entries, name: mutate(entries[name], rng)}, zipfile.ZIP_STORED))
    assert worked > 30  # a threshold or an importance may be another number


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=6,
)


def paths_of(values, path=()):
    """Yield the path of every place in nested JSON values."""
    if path:
        yield path
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inner:
        yield from paths_of(value, (*path, key))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_header_with_any_value_in_any_place_is_refused_or_works(tiny_content, data):
    header = json.loads(unpacked(tiny_content)[HEADER])
    path = data.draw(st.sampled_from(list(paths_of(header))))
    value = data.draw(json_values)
    refused_or_working(with_header(tiny_content, put(*path, value=value)))


def test_a_large_forest_makes_a_file_that_is_small_beside_it(classifier):
    forest = train_forest(*noisy_samples(3000, features=3, noise=2.0), ForestSettings(trees=50))
    named = tuple(ClassEntry(number, f"Class {number}", "#123456") for number in (1, 2, 3))
    content = classifier_to_bytes(replace(classifier, forest=forest, classes=named))
    in_memory = forest.node_feature.nbytes + forest.node_bin.nbytes + forest.parts_lk.nbytes
    assert len(content) < in_memory


def test_the_digest_names_the_content_and_outlives_the_file(classifier):
    again = classifier_from_bytes(classifier_to_bytes(classifier), name="c")
    assert classifier_digest(again) == classifier_digest(classifier)
    assert re.fullmatch(r"[0-9a-f]{64}", classifier_digest(classifier))
    renamed = replace(classifier, classes=(replace(classifier.classes[0], name="Other"), *classifier.classes[1:]))
    assert classifier_digest(renamed) != classifier_digest(classifier)
