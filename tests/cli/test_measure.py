"""What `sambaseg measure` says and writes."""

import csv

import numpy as np
import pytest
import tifffile

from sambaseg.images.save import save_label_image
from sambaseg.labels.classes import LabelClass
from sambaseg.measure.measurements import UnnamedClass

CLASSES = [LabelClass(1, "matrix", "#1f77b4"), LabelClass(4, "particles, round", "#ff7f0e")]


def squares(count):
    classes_yx = np.ones((60, 80), np.uint8)
    for at in range(count):
        classes_yx[10:20, 5 + 15 * at : 15 + 15 * at] = 4
    return classes_yx


@pytest.fixture
def saved(tmp_path):
    save_label_image(tmp_path / "a.tif", squares(2), classes=CLASSES, pixel_size_um=(0.5, 0.5), values="spread")
    save_label_image(tmp_path / "b.tif", squares(4), classes=CLASSES, pixel_size_um=(0.5, 0.5))


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("saved")
def test_one_table_has_a_row_for_each_image_and_class(run, tmp_path):
    ended = run("measure", "a.tif", "b.tif", "--out", "measured.csv")
    assert ended.code == 0
    assert "particles, round: 8.33%, 4 regions (0 at the border)" in ended.out
    rows = rows_of(tmp_path / "measured.csv")
    assert [(row["image"], row["class"], row["regions"]) for row in rows] == [
        ("a.tif", "matrix", "1"),
        ("a.tif", "particles, round", "2"),
        ("b.tif", "matrix", "1"),
        ("b.tif", "particles, round", "4"),
    ]
    assert float(rows[3]["area (µm²)"]) == 100
    assert float(rows[3]["mean equivalent diameter (µm)"]) == pytest.approx(5 * np.sqrt(4 / np.pi))
    assert float(rows[3]["mean chord along x (µm)"]) == 5
    assert rows[0]["mean equivalent diameter (µm)"] == ""  # the matrix touches the border


@pytest.mark.usefixtures("saved")
def test_a_folder_gets_all_tables(run, tmp_path):
    assert run("measure", "b.tif", "--out", "measured", "--longest", "9").code == 0
    assert sorted(path.name for path in (tmp_path / "measured").iterdir()) == [
        "chords.csv",
        "classes.csv",
        "correlation.csv",
        "regions.csv",
    ]
    regions = [row for row in rows_of(tmp_path / "measured" / "regions.csv") if row["class id"] == "4"]
    assert [(row["area (pixels)"], row["centre x (µm)"], row["centre y (µm)"]) for row in regions] == [
        ("100", str(centre), "7.5") for centre in (5, 12.5, 20, 27.5)
    ]
    chords = [row for row in rows_of(tmp_path / "measured" / "chords.csv") if row["class id"] == "4"]
    assert [(row["direction"], row["length (µm)"], row["chords"]) for row in chords] == [
        ("x", "5", "40"),
        ("y", "5", "40"),
    ]
    first = next(row for row in rows_of(tmp_path / "measured" / "correlation.csv") if row["class id"] == "4")
    assert (float(first["distance (µm)"]), float(first["S2"])) == (0, pytest.approx(1 / 12))


def test_without_a_pixel_size_lengths_are_in_pixels(run, tmp_path):
    save_label_image(tmp_path / "a.tif", squares(1), classes=CLASSES)
    ended = run("measure", "a.tif", "--json")
    measured = ended.json["images"][0]
    assert measured["unit"] == "px"
    assert measured["classes"][1]["area (px²)"] == 100
    assert "lengths in pixels, as the pixel size is not known" in run("measure", "a.tif").out
    given = run("measure", "a.tif", "--pixel-size", "2,0.5", "--json").json["images"][0]
    assert (given["unit"], given["classes"][1]["area (µm²)"]) == ("µm", 100)
    assert given["classes"][1]["mean chord along y (µm)"] == 20


@pytest.mark.usefixtures("saved")
def test_images_with_and_without_a_pixel_size_have_a_column_for_the_unit(run, tmp_path):
    save_label_image(tmp_path / "c.tif", squares(1), classes=[UnnamedClass(1), UnnamedClass(4)])
    assert run("measure", "a.tif", "c.tif", "--out", "measured.csv").code == 0
    rows = rows_of(tmp_path / "measured.csv")
    assert [(row["unit"], float(row["area"])) for row in rows if row["class id"] == "4"] == [("µm", 50), ("px", 100)]


def test_what_is_no_segmentation_is_refused(run, tmp_path):
    tifffile.imwrite(tmp_path / "grey.tif", np.arange(60_000, dtype=np.uint16).reshape(200, 300))
    ended = run("measure", "grey.tif")
    assert ended.code == 3
    assert "no segmentation" in ended.err
    assert run("measure", "grey.tif", "--connectivity", "6").code == 2
    assert run("measure", "grey.tif", "--pixel-size", "-1").code == 2
    assert run("measure", "grey.tif", "--out", "table.xlsx").code == 2
