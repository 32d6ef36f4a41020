"""``sambaseg info``: what was understood of a file."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.inputs import read_micrograph
from sambaseg.cli.output import Output
from sambaseg.errors import MissingFileError

if TYPE_CHECKING:
    from sambaseg.forest.classifier import Classifier
    from sambaseg.images.micrograph import ImageInfo, Micrograph

_ZIP_START = b"PK\x03\x04"


def info(options: Namespace, output: Output) -> None:
    """Describe an image, decoding it, or a classifier."""
    path: Path = options.file
    if _starts_as_zip(path):
        from sambaseg.forest.classifier_file import load_classifier

        classifier = load_classifier(path)
        output.result(classifier_values(classifier, path), _classifier_lines(classifier, path))
        return
    micrograph = read_micrograph(path, options.page)
    values = {"kind": "image", **micrograph.info.to_json(), "value_ranges": _value_ranges(micrograph)}
    output.result(values, _image_lines(micrograph))


def _starts_as_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP_START)) == _ZIP_START
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error


def _value_ranges(micrograph: Micrograph) -> list[list[float] | None]:
    """Return the smallest and largest finite value of each channel; None for a channel without one."""
    import numpy as np

    ranges: list[list[float] | None] = []
    for channel_yx in micrograph.array():
        finite = channel_yx[np.isfinite(channel_yx)] if channel_yx.dtype.kind == "f" else channel_yx
        ranges.append([finite.min().item(), finite.max().item()] if finite.size else None)
    return ranges


def _image_lines(micrograph: Micrograph) -> list[str]:
    described = micrograph.info
    named = zip(described.channel_names, _value_ranges(micrograph), strict=True)
    values = [f"{name} {low_high[0]:g} to {low_high[1]:g}" if low_high else f"{name} none" for name, low_high in named]
    lines = [
        f"{described.file_name}: {described.format}, {described.width} × {described.height} pixels",
        f"  channels    {described.channels} ({', '.join(described.channel_names)})",
        f"  numbers     {described.dtype}, {described.bits} bits in the file",
        f"  values      {'; '.join(values)}",
        f"  pixel size  {_size_text(described)}",
        f"  pages       {described.pages}" + (f", this is page {described.page}" if described.pages > 1 else ""),
    ]
    if described.nan_count or described.inf_count:
        lines.append(f"  not finite  {described.nan_count} NaN, {described.inf_count} infinite")
    return [*lines, *(f"  {note}" for note in described.notes)]


def _size_text(described: ImageInfo) -> str:
    if described.pixel_size_um is None:
        return "not stated"
    y_um, x_um = described.pixel_size_um
    return f"{x_um:.6g} µm" if x_um == y_um else f"{x_um:.6g} µm across, {y_um:.6g} µm down"


def classifier_values(classifier: Classifier, path: Path) -> dict[str, Any]:
    """Return what a classifier is as JSON values."""
    return {
        "kind": "classifier",
        "file_name": path.name,
        "version": classifier.version,
        "channels": classifier.channels,
        "recipe": classifier.recipe.to_json(),
        "scaling": classifier.scaling.to_json(),
        "classes": [asdict(entry) for entry in classifier.classes],
        "features": int(classifier.forest.importances_f.size),
        "oob_score": classifier.forest.oob_score,
        "cleaning": [step.to_json() for step in classifier.cleaning],
    }


def _classifier_lines(classifier: Classifier, path: Path) -> list[str]:
    from sambaseg.cleaning.steps import in_words

    values = classifier_values(classifier, path)
    recipe = classifier.recipe
    scales = ", ".join(f"{scale:g}" for scale in recipe.scales_px)
    score = values["oob_score"]
    lines = [
        f"{path.name}: classifier of sambaseg {classifier.version}",
        f"  for images  of {classifier.channels} channel{'' if classifier.channels == 1 else 's'}",
        f"  features    {values['features']}: {', '.join(recipe.families)}",
        f"  scales      {scales} px ({recipe.sigma_convention})",
        f"  score       {'not known' if score is None else f'{score:.1%} of the training pixels, out of bag'}",
        *([f"  cleaning    {in_words(classifier.cleaning)}"] if classifier.cleaning else []),
        "  classes",
    ]
    return [*lines, *(f"    {entry.id:>3}  {entry.name}  {entry.colour}" for entry in classifier.classes)]
