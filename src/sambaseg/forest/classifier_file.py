"""Classifier files (``.sambaseg``): data only, and everything is checked before it is used.

A file is a zip of ``header.json`` (recipe, scaling, classes, how it was trained) and of the forest's arrays in NumPy's
format. Nothing in it is ever run or unpickled. A file of any content is either a working classifier or refused with a
ClassifierFileError: sizes are capped before anything is allocated, arrays must have the one type they may have, and the
forest, the recipe and the scaling check themselves.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from dataclasses import asdict
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.durable import replace_durably
from sambaseg.errors import ClassifierFileError, MemoryBudgetError, MissingFileError, ParameterError
from sambaseg.features.recipe import FeatureRecipe
from sambaseg.features.scaling import Scaling
from sambaseg.forest.bins import MAX_EDGES
from sambaseg.forest.classifier import ClassEntry, Classifier, ClassPoints, TrainingSummary
from sambaseg.forest.forest import Forest, OutOfBag
from sambaseg.forest.settings import ForestSettings

FORMAT = "sambaseg classifier"
FORMAT_VERSION = 2
FIRST_VERSION = 1
"""The version whose classifiers all had `_SETTINGS_OF_FIRST_VERSION`. One that has them is still written so."""
MAX_FILE_BYTES = 256 * 2**20
MAX_DATA_BYTES = 512 * 2**20
"""Of the header and all arrays together, unpacked."""
MAX_HEADER_BYTES = 4 * 2**20

_HEADER = "header.json"
_ARRAYS = {
    "class_ids.npy": ("<i8", 1),
    "edge_counts.npy": ("|u1", 1),
    "edges.npy": ("<f4", 1),
    "tree_starts.npy": ("<i8", 1),
    "node_feature.npy": ("<i4", 1),
    "node_bin.npy": ("|u1", 1),
    "leaf_parts.npy": ("<u4", 2),
    "importances.npy": ("<f8", 1),
}
"""Type and number of axes of each array."""
_ARRAY_START = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<|][iuf][1248])', 'fortran_order': False, "
    rb"'shape': \((\d{1,12}),(?: (\d{1,12}))?\), \} *\n",
    re.DOTALL,
)
_SETTINGS_OF_FIRST_VERSION = {"classifier": "forest", "features_per_split": 2, "min_leaf": 1}
_END_BYTES = 22
"""Of the record that ends a zip archive without a comment."""
_DIRECTORY_BYTES = 4096

Arrays = dict[str, npt.NDArray[Any]]


def save_classifier(path: Path, classifier: Classifier) -> None:
    """Save a classifier. Raises StorageError, and MemoryBudgetError for one larger than files may be.

    The file is written beside `path`, brought to the disk, loaded again, and only then takes its place.
    """
    content = classifier_to_bytes(classifier)
    with replace_durably(Path(path)) as temporary:
        temporary.write_bytes(content)
        load_classifier(temporary)


def load_classifier(path: Path) -> Classifier:
    """Return the classifier in a file. Raises MissingFileError and ClassifierFileError."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise MissingFileError(f"The classifier file {path.name} cannot be read: {error.strerror}.") from None
    return classifier_from_bytes(content, name=path.name)


def classifier_to_bytes(classifier: Classifier) -> bytes:
    """Return the content of a classifier file. Raises MemoryBudgetError."""
    entries = {_HEADER: json.dumps(_header_of(classifier), indent=1).encode()}
    for name, array in _arrays_of(classifier.forest).items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
        entries[name] = buffer.getvalue()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        for name, data in entries.items():
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    if len(archive.getvalue()) > MAX_FILE_BYTES or sum(map(len, entries.values())) > MAX_DATA_BYTES:
        raise MemoryBudgetError(
            f"The classifier is larger than a file may be ({MAX_DATA_BYTES // 2**20} MB).",
            hint="Train with fewer trees, or less depth.",
        )
    return archive.getvalue()


