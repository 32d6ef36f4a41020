"""What files say about their instrument, and that nonsense in them says nothing."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile

from sambaseg.gallery.instrument import instrument_of
from sambaseg.gallery.metadata import Instrument

PIXELS = np.zeros((8, 8), np.uint8)
FEI = (
    b"[User]\r\nDate=01/01/2026\r\n[System]\r\nSystemType=Quanta SEM\r\n[Beam]\r\nHV=15000\r\nSpot=3\r\n"
    b"[Detectors]\r\nNumber=1\r\nName=ETD\r\nMode=SE\r\n"
)
TESCAN = b"[SEM]\r\nDevice=MIRA3\r\nDetector0=BSE\r\nHV=20000\r\nPixelSizeX=1e-8\r\n"
ZEISS = b"\r\n0\r\nAP_ACTUALKV\r\nEHT = 20.00 kV\r\nDP_DETECTOR_TYPE\r\nSignal A = SE2\r\n"


def write(path, *tags, description=None):
    tifffile.imwrite(path, PIXELS, extratags=tags, description=description, metadata=None)
    return path


def test_fei(tmp_path):
    path = write(tmp_path / "fei.tif", (34682, "s", 0, FEI.decode(), True))
    assert instrument_of(path) == Instrument("SEM", "SE", "FEI", 15.0)


def test_tescan(tmp_path):
    path = write(tmp_path / "tescan.tif", (50431, "B", len(TESCAN), TESCAN, True))
    assert instrument_of(path) == Instrument("SEM", "BSE", "TESCAN", 20.0)


def test_zeiss(tmp_path):
    path = write(tmp_path / "zeiss.tif", (34118, "s", 0, ZEISS.decode(), True))
    found = instrument_of(path)
    assert (found.type, found.manufacturer, found.voltage_kv, found.mode) == ("SEM", "Zeiss", 20.0, "SE2")


def test_ome(tmp_path):
    xml = '<?xml version="1.0"?><OME><Instrument><Microscope Manufacturer="Nikon"/></Instrument></OME>'
    found = instrument_of(write(tmp_path / "ome.tif", description=xml))
    assert (found.type, found.manufacturer) == ("Light microscope", "Nikon")


@pytest.mark.parametrize(
    "tag",
    [
        (34682, "s", 0, "[Beam]\r\nHV=nonsense\r\n", True),
        (34682, "s", 0, "]]]]", True),
        (34118, "s", 0, "AP_ACTUALKV\r\n", True),
        (50431, "B", 3, b"\xff\xfe\x00", True),
    ],
)
def test_nonsense_says_nothing(tmp_path, tag):
    found = instrument_of(write(tmp_path / "odd.tif", tag))
    assert found.voltage_kv is None


def test_other_files_say_nothing(tmp_path):
    assert instrument_of(write(tmp_path / "plain.tif")) == Instrument()
    (tmp_path / "not.tif").write_bytes(b"II*\x00\xff\xff\xff\xff" * 10)
    assert instrument_of(tmp_path / "not.tif") == Instrument()
    assert instrument_of(tmp_path / "missing.tif") == Instrument()
    assert instrument_of(tmp_path) == Instrument()
