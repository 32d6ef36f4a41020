"""Measurements as tables: what the columns are called, with their units, and the rows; CSV as RFC 4180 has it."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from sambaseg.measure.measurements import ClassMeasures, Measurements
from sambaseg.measure.scale import Unit

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A kind of table: its name, which file names take too, and its columns and rows."""

    name: str
    columns: Callable[[Unit], Sequence[str]]
    rows: Callable[[Measurements], Iterable[Sequence[Cell]]]


def write_csv(file: TextIO, table: Table, measured: Sequence[tuple[str, Measurements]]) -> None:
    """Write a table of several images, each with its name, into a file that was opened with ``newline=""``.

    Units stand in the headers. Where some images have a pixel size and others do not, a column says the unit instead.
    """
    writer = csv.writer(file)
    units = {each.scale.unit for _, each in measured}
    mixed = len(units) > 1
    unit: Unit | None = None if mixed or not units else units.pop()
    columns = table.columns(unit or "px") if not mixed else [_without_unit(name) for name in table.columns("px")]
    writer.writerow(["image", *(["unit"] if mixed else []), *columns])
    for name, each in measured:
        before = [name, each.scale.unit] if mixed else [name]
        for row in table.rows(each):
            writer.writerow([*before, *("" if cell is None else _plain(cell) for cell in row)])


def _plain(cell: str | int | float) -> str | int:
    return f"{cell:.8g}" if isinstance(cell, float) else cell


def _without_unit(column: str) -> str:
    return column if "(pixels)" in column else column.split(" (")[0]


def class_columns(unit: Unit) -> list[str]:
    """Return what is said of each class."""
    area = f"{unit}²"
    return [
        "class id",
        "class",
        "area fraction",
        f"area ({area})",
        "regions",
        "regions at the border",
        "regions in size statistics",
        f"regions per area (1/{area})",
        f"mean equivalent diameter ({unit})",
        f"standard deviation ({unit})",
        f"d10 ({unit})",
        f"median ({unit})",
        f"d90 ({unit})",
        f"largest ({unit})",
        f"area-weighted mean diameter ({unit})",
        f"perimeter ({unit})",
        f"perimeter per area (1/{unit})",
        f"mean chord along x ({unit})",
        f"mean chord along y ({unit})",
    ]


def class_row(measured: ClassMeasures, total_area: float) -> list[Cell]:
    """Return a class as a row of `class_columns`; `total_area` is that of all pixels that have a class."""
    sizes = measured.sizes
    return [
        measured.class_id,
        measured.name,
        measured.fraction,
        measured.area,
        len(measured.regions),
        measured.regions_at_border,
        sizes.count,
        len(measured.regions) / total_area if total_area else None,
        sizes.mean,
        sizes.deviation,
        sizes.d10,
        sizes.median,
        sizes.d90,
        sizes.largest,
        sizes.area_mean,
        measured.perimeter,
        measured.perimeter_per_area,
        measured.chords_across.mean,
        measured.chords_down.mean,
    ]


def _class_rows(measured: Measurements) -> Iterator[list[Cell]]:
    total = measured.pixels * measured.scale.pixel_area
    return (class_row(each, total) for each in measured.classes)


def _region_columns(unit: Unit) -> list[str]:
    return [
        "class id",
        "class",
        "area (pixels)",
        f"area ({unit}²)",
        f"equivalent diameter ({unit})",
        f"perimeter ({unit})",
        f"centre x ({unit})",
        f"centre y ({unit})",
        "touches the border",
        "in size statistics",
    ]


def _region_rows(measured: Measurements) -> Iterator[list[Cell]]:
    scale = measured.scale
    for each in measured.classes:
        regions, centres_n2 = each.regions, each.regions.centres_n2
        for at in range(len(regions)):
            border = bool(regions.at_border_n[at])
            yield [
                each.class_id,
                each.name,
                int(regions.pixels_n[at]),
                float(regions.areas_n[at]),
                float(regions.diameters_n[at]),
                float(regions.perimeters_n[at]),
                float(centres_n2[at, 1] + 0.5) * scale.x,
                float(centres_n2[at, 0] + 0.5) * scale.y,
                "yes" if border else "no",
                "yes" if each.keep_border_regions or not border else "no",
            ]


def _chord_columns(unit: Unit) -> list[str]:
    return ["class id", "class", "direction", "length (pixels)", f"length ({unit})", "chords"]


def _chord_rows(measured: Measurements) -> Iterator[list[Cell]]:
    for each in measured.classes:
        for direction, chords in (("x", each.chords_across), ("y", each.chords_down)):
            for length in chords.counts_l.nonzero()[0]:
                count = int(chords.counts_l[length])
                yield [each.class_id, each.name, direction, int(length), float(length * chords.step), count]


def _correlation_columns(unit: Unit) -> list[str]:
    return ["class id", "class", "direction", f"distance ({unit})", "S2"]


def _correlation_rows(measured: Measurements) -> Iterator[list[Cell]]:
    scale = measured.scale
    for each in measured.classes:
        curves = each.correlation
        for direction, s2_d, step in (
            ("all", curves.s2_d, scale.step),
            ("x", curves.across_d, scale.x),
            ("y", curves.down_d, scale.y),
        ):
            for distance, s2 in enumerate(s2_d):
                if not math.isnan(s2):  # no pair is this far apart
                    yield [each.class_id, each.name, direction, distance * step, float(s2)]


CLASSES_TABLE = Table("classes", class_columns, _class_rows)
TABLES: tuple[Table, ...] = (
    CLASSES_TABLE,
    Table("regions", _region_columns, _region_rows),
    Table("chords", _chord_columns, _chord_rows),
    Table("correlation", _correlation_columns, _correlation_rows),
)