def classifier_digest(classifier: Classifier) -> str:
    """Return the SHA-256 of what a classifier file holds, unpacked, 64 hexadecimal digits: what names a classifier."""
    digest = hashlib.sha256(json.dumps(_header_of(classifier)).encode())
    for name, array in _arrays_of(classifier.forest).items():
        digest.update(f"{name} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def classifier_from_bytes(content: bytes, *, name: str) -> Classifier:
    """Return the classifier in the content of a file called `name`. Raises ClassifierFileError."""
    try:
        header, arrays = _read_archive(content)
        return _build(header, arrays)
    except ParameterError as error:
        raise _refused(name, error.message) from None
    except ClassifierFileError as error:
        raise _refused(name, error.message) from None
    except RecursionError:
        raise _refused(name, "Its header is nested too deeply.") from None


def _refused(name: str, reason: str) -> ClassifierFileError:
    return ClassifierFileError(
        f"{name} is no classifier file that can be used. {reason}",
        hint="Save the classifier again in the program that made it, or train a new one.",
    )


def _read_archive(content: bytes) -> tuple[dict[str, Any], Arrays]:
    _check_archive_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            entries = file.infolist()
            _check_entries(entries)
            data = {entry.filename: _unpack(file, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError, struct.error) as error:
        raise ClassifierFileError(f"The zip archive is broken: {error}.") from None
    arrays = {name: _read_array(name, data[name], *kind) for name, kind in _ARRAYS.items()}
    return _read_header(data[_HEADER]), arrays


def _check_archive_end(content: bytes) -> None:
    """Refuse what is too large, no zip, or a zip whose list of entries could be long."""
    if len(content) > MAX_FILE_BYTES:
        raise ClassifierFileError(f"It is larger than {MAX_FILE_BYTES // 2**20} MB.")
    end = content[-_END_BYTES:]
    if content[:4] != b"PK\x03\x04" or end[:4] != b"PK\x05\x06":
        raise ClassifierFileError("It is not a zip archive, or cut off.")
    directory_bytes = int.from_bytes(end[12:16], "little")
    zip64_mark = content[-_END_BYTES - 20 : -_END_BYTES][:4]
    if directory_bytes > _DIRECTORY_BYTES or zip64_mark == b"PK\x06\x07":
        raise ClassifierFileError("It holds more entries than a classifier has.")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    wanted = sorted([_HEADER, *_ARRAYS])
    if sorted(entry.filename for entry in entries) != wanted:
        raise ClassifierFileError(f"It must hold {', '.join(wanted)}.")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise ClassifierFileError("Its entries are packed in another way than by deflate.")
    if sum(entry.file_size for entry in entries) > MAX_DATA_BYTES:
        raise ClassifierFileError(f"It would unpack to more than {MAX_DATA_BYTES // 2**20} MB.")
    if any(entry.file_size > MAX_HEADER_BYTES for entry in entries if entry.filename == _HEADER):
        raise ClassifierFileError(f"Its header is larger than {MAX_HEADER_BYTES // 2**20} MB.")


def _unpack(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return an entry's content; never unpacks more than it says it has, nor than was checked."""
    with file.open(entry) as packed:
        return packed.read(entry.file_size)


def _read_array(name: str, data: bytes, dtype: str, axes: int) -> npt.NDArray[Any]:
    """Return an array in NumPy's format, whose header is read by pattern and never evaluated."""
    start = _ARRAY_START.match(data)
    if start is None or int.from_bytes(start[1], "little") != start.end() - 10:
        raise ClassifierFileError(f"The array {name} is not in NumPy's format.")
    shape = tuple(int(length) for length in start.groups()[2:] if length is not None)
    if start[2].decode() != dtype or len(shape) != axes:
        raise ClassifierFileError(f"The array {name} must be {dtype} with {axes} axes.")
    count = int(np.prod(shape, dtype=object))
    if count * np.dtype(dtype).itemsize != len(data) - start.end():
        raise ClassifierFileError(f"The array {name} has another size than it says.")
    native = np.frombuffer(data, dtype, count, start.end()).reshape(shape)
    return native.astype(native.dtype.newbyteorder("="))


def _read_header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ClassifierFileError("Its header is not valid JSON.") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ClassifierFileError("Its header is not that of a classifier.")
    version = header.get("format_version")
    if isinstance(version, bool) or version not in (FIRST_VERSION, FORMAT_VERSION):
        raise ClassifierFileError(
            f"It has format version {version!r:.20}, and this version of sambaseg reads up to {FORMAT_VERSION}."
        )
    wanted = {
        "format", "format_version", "version", "recipe", "scaling", "channels", "classes", "training", "out_of_bag",
    }  # fmt: skip
    if set(header) != wanted:
        raise ClassifierFileError(f"Its header must hold {', '.join(sorted(wanted))}.")
    return header


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _header_of(classifier: Classifier) -> dict[str, Any]:
    out_of_bag = classifier.forest.out_of_bag
    training = classifier.training.to_json()
    training["image_name"] = _readable(classifier.training.image_name)[:1000]
    version = FORMAT_VERSION
    if training.items() >= _SETTINGS_OF_FIRST_VERSION.items():
        version = FIRST_VERSION
        training = {name: value for name, value in training.items() if name not in _SETTINGS_OF_FIRST_VERSION}
    return {
        "format": FORMAT,
        "format_version": version,
        "version": classifier.version,
        "recipe": classifier.recipe.to_json(),
        "scaling": classifier.scaling.to_json(),
        "channels": classifier.channels,
        "classes": [asdict(entry) for entry in classifier.classes],
        "training": training,
        "out_of_bag": None if out_of_bag is None else asdict(out_of_bag),
    }


def _arrays_of(forest: Forest) -> Arrays:
    arrays: Arrays = {
        "class_ids.npy": forest.class_ids,
        "edge_counts.npy": forest.edge_counts_f,
        "edges.npy": forest.edges_fb[np.isfinite(forest.edges_fb)],
        "tree_starts.npy": forest.tree_starts,
        "node_feature.npy": forest.node_feature,
        "node_bin.npy": forest.node_bin,
        "leaf_parts.npy": forest.parts_lk,
        "importances.npy": forest.importances_f,
    }
    return {name: np.ascontiguousarray(array, _ARRAYS[name][0]) for name, array in arrays.items()}


def _build(header: dict[str, Any], arrays: Arrays) -> Classifier:
    """Return the classifier of a header and arrays; raises ParameterError and ClassifierFileError."""
    forest = Forest(
        class_ids=arrays["class_ids.npy"],
        edges_fb=_spread_edges(arrays["edges.npy"], arrays["edge_counts.npy"]),
        node_feature=arrays["node_feature.npy"],
        node_bin=arrays["node_bin.npy"],
        tree_starts=arrays["tree_starts.npy"],
        parts_lk=arrays["leaf_parts.npy"],
        importances_f=arrays["importances.npy"],
        out_of_bag=_read_out_of_bag(header["out_of_bag"]),
    )
    return Classifier(
        forest=forest,
        recipe=FeatureRecipe.from_json(header["recipe"]),
        scaling=Scaling.from_json(header["scaling"]),
        channels=_whole(header["channels"], "channels", 1, 64),
        classes=tuple(_read_class(entry) for entry in _list(header["classes"], "classes")),
        training=_read_training(header["training"], header["format_version"]),
        version=_text(header["version"], "version", 40),
    )


def _spread_edges(edges: npt.NDArray[np.float32], counts_f: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    if int(counts_f.sum(dtype=np.int64)) != len(edges) or not np.isfinite(edges).all():
        raise ClassifierFileError("The edges of its features are not finite, or not as many as it says.")
    edges_fb = np.full((len(counts_f), MAX_EDGES), np.inf, np.float32)
    edges_fb[np.arange(MAX_EDGES) < counts_f[:, np.newaxis]] = edges
    return edges_fb


def _read_out_of_bag(values: object) -> OutOfBag | None:
    if values is None:
        return None
    fields = _fields(values, "out_of_bag", ("score", "by_class"))
    by_class = tuple(
        None if share is None else _share(share, "out_of_bag") for share in _list(fields["by_class"], "by_class")
    )
    return OutOfBag(_share(fields["score"], "score"), by_class)


def _read_class(values: object) -> ClassEntry:
    fields = _fields(values, "class", ("id", "name", "colour"))
    class_id = _whole(fields["id"], "class id", 1, 2**31 - 1)
    return ClassEntry(class_id, _text(fields["name"], "class name", 80), _text(fields["colour"], "colour", 7))


def _read_training(values: object, version: int) -> TrainingSummary:
    names = [field.name for field in fields_of(ForestSettings)]
    if version == FIRST_VERSION:
        names = [name for name in names if name not in _SETTINGS_OF_FIRST_VERSION]
    fields = _fields(values, "training", ("points", *names, "image_name"))
    settings = {**_SETTINGS_OF_FIRST_VERSION, **{name: fields[name] for name in names}}
    points = [_fields(entry, "points", ("class_id", "labelled", "used")) for entry in _list(fields["points"], "points")]
    return TrainingSummary(
        points=tuple(
            ClassPoints(*(_whole(entry[key], key, 0, 2**53) for key in ("class_id", "labelled", "used")))
            for entry in points
        ),
        settings=ForestSettings(**settings),
        image_name=_text(fields["image_name"], "image name", 1000),
    )


def _fields(values: object, what: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(values, dict) or set(values) != set(names):
        raise ClassifierFileError(f"In its header, {what} must be an object with {', '.join(names)}.")
    return values


def _list(values: object, what: str) -> list[Any]:
    if not isinstance(values, list) or len(values) > 1000:
        raise ClassifierFileError(f"In its header, {what} must be a list of at most 1000 entries.")
    return values


def _text(value: object, what: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or _readable(value) != value:
        raise ClassifierFileError(f"In its header, the {what} must be a text of at most {longest} characters.")
    return value


def _readable(text: str) -> str:
    """Return a text without halves of characters, which file names can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _whole(value: object, what: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ClassifierFileError(f"In its header, {what} must be a whole number from {least} to {most}.")
    return value


def _share(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ClassifierFileError(f"In its header, {what} must be a number from 0 to 1.")
    return float(value)
