"""Getting models: from the catalogue by download, or from files on disk, checkpoints among them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sambaseg.errors import MissingFileError, ParameterError, StorageError, UsageError
from sambaseg.pipeline.progress import CancelToken, Progress, ReportProgress
from sambaseg.smart.models.catalogue import CatalogueModel, ModelFile
from sambaseg.smart.models.download import Source, download
from sambaseg.smart.models.export import check_exporter, export_checkpoint
from sambaseg.smart.models.store import InstalledModel, ModelStore, NewFile, NewModel, check_name

CHECKPOINT_ENDINGS = (".pth", ".pt")
MODEL_ENDINGS = (".onnx", ".onnx_data", ".onnx.data", ".data", ".bin")
_DOWNLOADED = 0.95
"""Share of an installation that the download is."""


def install_from_catalogue(
    store: ModelStore,
    model: CatalogueModel,
    *,
    mirror: str = "",
    progress: ReportProgress | None = None,
    cancelled: CancelToken | None = None,
) -> InstalledModel:
    """Fetch what is missing of a model of the catalogue, check it, and install it; at once where it is there already.

    `mirror` is an address that holds the files as NAME/FILE, taken instead of their own ones. Stages of the progress:
    "Downloading", "Verifying". Raises as `download`, `ModelStore.install` and, for checkpoints, `export_checkpoint`.
    """
    if store.has(model.name):
        return store.find(model.name)
    if model.needs_export:
        check_exporter()  # before hundreds of megabytes are fetched
    report, cancelled = progress or (lambda _: None), cancelled or CancelToken()
    known = sum(file.size_bytes or 0 for file in model.files)
    before = 0
    for file in model.files:
        tell = _teller(report, before, known)
        target = store.pending_folder(model.name) / file.name
        download(_source(model, file, mirror), target, progress=tell, cancelled=cancelled)
        before += target.stat().st_size
    report(Progress("Verifying", _DOWNLOADED, None))
    cancelled.raise_if_cancelled()
    return install_pending(store, model)


def install_pending(store: ModelStore, model: CatalogueModel) -> InstalledModel:
    """Install a model of the catalogue whose files have come, see `ModelStore.accept_part`.

    Raises MissingFileError that names the missing ones, and as `ModelStore.install` and `export_checkpoint`.
    """
    waiting = store.pending_files(model)
    missing = [file.name for file in model.files if file.name not in {new.name for new in waiting}]
    if missing:
        raise MissingFileError(
            f"The model {model.name} still needs {' and '.join(missing)}.", hint="Add the missing files too."
        )
    new = NewModel(name=model.name, title=model.title, licence=model.licence, verified=model.can_be_verified)
    if model.needs_export:
        installed = _install_checkpoint(store, new, waiting[0].source, _no_report)
    else:
        installed = store.install(new, waiting)
    shutil.rmtree(store.pending_folder(model.name), ignore_errors=True)
    return installed


def install_from_disk(
    store: ModelStore,
    paths: Sequence[Path],
    *,
    name: str,
    title: str = "",
    licence: str = "",
    report: Callable[[str], None] | None = None,
) -> InstalledModel:
    """Install a model from files, or from one folder with them: ONNX files and their weights, or one checkpoint.

    Raises UsageError where the files are neither, MissingFileError, and as `ModelStore.install` and
    `export_checkpoint`.
    """
    check_name(name)
    files = _files_of(paths)
    new = NewModel(name=name, title=title or name, licence=licence or "not known")
    if len(files) == 1 and files[0].suffix.lower() in CHECKPOINT_ENDINGS:
        return _install_checkpoint(store, new, files[0], report or _no_report)
    others = [file.name for file in files if not file.name.lower().endswith(MODEL_ENDINGS)]
    if others:
        raise UsageError(
            f"A model is made of ONNX files and their weights, or of one checkpoint; {others[0]} is neither.",
            hint=f"Give files that end in {', '.join(MODEL_ENDINGS)}, or one in {' or '.join(CHECKPOINT_ENDINGS)}.",
        )
    return store.install(new, [NewFile("data", file.name, file) for file in files])


def _install_checkpoint(
    store: ModelStore, new: NewModel, checkpoint: Path, report: Callable[[str], None]
) -> InstalledModel:
    """Export a checkpoint beside the models and install what came out."""
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.mkdtemp(prefix=".export-", dir=store.folder)
    except OSError as error:
        raise StorageError(f"The folder {store.folder} cannot be written: {error.strerror}.") from error
    try:
        paths = export_checkpoint(checkpoint, Path(scratch), report=report)
        files = [NewFile("encoder_data", path.name, path, movable=True) for path in paths]
        return store.install(new, files)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the files; of a folder those that a model can be made of."""
    if len(paths) == 1 and paths[0].is_dir():
        endings = (*MODEL_ENDINGS, *CHECKPOINT_ENDINGS)
        files = sorted(path for path in paths[0].iterdir() if path.is_file() and path.name.lower().endswith(endings))
        if not files:
            raise MissingFileError(f"The folder {paths[0]} holds no model: no file ends in {', '.join(endings)}.")
        return files
    for path in paths:
        if not path.is_file():
            raise MissingFileError(
                f"The file {path} does not exist.", hint="Give files, or one folder that holds them."
            )
    return list(paths)


def _source(model: CatalogueModel, file: ModelFile, mirror: str) -> Source:
    address = f"{mirror.rstrip('/')}/{model.name}/{file.name}" if mirror else file.address
    if address is None:
        raise ParameterError(f"No address is known for {file.name} of {model.title}.", hint="Add it from disk.")
    return Source(title=model.title, address=address, size_bytes=file.size_bytes, sha256=file.sha256)


def _teller(report: ReportProgress, before: int, known: int) -> Callable[[int, int | None], None]:
    """Return what turns the bytes of one file into reports on all; without known sizes the files count alone."""

    def tell(come: int, total: int | None) -> None:
        whole = known or (before + total if total else 0)
        share = min((before + come) / whole, 1.0) if whole else 0.0
        report(Progress("Downloading", share * _DOWNLOADED, None))

    return tell


def _no_report(_: str) -> None:
    pass
