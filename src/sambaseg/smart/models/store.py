"""Where models lie: ``models/NAME/`` in the data folder, each with its files and a ``model.json`` that names them.

A model is put together in a folder beside, checked, brought to the disk and renamed: it is there as a whole or not at
all. Files of a model that is being fetched wait in ``models/.pending/NAME/``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from sambaseg.durable import replace_durably, sync_folder, sync_tree
from sambaseg.errors import (
    InputFileError,
    MissingFileError,
    ModelFileError,
    ModelMismatchError,
    ModelNotInstalledError,
    ParameterError,
    StorageError,
    UnknownModelError,
)
from sambaseg.smart.models.catalogue import CATALOGUE, CatalogueModel, Interface
from sambaseg.smart.models.weights import with_weights

FORMAT = 1
MANIFEST_NAME = "model.json"
MAX_MANIFEST_BYTES = 100_000
MAX_FILES = 16
RESERVED_NAMES = ("builtin",)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class StoredFile:
    """One file of an installed model."""

    part: str
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class InstalledModel:
    """A model whose files are here.

    ``verified`` says that every file had the SHA-256 that the catalogue states; ``input_side`` is the side of the
    square that its encoder sees, in px.
    """

    name: str
    title: str
    interface: Interface
    licence: str
    files: tuple[StoredFile, ...]
    input_side: int
    verified: bool
    added: str
    folder: Path

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    def file_of(self, part: str) -> StoredFile:
        """Return the file of a part. Raises UnknownModelError where there is none."""
        for file in self.files:
            if file.part == part:
                return file
        raise UnknownModelError(f"The model {self.name} has no part {part!r:.80}.")

    def path_of(self, part: str) -> Path:
        """Return where the file of a part lies. Raises UnknownModelError."""
        return self.folder / self.file_of(part).name


@dataclass(frozen=True)
class NewFile:
    """A file to install: its part, its name in the model's folder, where it is, and whether it may be moved."""

    part: str
    name: str
    source: Path
    movable: bool = False


@dataclass(frozen=True, kw_only=True)
class NewModel:
    """What a model says about itself when it is installed."""

    name: str
    title: str
    licence: str
    verified: bool = False


