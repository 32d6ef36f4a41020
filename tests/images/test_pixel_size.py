"""The size of a pixel from each of the places where programs and instruments write it."""

import struct

import numpy as np
import pytest
import tifffile

from sambaseg.images.reader import describe_image

IMAGE = np.zeros((4, 5), dtype=np.uint8)


def size_of(path):
    return describe_image(path).pixel_size_um


def write(tmp_path, **options):
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, **{"metadata": None, **options})
    return size_of(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("per_unit", "unit", "expected"),
    [
        ((50_000.0, 25_000.0), "centimeter", (0.4, 0.2)),
        ((254_000.0, 254_000.0), "inch", (0.1, 0.1)),
        ((72.0, 72.0), "inch", None),
        ((96.0, 96.0), "inch", None),
        ((300.0, 300.0), "inch", None),
        ((1200.0, 1200.0), "inch", None),
        ((28.346, 28.346), "centimeter", None),
        ((118.11, 118.11), "centimeter", None),
        ((50_000.0, 50_000.0), "none", None),
    ],
)
def test_resolution_tags_count_where_they_are_those_of_a_micrograph(tmp_path, per_unit, unit, expected):
    found = write(tmp_path, resolution=per_unit, resolutionunit=unit)
    assert found == (None if expected is None else pytest.approx(expected))


def test_resolution_tags_without_values_say_nothing(make_tiff):
    tags = [(256, 3, [2]), (257, 3, [2]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]), (273, 4, [8])]
    resolution = [(282, 5, struct.pack("<II", 0, 0)), (283, 5, struct.pack("<II", 5, 0))]
    assert size_of(make_tiff([*tags, (279, 4, [4]), *resolution], b"abcd")) is None


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("micron", (0.5, 0.25)),
        ("um", (0.5, 0.25)),
        ("\\u00B5m", (0.5, 0.25)),
        ("nm", (5e-4, 2.5e-4)),
        ("mm", (500.0, 250.0)),
        ("pixel", None),
        ("inch", (12_700.0, 6_350.0)),
    ],
)
def test_imagej_units(tmp_path, unit, expected):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(4.0, 2.0), metadata={"unit": unit})
    assert size_of(path) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("µm", 0.3, (0.3, 0.6)),
        ("nm", 300.0, (0.3, 0.6)),
        ("mm", 0.003, (3.0, 6.0)),
        ("Å", 3.0, (3e-4, 6e-4)),
        ("pixel", 1.0, None),
    ],
)
def test_ome_units(tmp_path, unit, value, expected):
    metadata = {
        "axes": "YX",
        "PhysicalSizeX": 2 * value,
        "PhysicalSizeXUnit": unit,
        "PhysicalSizeY": value,
        "PhysicalSizeYUnit": unit,
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, metadata=metadata)
    assert size_of(tmp_path / "a.ome.tif") == (None if expected is None else pytest.approx(expected))


def test_ome_without_a_size_says_nothing(tmp_path):
    tifffile.imwrite(tmp_path / "a.ome.tif", IMAGE, metadata={"axes": "YX"})
    assert size_of(tmp_path / "a.ome.tif") is None


@pytest.mark.parametrize("code", [34680, 34682])
def test_fei_and_thermo_fisher(tmp_path, code):
    text = b"[User]\r\nDate=1\r\n[Scan]\r\nPixelWidth=2.5e-009\r\nPixelHeight=5e-009\r\n\0"
    assert write(tmp_path, extratags=[(code, 2, len(text), text, True)]) == pytest.approx((5e-3, 2.5e-3))


@pytest.mark.parametrize(("unit", "expected"), [("nm", 1.117e-2), ("µm", 11.17), ("pm", 1.117e-5)])
def test_zeiss(tmp_path, unit, expected):
    text = f"DP_IMAGE_STORE\r\nStore = 1024 * 768\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 11.17 {unit}\r\n\0"
    data = text.encode("cp1252")
    found = write(tmp_path, extratags=[(34118, 2, len(data), data, True)])
    assert found == pytest.approx((expected, expected))


def test_tescan(tmp_path):
    data = b"\x01\x02[MAIN]\r\nDate=1\r\nPixelSizeX=6.25e-008\r\nPixelSizeY=6.3e-008\r\n"
    found = write(tmp_path, extratags=[(50431, 1, len(data), data, True)])
    assert found == pytest.approx((0.063, 0.0625))


def test_metaseries(tmp_path):
    description = (
        '<MetaData><PlaneInfo><prop id="spatial-calibration-x" type="float" value="0.65"/>'
        '<prop id="spatial-calibration-y" type="float" value="0.66"/>'
        '<prop id="spatial-calibration-units" type="string" value="um"/></PlaneInfo></MetaData>'
    )
    assert write(tmp_path, description=description, software="MetaSeries") == pytest.approx((0.66, 0.65))


@pytest.mark.parametrize(
    "garbage", [b"", b"[Scan]", b"[Scan]\nPixelWidth=fast\nPixelHeight=1", b"PixelWidth=nan", b"\xff" * 50]
)
def test_garbage_in_instrument_tags_is_passed_over(tmp_path, garbage):
    tags = [(code, 2, len(garbage) + 1, garbage + b"\0", True) for code in (34118, 34680, 34682, 50431, 33560)]
    found = write(tmp_path, extratags=tags, resolution=(50_000.0, 50_000.0), resolutionunit="centimeter")
    assert found == pytest.approx((0.2, 0.2))


@pytest.mark.parametrize("width", ["0", "-1e-9", "1e300", "nan", "inf", "1e-30"])
def test_impossible_sizes_are_passed_over(tmp_path, width):
    text = f"[Scan]\nPixelWidth={width}\nPixelHeight=1e-9\n\0".encode()
    assert write(tmp_path, extratags=[(34682, 2, len(text), text, True)]) is None


def test_turned_images_have_their_size_turned(tmp_path):
    found = write(
        tmp_path, resolution=(50_000.0, 25_000.0), resolutionunit="centimeter", extratags=[(274, 3, 1, 6, True)]
    )
    assert found == pytest.approx((0.2, 0.4))
