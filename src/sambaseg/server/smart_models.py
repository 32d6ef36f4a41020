"""The models that give suggestions: the built-in one, and Segment Anything files that a person fetched."""

from __future__ import annotations

import hashlib
import shutil
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.durable import replace_durably
from sambaseg.errors import MissingFileError, ModelFileError, ParameterError, UnknownModelError
from sambaseg.server.model_work import ModelWork, ModelWorkers, WorkState
from sambaseg.server.schemas import ErrorBody
from sambaseg.server.smart_schemas import SmartModel, SmartModelFile
from sambaseg.smart.models.catalogue import CATALOGUE, CatalogueModel
from sambaseg.smart.models.store import InstalledModel, ModelStore, check_name

if TYPE_CHECKING:
    from sambaseg.smart.models.runtime import Runtime
    from sambaseg.smart.suggester import Suggester

BUILTIN = "builtin"
BUILTIN_MODEL = SmartModel(
    name=BUILTIN,
    title="Built in",
    interface="hierarchy",
    licence="MIT",
    size_bytes=0,
    files=[],
    installed=True,
    state="ready",
    progress=None,
    error=None,
    seconds_per_view=0.2,
    memory_mb=100,
    note="Works at once and without a download, and learns from each training.",
)
OWN_PARTS = {"encoder": "encoder.onnx", "decoder": "decoder.onnx", "checkpoint": "checkpoint.pth"}
"""Parts of a model that the catalogue does not know, and how their files are called here."""
UNVERIFIED = "Its files could not be verified: no SHA-256 is known for them."


