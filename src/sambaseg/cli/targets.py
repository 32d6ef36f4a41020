"""Where commands write: checked before anything is computed, so that no hour of work ends in a wrong file name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sambaseg.errors import StorageError, UsageError

_TIFF_ENDINGS = (".tif", ".tiff")


def check_target(path: Path, endings: tuple[str, ...], *, inputs: Iterable[Path]) -> None:
    """Raise where `path` cannot be a file to write.

    Raises UsageError for another ending than `endings` or a path that is one of the `inputs`, StorageError where its
    folder does not exist.
    """
    if path.suffix.lower() not in endings:
        raise UsageError(f"{path.name} must end in {' or '.join(endings)}.", hint="The ending says the kind of file.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a file name was expected.")
    if not path.parent.is_dir():
        raise StorageError(f"The folder {path.parent} does not exist.", hint="Make it first.")
    if any(given.exists() and path.exists() and path.samefile(given) for given in inputs):
        raise UsageError(f"{path} is one of the files to read; it would be overwritten.", hint="Choose another name.")


def check_tiff_target(path: Path | None, *, inputs: Iterable[Path]) -> None:
    """Raise as `check_target` does for a TIFF; None is nothing to write."""
    if path is not None:
        check_target(path, _TIFF_ENDINGS, inputs=inputs)


def check_distinct(paths: Iterable[Path | None]) -> None:
    """Raise UsageError where two outputs would be written to one file."""
    seen: set[Path] = set()
    for path in paths:
        if path is None:
            continue
        whole = path.absolute()
        if whole in seen:
            raise UsageError(f"{path} is named for two outputs.", hint="Give each output a name of its own.")
        seen.add(whole)


def targets_for(out: Path, images: list[Path], ending: str, *, inputs: Iterable[Path]) -> list[Path]:
    """Return the file to write for each image: `out` for one image and a TIFF name, else files in the folder `out`.

    Files in a folder are named after the image, with `ending` ("segmentation") behind. The folder is made.
    Raises UsageError where two images would have the same name, StorageError where the folder cannot be made.
    """
    if len(images) == 1 and out.suffix.lower() in _TIFF_ENDINGS and not out.is_dir():
        check_tiff_target(out, inputs=inputs)
        return [out]
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; a folder is needed for {len(images)} images.")
    targets = [out / f"{image.stem}-{ending}.tif" for image in images]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise UsageError(
                f"Two images are named {images[number].stem}; their results would be one file, {target}.",
                hint="Apply the classifier to them one by one.",
            )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {out} cannot be made: {error.strerror}.") from error
    for target in targets:
        check_tiff_target(target, inputs=inputs)
    return targets
