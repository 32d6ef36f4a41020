"""Where commands write: checked before anything is computed, so that no hour of work ends in a wrong file name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sambaseg.errors import StorageError, UsageError

if TYPE_CHECKING:
    from sambaseg.images.stack import FoundImage

_TIFF_ENDINGS = (".tif", ".tiff")
_OTHER_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".npy", ".npz", ".zip")
"""Of files that people may expect, and that are not written: no folder is made under such a name by mistake."""


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


def is_tiff(path: Path) -> bool:
    """Return whether `path` names a TIFF file."""
    return path.suffix.lower() in _TIFF_ENDINGS and not path.is_dir()


def check_out(out: Path, *, inputs: Iterable[Path]) -> None:
    """Raise where `out` cannot be a TIFF, an OME-Zarr or a folder, as `check_target` does."""
    if is_tiff(out):
        check_target(out, _TIFF_ENDINGS, inputs=inputs)
    elif out.suffix.lower() in _OTHER_ENDINGS and not out.is_dir():
        raise UsageError(
            f"{out.name} must end in .tif or .zarr, or be a folder.", hint="The ending says the kind of file."
        )


def check_distinct(outputs: Iterable[Iterable[Path]]) -> None:
    """Raise UsageError where two outputs (segmentations, uncertainties …) would be written to one file."""
    seen: set[Path] = set()
    for paths in outputs:
        whole = {path.absolute() for path in paths}
        for path in sorted(whole & seen):
            raise UsageError(f"{path.name} is named for two outputs.", hint="Give each output a name of its own.")
        seen |= whole


def targets_for(
    out: Path, images: Sequence[FoundImage], ending: str, *, inputs: Iterable[Path], zarr: bool = False
) -> list[Path]:
    """Return the file to write for each image: `out` itself for a TIFF name, else files in the folder `out`.

    A TIFF takes one image, or several of the same size as the pages of a stack; with `zarr` a name ending in ``.zarr``
    takes one image. Files in a folder are named after the image, with `ending` ("segmentation") behind, and the page
    where a file has several. The folder is made. Raises UsageError where two images would have the same name or do not
    fit into one file, StorageError where the folder cannot be made.
    """
    given = list(inputs)
    if is_tiff(out):
        check_tiff_target(out, inputs=given)
        _check_one_size(out, images)
        return [out] * len(images)
    if zarr and out.suffix.lower() == ".zarr":
        if len(images) != 1:
            raise UsageError(f"An OME-Zarr holds one image, not {len(images)}.", hint="Name a folder, or a .tif file.")
        if out.exists():
            raise UsageError(f"There is something at {out} already.", hint="Choose another name.")
        return [out]
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; a folder is needed for {len(images)} images.")
    pages = Counter(image.path for image in images)
    names = [_name_of(image, several=pages[image.path] > 1) for image in images]
    for name, count in Counter(names).items():
        if count > 1:
            raise UsageError(
                f"Two images are named {name}; their results would be one file, {name}-{ending}.tif.",
                hint="Apply the classifier to them one by one.",
            )
    targets = [out / f"{name}-{ending}.tif" for name in names]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {out} cannot be made: {error.strerror}.") from error
    for target in targets:
        check_tiff_target(target, inputs=given)
    return targets


def _name_of(image: FoundImage, *, several: bool) -> str:
    """Return the name of an image's results: that of its file, with its page from 1 where several are segmented."""
    return f"{image.path.stem}-{image.page + 1:0{len(str(image.info.pages))}d}" if several else image.path.stem


def _check_one_size(out: Path, images: Sequence[FoundImage]) -> None:
    """Raise UsageError where images of different sizes are to be pages of one file."""
    sizes = {(image.info.width, image.info.height) for image in images}
    if len(sizes) > 1:
        raise UsageError(
            f"The {len(images)} images have {len(sizes)} different sizes and cannot be pages of one file, {out.name}.",
            hint="Name a folder instead.",
        )