class SmartModels:
    """What is known, fetched and loaded. All methods may be called from any thread."""

    def __init__(self, data_dir: Path, *, threads: int, mirror: str = "") -> None:
        self._store = ModelStore(data_dir)
        self._threads = threads
        self._mirror = mirror
        self._workers = ModelWorkers()
        self._loading = threading.Lock()

    def list_models(self) -> list[SmartModel]:
        """Return all models, the built-in one first, then the catalogue's, then a person's own."""
        installed = {model.name: model for model in self._store.models()}
        known = {model.name: model for model in CATALOGUE}
        own = sorted({*installed, *self._workers.names} - set(known))
        rows = [self._present(name, known.get(name), installed.get(name)) for name in (*known, *own)]
        return [BUILTIN_MODEL, *rows]

    def download(self, name: str) -> None:
        """Begin to fetch a model in the background, unless it is here or on its way.

        Raises UnknownModelError, and ModelFileError where its files here were damaged.
        """
        if name == BUILTIN:
            return
        if self._store.has(checked_name(name)):
            self._store.find(name)
            return
        model = catalogue_model(name)

        def fetch(work: ModelWork) -> None:
            from sambaseg.smart.models.install import install_from_catalogue

            install_from_catalogue(self._store, model, mirror=self._mirror, progress=work.report, cancelled=work.token)

        self._workers.start(name, "downloading", fetch)

    def remove(self, name: str) -> None:
        """End what is done with a model, and remove all that is here of it. Raises UnknownModelError, StorageError."""
        if name == BUILTIN:
            raise ParameterError("The built-in suggester is always there and cannot be removed.")
        known = {row.name for row in self.list_models()}
        if checked_name(name) not in known and not self._pending(name) and not self._store.has(name):
            raise unknown_model(name)
        self._close(name)
        self._workers.end(name, afterwards=lambda: self._store.remove(name))

    def take_file(self, name: str, part: str, path: Path) -> None:
        """Take a file as a part of a model; with the last one the model is checked and installed in the background.

        Raises ModelMismatchError for a file that is not the catalogue's, UnknownModelError for a part that the model
        does not have, ParameterError for a name that cannot be used, and StorageError.
        """
        if self._store.has(checked_name(name)):
            raise ParameterError(f"The model {name} is here already.", hint="Remove it first, or choose another name.")
        model = next((model for model in CATALOGUE if model.name == name), None)
        if model is not None:
            self._store.accept_part(model, part, path)
            waiting = {new.part for new in self._store.pending_files(model)}
            complete = waiting == {file.part for file in model.files}
        else:
            self._keep_own_part(name, part, path)
            waiting = set(self._pending(name))
            complete = "checkpoint" in waiting or {"encoder", "decoder"} <= waiting
        if complete:
            self._workers.start(name, "verifying", lambda _: self._install_pending(name, model))

    def decoder(self, name: str) -> tuple[Path, str]:
        """Return where a model's decoder lies, and its SHA-256.

        Raises UnknownModelError, ModelNotInstalledError and MissingFileError.
        """
        if name == BUILTIN:
            raise UnknownModelError("The built-in suggester has no decoder.")
        model = self._store.find(checked_name(name))
        path, file = model.path_of("decoder"), model.file_of("decoder")
        if not path.is_file():
            raise MissingFileError(f"The file {file.name} of {model.title} is gone.", hint="Remove the model, add it.")
        return path, file.sha256

    def version_of(self, name: str) -> str:
        """Return what tells the files of a model from others of its name.

        Raises UnknownModelError and ModelNotInstalledError where the model cannot prepare views.
        """
        if name == BUILTIN:
            return ""
        hashes = " ".join(file.sha256 for file in self._store.find(checked_name(name)).files)
        return hashlib.sha256(hashes.encode()).hexdigest()[:16]

    def find_suggester(self, name: str) -> Suggester:
        """Return what prepares views. Raises UnknownModelError and ModelNotInstalledError."""
        if name == BUILTIN:
            from sambaseg.smart.hierarchy.suggester import HierarchySuggester

            return HierarchySuggester()
        from sambaseg.smart.models.suggester import SamSuggester

        return SamSuggester(self._store.find(checked_name(name)), self._runtime)

    def stop(self) -> None:
        """End what runs; what has come of a download stays for the next time."""
        self._workers.stop()

    def wait(self) -> None:
        """Return when nothing runs any more, and let go of all files; after `stop`."""
        self._workers.wait()
        if "_loaded" in self.__dict__:
            self._loaded.close()

    @property
    def _runtime(self) -> Runtime:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> Runtime:
        from sambaseg.smart.models.runtime import Runtime

        return Runtime(threads=self._threads)

    def _close(self, name: str) -> None:
        """Let go of the files of a model, where they are loaded."""
        if "_loaded" in self.__dict__:
            for path in self._runtime.loaded:
                if path.parent == self._store.folder / name:
                    self._runtime.close(path)

    def _pending(self, name: str) -> list[str]:
        """Return the parts of a model of a person's own that wait."""
        folder = self._store.pending_folder(name)
        return [part for part, file_name in OWN_PARTS.items() if (folder / file_name).is_file()]

    def _keep_own_part(self, name: str, part: str, path: Path) -> None:
        if part not in OWN_PARTS:
            parts = ", ".join(OWN_PARTS)
            raise UnknownModelError(f"A model of your own has the parts {parts}, not {part!r:.80}.")
        target = self._store.pending_folder(name) / OWN_PARTS[part]
        target.parent.mkdir(parents=True, exist_ok=True)
        with replace_durably(target) as temporary:
            shutil.copyfile(path, temporary)

    def _install_pending(self, name: str, model: CatalogueModel | None) -> None:
        from sambaseg.smart.models.install import install_from_disk, install_pending

        if model is not None:
            install_pending(self._store, model)
            return
        folder = self._store.pending_folder(name)
        try:
            install_from_disk(self._store, [folder / OWN_PARTS[part] for part in self._pending(name)], name=name)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _present(self, name: str, known: CatalogueModel | None, here: InstalledModel | None) -> SmartModel:
        work = self._damage(name, here) or self._workers.state_of(name)
        state = work.state if work is not None else "none"
        return SmartModel(
            name=name,
            title=here.title if here else known.title if known else name,
            interface=here.interface if here else known.interface if known else "",
            licence=here.licence if here else known.licence if known else "",
            size_bytes=here.size_bytes if here else known.size_bytes if known else None,
            files=self._files(known, here),
            installed=here is not None,
            state="ready" if here is not None else state,
            progress=None if here is not None or work is None else work.progress,
            error=None if here is not None or work is None else work.error,
            seconds_per_view=self._seconds(known, here),
            memory_mb=known.memory_mb if known else None,
            note=_note(known, here),
        )

    def _damage(self, name: str, here: InstalledModel | None) -> WorkState | None:
        """Return what is wrong with a model whose files are here and cannot be understood."""
        if here is None and self._store.has(name):
            try:
                self._store.find(name)
            except ModelFileError as error:
                return WorkState("failed", None, ErrorBody(code=error.code, message=error.message, hint=error.hint))
        return None

    def _files(self, known: CatalogueModel | None, here: InstalledModel | None) -> list[SmartModelFile]:
        if here is not None or known is None:
            stored = here.files if here else ()
            return [
                SmartModelFile(part=row.part, name=row.name, size_bytes=row.size_bytes, here=True) for row in stored
            ]
        waiting = {new.part for new in self._store.pending_files(known)}
        return [
            SmartModelFile(part=row.part, name=row.name, size_bytes=row.size_bytes, here=row.part in waiting)
            for row in known.files
        ]

    def _seconds(self, known: CatalogueModel | None, here: InstalledModel | None) -> float | None:
        if here is None:
            return known.seconds_per_view if known else None
        from sambaseg.smart.models.suggester import SamSuggester

        return SamSuggester(here, self._runtime).expected_seconds()


def checked_name(name: str) -> str:
    """Return a model's name where it can be one. Raises UnknownModelError."""
    try:
        return check_name(name)
    except ParameterError:
        raise unknown_model(name) from None


def catalogue_model(name: str) -> CatalogueModel:
    """Return a model of the catalogue. Raises UnknownModelError."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise unknown_model(name)


def unknown_model(name: str) -> UnknownModelError:
    """Return the error that says that there is no such model."""
    return UnknownModelError(f"There is no model {name!r:.80}.", hint="Look at the list of models.")


def _note(known: CatalogueModel | None, here: InstalledModel | None) -> str:
    unverified = not here.verified if here is not None else known is not None and not known.can_be_verified
    return " ".join(part for part in (known.note if known else "", UNVERIFIED if unverified else "") if part)