class ModelStore:
    """The models of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "models"

    def models(self) -> list[InstalledModel]:
        """Return the installed models by name; folders that hold no whole model are left out."""
        models = []
        for manifest in sorted(self.folder.glob(f"*/{MANIFEST_NAME}")):
            with contextlib.suppress(ModelFileError):
                models.append(_read_model(manifest.parent))
        return models

    def find(self, name: str) -> InstalledModel:
        """Return an installed model. Raises UnknownModelError, ModelNotInstalledError, ModelFileError."""
        check_name(name)
        if (self.folder / name / MANIFEST_NAME).is_file():
            return _read_model(self.folder / name)
        if any(model.name == name for model in CATALOGUE):
            raise ModelNotInstalledError(
                f"The model {name} is not installed.", hint=f"Run `sambaseg models add {name}`, or add it in the page."
            )
        names = ", ".join([*(model.name for model in self.models()), *(model.name for model in CATALOGUE)])
        raise UnknownModelError(f"There is no model {name}.", hint=f"There are: {names}.")

    def has(self, name: str) -> bool:
        """Return whether a model is installed."""
        return _NAME.fullmatch(name) is not None and (self.folder / name / MANIFEST_NAME).is_file()

    def install(self, new: NewModel, files: Sequence[NewFile]) -> InstalledModel:
        """Put a model together from its files, which must hold an encoder and a decoder, and return it.

        Raises ModelMismatchError where the name is taken, ParameterError for a name or file name that cannot be used,
        UnknownInterfaceError and ModelFileError for files that are no model, StorageError.
        """
        from sambaseg.smart.models.inspect import inspect_model

        check_name(new.name)
        if self.has(new.name):
            raise ModelMismatchError(
                f"There is a model called {new.name} already.",
                hint=f"Remove it first (`sambaseg models remove {new.name}`), or choose another name.",
            )
        with self._staging() as staging:
            stored = [_take(file, staging) for file in _checked_files(files)]
            found = inspect_model(staging, [file.name for file in stored])
            stored = _with_whole_decoder(stored, staging / found.decoder)
            parts = {found.encoder: "encoder", found.decoder: "decoder"}
            model = InstalledModel(
                name=new.name,
                title=new.title,
                interface=found.interface,
                licence=new.licence,
                files=tuple(
                    StoredFile(parts.get(file.name, file.part), file.name, file.size_bytes, file.sha256)
                    for file in stored
                ),
                input_side=found.input_side,
                verified=new.verified,
                added=datetime.now(UTC).isoformat(timespec="seconds"),
                folder=self.folder / new.name,
            )
            _write_manifest(model, staging)
            sync_tree(staging)
            shutil.rmtree(model.folder, ignore_errors=True)  # what is left of a model without a manifest
            staging.rename(model.folder)
            sync_folder(self.folder)
        return model

    def remove(self, name: str) -> bool:
        """Remove a model, and what was fetched of it; return whether there was anything. Raises StorageError."""
        check_name(name)
        found = False
        for folder in (self.folder / name, self.pending_folder(name)):
            if not folder.is_dir():
                continue
            found = True
            trash = self.folder / f".trash-{secrets.token_hex(8)}"
            try:
                folder.rename(trash)
                shutil.rmtree(trash)
            except OSError as error:
                raise StorageError(
                    f"The model {name} cannot be removed: {error.strerror}.", hint="Another program may use it."
                ) from error
        return found

    def pending_folder(self, name: str) -> Path:
        """Return where the files of a model wait until all are there; it need not exist."""
        check_name(name)
        return self.folder / ".pending" / name

    def pending_files(self, model: CatalogueModel) -> list[NewFile]:
        """Return the files of a model of the catalogue that are whole and wait."""
        folder = self.pending_folder(model.name)
        return [
            NewFile(file.part, file.name, folder / file.name, movable=True)
            for file in model.files
            if (folder / file.name).is_file()
        ]

    def accept_part(self, model: CatalogueModel, part: str, source: Path) -> Path:
        """Copy a person's file as a part of a model of the catalogue to where it waits, and return that path.

        Raises UnknownModelError for a part that it does not have, MissingFileError, and ModelMismatchError where size
        or SHA-256 are not those of the catalogue.
        """
        file = model.file_of(part)
        target = self.pending_folder(model.name) / file.name
        check_content(source, model.title, file.size_bytes, file.sha256)
        _make_folder(target.parent)
        with replace_durably(target) as temporary:
            shutil.copyfile(source, temporary)
        return target

    @contextlib.contextmanager
    def _staging(self) -> Iterator[Path]:
        staging = self.folder / f".staging-{secrets.token_hex(8)}"
        _make_folder(staging)
        try:
            yield staging
        except OSError as error:
            raise StorageError(
                f"The model could not be saved in {self.folder}: {error.strerror or error}.",
                hint="Check that the folder may be written and that the disk has room.",
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def check_name(name: str) -> str:
    """Return a model's name where it can be one. Raises ParameterError."""
    if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise ParameterError(
            f"A model cannot be called {name!r:.80}.",
            hint="A name has up to 40 small letters, digits, - and _, and starts with a letter or digit.",
        )
    return name


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal. Raises MissingFileError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_READ_BYTES):
                digest.update(piece)
    except OSError as error:
        raise MissingFileError(f"The file {path} cannot be read: {error.strerror}.") from None
    return digest.hexdigest()


def check_content(path: Path, title: str, size_bytes: int | None, sha256: str | None) -> str:
    """Return the SHA-256 of a file whose size and SHA-256 should be these, where known.

    Raises MissingFileError, and ModelMismatchError that says what differs.
    """
    if not path.is_file():
        raise MissingFileError(f"The file {path} does not exist.")
    size = path.stat().st_size
    if size_bytes is not None and size != size_bytes:
        what = "It is truncated." if size < size_bytes else "It is another file."
        raise ModelMismatchError(
            f"{path.name} has {size:,} bytes; the file of {title} has {size_bytes:,}. {what}", hint=_OTHER_FILE_HINT
        )
    found = sha256_of(path)
    if sha256 is not None and found != sha256:
        raise ModelMismatchError(
            f"{path.name} has the SHA-256 {found}; the file of {title} has {sha256}.", hint=_OTHER_FILE_HINT
        )
    return found


