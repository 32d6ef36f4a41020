"""``sambaseg models``: Segment Anything models that give suggestions: which there are, adding, removing, exporting."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.output import Output
from sambaseg.errors import UnknownModelError, UsageError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.smart.models.catalogue import CatalogueModel
    from sambaseg.smart.models.store import InstalledModel, ModelStore


def list_models(options: Namespace, output: Output) -> None:
    """List the models of the catalogue and those that were added from disk."""
    from sambaseg.smart.models.catalogue import CATALOGUE

    installed = {model.name: model for model in _store(options).models()}
    rows = [_known_row(model, installed.pop(model.name, None)) for model in CATALOGUE]
    rows += [_own_row(model) for model in installed.values()]
    width = max(len(row["name"]) for row in rows)
    lines = [f"{row['name']:{width}}  {_state(row):>13}  {row['title']}. {row['note']}".rstrip() for row in rows]
    output.result({"models": rows}, [*lines, "", "Add one with `sambaseg models add NAME`."])


def add_model(options: Namespace, output: Output) -> None:
    """Add a model of the catalogue by its name, or one from files on disk."""
    from sambaseg.smart.models.catalogue import find_model
    from sambaseg.smart.models.install import install_from_catalogue, install_from_disk

    store, paths = _store(options), [Path(what) for what in options.what]
    if len(paths) == 1 and not paths[0].exists() and options.name is None:
        known = _catalogue_model(options.what[0])
        if known is None:
            raise UnknownModelError(
                f"{options.what[0]!r:.200} is neither a model of the catalogue nor a file.",
                hint="`sambaseg models list` shows the catalogue.",
            )
        mirror = Settings.from_environment().models_mirror
        with output.progress(f"Adding {known.title}") as progress:
            model = install_from_catalogue(store, known, mirror=mirror, progress=progress)
    elif options.name is not None and _catalogue_model(options.name):
        model = _add_known_from_disk(store, find_model(options.name), paths)
    else:
        name = options.name or _name_from(paths)
        model = install_from_disk(store, paths, name=name, title=options.title or "", report=output.note)
    _tell_installed(model, output)


def remove_model(options: Namespace, output: Output) -> None:
    """Remove a model's files. Raises UnknownModelError where there are none."""
    if not _store(options).remove(options.name):
        raise UnknownModelError(f"The model {options.name} is not installed.")
    output.result({"removed": options.name}, [f"{options.name}: removed"])


def export_model(options: Namespace, output: Output) -> None:
    """Export a checkpoint to ONNX files, and add them as a model where that is asked for."""
    from sambaseg.smart.models.export import export_checkpoint
    from sambaseg.smart.models.install import install_from_disk
    from sambaseg.smart.models.store import check_name

    if options.add is not None:
        check_name(options.add)
    paths = export_checkpoint(options.checkpoint, options.out, report=output.note)
    values: dict[str, Any] = {"files": [str(path) for path in paths]}
    lines = [f"{path}: {path.stat().st_size / 1e6:.1f} MB" for path in paths]
    if options.add is not None:
        model = install_from_disk(_store(options), paths, name=options.add, title=options.checkpoint.stem)
        values["model"] = _own_row(model)
        lines.append(f"{model.name}: added")
    output.result(values, lines)


def _store(options: Namespace) -> ModelStore:
    from sambaseg.smart.models.store import ModelStore

    return ModelStore(options.data_dir or Settings.from_environment().data_dir)


def _catalogue_model(name: str) -> CatalogueModel | None:
    from sambaseg.smart.models.catalogue import CATALOGUE

    return next((model for model in CATALOGUE if model.name == name), None)


def _add_known_from_disk(store: ModelStore, model: CatalogueModel, paths: list[Path]) -> InstalledModel:
    """Install a model of the catalogue from its files on disk, which are checked as downloaded ones are."""
    from sambaseg.smart.models.install import install_pending

    files = sorted(paths[0].iterdir()) if len(paths) == 1 and paths[0].is_dir() else paths
    by_name = {file.name: file for file in model.files}
    for path in files:
        file = model.files[0] if len(model.files) == 1 and len(files) == 1 else by_name.get(path.name)
        if file is None:
            raise UsageError(
                f"{path.name} is no file of {model.title}; those are {', '.join(by_name)}.",
                hint="Give the files under these names, or add them as a model of your own with another --name.",
            )
        store.accept_part(model, file.part, path)
    return install_pending(store, model)


def _name_from(paths: list[Path]) -> str:
    """Return a name for a model, from the folder or the first file."""
    stem = paths[0].resolve().name.split(".")[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "_", stem).strip("_-")[:40] or "model"


def _tell_installed(model: InstalledModel, output: Output) -> None:
    checked = "its files are those of the catalogue" if model.verified else "its files could not be verified"
    output.result(
        {"model": _own_row(model)},
        [f"{model.name}: added, {model.size_bytes / 1e6:.1f} MB in {model.folder}; {checked}"],
    )


def _known_row(model: CatalogueModel, installed: InstalledModel | None) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "interface": model.interface,
        "licence": model.licence,
        "installed": installed is not None,
        "size_bytes": installed.size_bytes if installed else model.size_bytes,
        "can_be_verified": model.can_be_verified,
        "needs_export": model.needs_export,
        "seconds_per_view": model.seconds_per_view,
        "memory_mb": model.memory_mb,
        "note": model.note,
    }


def _own_row(model: InstalledModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "title": model.title,
        "interface": model.interface,
        "licence": model.licence,
        "installed": True,
        "size_bytes": model.size_bytes,
        "verified": model.verified,
        "folder": str(model.folder),
        "note": "",
    }


def _state(row: dict[str, Any]) -> str:
    if row["installed"]:
        return "installed"
    return "size unknown" if row["size_bytes"] is None else f"{row['size_bytes'] / 1e6:,.0f} MB"
