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
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sambaseg.durable import replace_durably
from sambaseg.errors import ClassifierFileError, MemoryBudgetError, MissingFileError, ParameterError
from sambaseg.forest.bins import MAX_EDGES
from sambaseg.forest.classifier import Classifier
from sambaseg.forest.classifier_header import header_of, read_classifier, read_forest_facts, read_header
from sambaseg.forest.forest import Forest

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
    entries = {_HEADER: json.dumps(header_of(classifier), indent=1).encode()}
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
    digest = hashlib.sha256(json.dumps(header_of(classifier)).encode())
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
    return read_header(data[_HEADER]), arrays


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
    facts = read_forest_facts(header)
    forest = Forest(
        class_ids=arrays["class_ids.npy"],
        edges_fb=_spread_edges(arrays["edges.npy"], arrays["edge_counts.npy"]),
        node_feature=arrays["node_feature.npy"],
        node_bin=arrays["node_bin.npy"],
        tree_starts=arrays["tree_starts.npy"],
        parts_lk=arrays["leaf_parts.npy"],
        importances_f=arrays["importances.npy"],
        out_of_bag=facts.out_of_bag,
        scores=facts.scores,
        class_factors=facts.class_factors,
    )
    return read_classifier(header, forest)


def _spread_edges(edges: npt.NDArray[np.float32], counts_f: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    if int(counts_f.sum(dtype=np.int64)) != len(edges) or not np.isfinite(edges).all():
        raise ClassifierFileError("The edges of its features are not finite, or not as many as it says.")
    edges_fb = np.full((len(counts_f), MAX_EDGES), np.inf, np.float32)
    edges_fb[np.arange(MAX_EDGES) < counts_f[:, np.newaxis]] = edges
    return edges_fb
