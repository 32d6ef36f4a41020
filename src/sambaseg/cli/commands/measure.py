"""``sambaseg measure``: what saved segmentations consist of, as tables."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sambaseg.cli.inputs import find_inputs, memory_budget, open_segmentation, read_limits
from sambaseg.cli.output import Output
from sambaseg.cli.targets import check_target
from sambaseg.errors import StorageError, UsageError
from sambaseg.settings import Settings

if TYPE_CHECKING:
    from sambaseg.images.label_values import NamedClass
    from sambaseg.images.stack import FoundImage
    from sambaseg.measure.measurements import Measurements
    from sambaseg.measure.tables import Table

Measured = Sequence[tuple[str, "Measurements"]]


def measure(options: Namespace, output: Output) -> None:
    """Measure each segmentation and write the tables. Raises as `measure_segmentation`, and what reading raises."""
    from sambaseg.measure.measuring import measure_segmentation
    from sambaseg.measure.scale import Scale
    from sambaseg.measure.settings import MeasureSettings
    from sambaseg.pipeline.memory import PROCESS_BYTES
    from sambaseg.pipeline.progress import Stage

    settings = MeasureSettings(
        connectivity=options.connectivity, border_regions=options.border_regions, longest_px=options.longest
    )
    _check_out(options)
    found = find_inputs(options.images, options.page)
    pages = Counter(each.path for each in found)
    measured = list[tuple[str, "Measurements"]]()
    for each in found:
        pixels = open_segmentation(each)
        with output.progress(each.name) as show:
            stage = Stage(show, "Measuring")
            answer = measure_segmentation(
                pixels,
                _classes_in(each, pixels, options.classifier),
                scale=Scale.of(options.pixel_size or each.info.pixel_size_um),
                settings=settings,
                memory_bytes=memory_budget(options).bytes - PROCESS_BYTES,
                progress=stage.tell,
            )
        measured.append((_name_of(each, several=pages[each.path] > 1), answer))
    written = [] if options.out is None else _write(options.out, measured)
    values = {"out": [str(path) for path in written], "images": [_as_json(name, each) for name, each in measured]}
    lines = [line for name, each in measured for line in _lines(name, each)]
    output.result(values, [*lines, *(f"Saved {path}" for path in written)])


def _check_out(options: Namespace) -> None:
    """Raise where nothing can be written: UsageError, StorageError."""
    if options.out is not None and not _is_folder(options.out):
        check_target(options.out, (".csv",), inputs=options.images)
    if options.out is not None and _is_folder(options.out) and options.out.is_file():
        raise UsageError(f"{options.out} is a file; a folder or a .csv file was expected.")


def _is_folder(out: Path) -> bool:
    return out.is_dir() or not out.suffix


def _classes_in(found: FoundImage, pixels: Any, classifier: Path | None) -> list[NamedClass]:  # noqa: ANN401
    """Return the classes of a segmentation: those that it or the classifier names, then others that occur."""
    from sambaseg.forest.classifier_file import load_classifier
    from sambaseg.images.label_reader import read_label_classes
    from sambaseg.measure.class_rows import find_class_ids
    from sambaseg.measure.measurements import named_classes

    known: Sequence[NamedClass] = (
        read_label_classes(found.path, limits=read_limits(Settings.from_environment()))
        if classifier is None
        else load_classifier(classifier).classes
    )
    return named_classes(find_class_ids(pixels), known)


def _name_of(found: FoundImage, *, several: bool) -> str:
    return f"{found.path.name}, page {found.page + 1}" if several else found.path.name


def _write(out: Path, measured: Measured) -> list[Path]:
    """Write one table or all; return the files. Raises StorageError."""
    from sambaseg.measure.tables import CLASSES_TABLE, TABLES

    if not _is_folder(out):
        return [_write_table(out, CLASSES_TABLE, measured)]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {out} cannot be made: {error.strerror}.") from error
    return [_write_table(out / f"{table.name}.csv", table, measured) for table in TABLES]


def _write_table(path: Path, table: Table, measured: Measured) -> Path:
    from sambaseg.durable import replace_durably
    from sambaseg.measure.tables import write_csv

    with replace_durably(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, table, measured)
    return path


def _as_json(name: str, measured: Measurements) -> dict[str, Any]:
    """Return what the table of classes says as JSON values, units in the names as there."""
    from sambaseg.measure.tables import CLASSES_TABLE

    columns = CLASSES_TABLE.columns(measured.scale.unit)
    height, width = measured.shape_yx
    return {
        "image": name,
        "unit": measured.scale.unit,
        "pixel_size": {"y": measured.scale.y, "x": measured.scale.x},
        "width": width,
        "height": height,
        "connectivity": measured.settings.connectivity,
        "border_regions": measured.settings.border_regions,
        "classes": [dict(zip(columns, row, strict=True)) for row in CLASSES_TABLE.rows(measured)],
    }


def _lines(name: str, measured: Measurements) -> list[str]:
    unit = measured.scale.unit
    note = "" if unit == "µm" else "; lengths in pixels, as the pixel size is not known"
    lines = [f"{name}: {len(measured.classes)} class{'' if len(measured.classes) == 1 else 'es'}{note}"]
    for each in measured.classes:
        sizes = each.sizes
        mean = "no whole region" if sizes.mean is None else f"mean diameter {sizes.mean:.4g} {unit}"
        surface = (
            "" if each.perimeter_per_area is None else f", perimeter per area {each.perimeter_per_area:.4g} /{unit}"
        )
        regions = f"{len(each.regions):,} regions ({each.regions_at_border:,} at the border)"
        lines.append(f"  {each.name}: {each.fraction:.2%}, {regions}, {mean}{surface}")
    return lines
