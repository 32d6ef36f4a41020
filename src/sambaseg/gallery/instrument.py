"""What a file says about the instrument that it comes from, to be filled in for the person who shares it.

Electron microscopes of FEI (Thermo Fisher), Zeiss and TESCAN write it into tags of their own; OME-XML has a place for
it. Anything of another shape than expected says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from sambaseg.gallery.metadata import Instrument

if TYPE_CHECKING:
    from tifffile import TiffPage

_FEI_TAGS, _ZEISS_TAG, _TESCAN_TAG = (34680, 34682), 34118, 50431
_LONGEST = 60
_MOST_XML = 1 << 20


def instrument_of(path: Path) -> Instrument:
    """Return what the file at `path` says; empty fields where it says nothing."""
    import tifffile

    if not path.is_file() or path.suffix.lower() not in (".tif", ".tiff"):
        return Instrument()
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            for source in _SOURCES:
                try:
                    found = source(page)
                except (KeyError, ValueError, TypeError, AttributeError, IndexError, ElementTree.ParseError):
                    continue
                if found is not None:
                    return found
    except Exception:
        # broken tags raise all kinds of errors; the image itself was read elsewhere, and this is only a convenience
        return Instrument()
    return Instrument()


def _fei(page: TiffPage) -> Instrument | None:
    for code in _FEI_TAGS:
        metadata = page.tags.valueof(code)
        if isinstance(metadata, dict):
            beam, system = metadata.get("Beam", {}), metadata.get("System", {})
            volts = beam.get("HV", metadata.get("EBeam", {}).get("HV"))
            detector = metadata.get("Detectors", {}).get("Mode") or metadata.get("Detectors", {}).get("Name")
            kind = "TEM" if "TEM" in str(system.get("SystemType", "")).upper() else "SEM"
            return Instrument(kind, _text(detector), "FEI", _kilovolts(volts, 1e-3))
    return None


def _zeiss(page: TiffPage) -> Instrument | None:
    metadata = page.tags.valueof(_ZEISS_TAG)
    if not isinstance(metadata, dict):
        return None
    volts = metadata.get("ap_actualkv") or metadata.get("ap_manualkv")
    voltage = None
    if volts is not None:
        _, value, unit = volts
        voltage = _kilovolts(value, 1.0 if str(unit).lower() == "kv" else 1e-3)
    detector = metadata.get("dp_detector_type") or metadata.get("dp_detector_channel")
    return Instrument("SEM", _text(detector[1]) if detector else "", "Zeiss", voltage)


def _tescan(page: TiffPage) -> Instrument | None:
    block = page.tags.valueof(_TESCAN_TAG)
    if not isinstance(block, bytes | str):
        return None
    text = (block.decode("latin-1") if isinstance(block, bytes) else block)[:_MOST_XML]
    found = dict(re.findall(r"^(HV|Detector0|Device)=(.{0,200})$", text.replace("\r", ""), re.MULTILINE))
    if not found:
        return None
    return Instrument("SEM", _text(found.get("Detector0")), "TESCAN", _kilovolts(found.get("HV"), 1e-3))


def _ome(page: TiffPage) -> Instrument | None:
    description = page.description
    if "<OME" not in description[:5000] or len(description) > _MOST_XML or "<!DOCTYPE" in description:
        return None
    for element in ElementTree.fromstring(description).iter():
        if element.tag.rpartition("}")[2] == "Microscope" and element.attrib.get("Manufacturer"):
            return Instrument(type="Light microscope", manufacturer=_text(element.attrib["Manufacturer"]))
    return None


_SOURCES: tuple[Callable[[TiffPage], Instrument | None], ...] = (_fei, _zeiss, _tescan, _ome)


def _text(value: object) -> str:
    return "".join(c for c in str(value or "") if c.isprintable()).strip()[:_LONGEST]


def _kilovolts(value: Any, factor: float) -> float | None:  # noqa: ANN401 - whatever a file holds
    if value is None:
        return None
    kilovolts = float(value) * factor
    return round(kilovolts, 4) if 1e-3 <= kilovolts <= 1e4 else None