_OTHER_FILE_HINT = (
    "Fetch it again. If you trust this file, for instance a newer version, add it from disk under a name of its own: "
    "`sambaseg models add ENCODER.onnx DECODER.onnx --name NAME`."
)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {folder} cannot be made: {error.strerror}.") from error


def _checked_files(files: Sequence[NewFile]) -> Sequence[NewFile]:
    if len(files) > MAX_FILES:
        raise InputFileError(f"A model has at most {MAX_FILES} files, not {len(files)}.")
    names = [file.name.lower() for file in files]
    for file in files:
        if not _FILE_NAME.fullmatch(file.name) or file.name.lower() in (MANIFEST_NAME, "timing.json"):
            raise ParameterError(
                f"A file of a model cannot be called {file.name!r:.120}.",
                hint="Its name may have letters, digits, dots, - and _.",
            )
        if names.count(file.name.lower()) > 1:
            raise ParameterError(f"Two files are called {file.name}; a model needs each name once.")
        if not file.source.is_file():
            raise MissingFileError(f"The file {file.source} does not exist.")
    return files


def _take(file: NewFile, folder: Path) -> StoredFile:
    """Move or copy a file into a folder, and say what it is."""
    target = folder / file.name
    if file.movable:
        try:
            os.link(file.source, target)
        except OSError:
            shutil.copyfile(file.source, target)
    else:
        shutil.copyfile(file.source, target)
    return StoredFile(file.part, file.name, target.stat().st_size, sha256_of(target))


def _with_whole_decoder(stored: list[StoredFile], decoder: Path) -> list[StoredFile]:
    """Return the files of a model whose decoder has its weights inside, so that the page has one file to load."""
    whole = with_weights(decoder)
    if whole is None:
        return stored
    decoder.write_bytes(whole)
    now = StoredFile("decoder", decoder.name, len(whole), hashlib.sha256(whole).hexdigest())
    for file in stored:
        if file.part == "decoder_data":
            (decoder.parent / file.name).unlink()
    return [now if file.name == decoder.name else file for file in stored if file.part != "decoder_data"]


def _write_manifest(model: InstalledModel, folder: Path) -> None:
    values = {"format": FORMAT, **asdict(model)}
    del values["folder"]
    (folder / MANIFEST_NAME).write_text(json.dumps(values, indent=1), encoding="utf-8")


def _read_model(folder: Path) -> InstalledModel:
    """Return the model in a folder. Raises ModelFileError."""
    try:
        with (folder / MANIFEST_NAME).open("rb") as file:
            values = json.loads(file.read(MAX_MANIFEST_BYTES))
        return _model_from(values, folder)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(
            f"What {MANIFEST_NAME} in {folder} says of the model cannot be understood ({type(error).__name__}).",
            hint=f"Remove the model and add it again: `sambaseg models remove {folder.name}`.",
        ) from None


def _model_from(values: dict[str, Any], folder: Path) -> InstalledModel:
    if values["format"] != FORMAT or values["name"] != folder.name or values["interface"] not in get_args(Interface):
        raise ValueError
    files = tuple(
        StoredFile(*(row[key] for key in ("part", "name", "size_bytes", "sha256"))) for row in values["files"]
    )
    if not all(_FILE_NAME.fullmatch(file.name) for file in files):
        raise ValueError
    return InstalledModel(
        name=values["name"],
        title=str(values["title"]),
        interface=values["interface"],
        licence=str(values["licence"]),
        files=files,
        input_side=int(values["input_side"]),
        verified=bool(values["verified"]),
        added=str(values["added"]),
        folder=folder,
    )
