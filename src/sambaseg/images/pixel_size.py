"""The size of a pixel, from whatever a file says about it: one table of sources, the most trustworthy first.

Resolution tags are the last of them, and count only where they make a pixel of at most 10 micrometres: 72, 96 or 300
dots an inch are what programs write when they know nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from sambaseg.images.micrograph import PixelSize

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_UM_OF_UNIT = {
    "m": 1e6,
    "cm": 1e4,
    "mm": 1e3,
    "um": 1.0,
    "\u00b5m": 1.0,
    "\u03bcm": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "meter": 1e6,
    "centimeter": 1e4,
    "millimeter": 1e3,
    "nanometer": 1e-3,
    "picometer": 1e-6,
    "\\u00b5m": 1.0,
    "nm": 1e-3,
    "\u00e5": 1e-4,
    "angstrom": 1e-4,
    "pm": 1e-6,
    "inch": 25_400.0,
}
_SMALLEST_UM, _LARGEST_UM = 1e-7, 1e6
_LARGEST_FROM_RESOLUTION_UM = 10.0
_IMAGEJ, _OME, _SAMBASEG = "ImageJ=", "<OME", '{"sambaseg"'
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_INCH, _CENTIMETRE = 2, 3
_FEI_TAGS, _ZEISS_TAG, _TESCAN_TAG, _SIS_TAG, _LSM_TAG, _FLUOVIEW_TAG = (
    (34680, 34682),
    34118,
    50431,
    33560,
    34412,
    34361,
)


def plausible_size(size_um: PixelSize) -> PixelSize | None:
    """Return a size from resolution tags if it is that of a micrograph's pixel, else None."""
    size = checked_size(*size_um)
    return None if size is None or max(size) > _LARGEST_FROM_RESOLUTION_UM else size


def tiff_pixel_size(tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """Return the size of a pixel (y, x) in micrometres as the TIFF's first page states it; None where it does not."""
    for source in _SOURCES:
        try:
            size = source(tiff, page)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, ZeroDivisionError, ElementTree.ParseError):
            continue  # metadata of another shape than expected says nothing
        if size is not None:
            return size
    return None


def checked_size(y_um: float, x_um: float) -> PixelSize | None:
    """Return (y, x) where both are sizes that a pixel may have, in micrometres; else None."""
    usable = all(math.isfinite(size) and _SMALLEST_UM <= size <= _LARGEST_UM for size in (y_um, x_um))
    return (y_um, x_um) if usable else None


def micrometres_of(unit: str) -> float:
    """Return the micrometres of a unit's name. Raises KeyError for units of something else, such as pixels."""
    return _UM_OF_UNIT[unit.strip().strip('"').lower()]


def _own(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """Files that this program saved."""
    if not page.description.startswith(_SAMBASEG):
        return None
    y_um, x_um = json.loads(page.description)["pixel_size_um"]
    return checked_size(float(y_um), float(x_um))


def _ome(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    if _OME not in page.description[:5000]:
        return None
    for element in ElementTree.fromstring(page.description).iter():
        if element.tag.endswith("}Pixels") or element.tag == "Pixels":
            sizes = [_ome_length(element.attrib, axis) for axis in "YX"]
            return checked_size(*sizes)
    return None


def _ome_length(attributes: dict[str, str], axis: str) -> float:
    unit = attributes.get(f"PhysicalSize{axis}Unit", "\u00b5m")
    return float(attributes[f"PhysicalSize{axis}"]) * micrometres_of(unit)


def _imagej(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """ImageJ: pixels per unit in the resolution tags, the unit in the description."""
    if not page.description.startswith(_IMAGEJ):
        return None
    unit = re.search(r"^unit=(.+)$", page.description, re.MULTILINE)
    if unit is None:
        return None
    unit_um = micrometres_of(unit[1])
    return checked_size(*(unit_um / per_unit for per_unit in _resolution(page)))


def _fei(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """FEI and Thermo Fisher: metres in the section of the scan."""
    for code in _FEI_TAGS:
        metadata = page.tags.valueof(code)
        if isinstance(metadata, dict):
            for section in ("Scan", "EScan", "IScan", "EScanCCD"):
                scan = metadata.get(section, {})
                if "PixelWidth" in scan:
                    return checked_size(scan["PixelHeight"] * 1e6, scan["PixelWidth"] * 1e6)
    return None


def _zeiss(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    metadata = page.tags.valueof(_ZEISS_TAG)
    if not isinstance(metadata, dict):
        return None
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        if key in metadata:
            _, value, unit = metadata[key]
            size_um = float(value) * micrometres_of(unit)
            return checked_size(size_um, size_um)
    return None


def _tescan(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """TESCAN: metres in a text block."""
    block = page.tags.valueof(_TESCAN_TAG)
    if not isinstance(block, bytes | str):
        return None
    text = block.decode("latin-1") if isinstance(block, bytes) else block
    found = dict(re.findall(r"PixelSize([XY])=([0-9.eE+-]+)", text))
    return checked_size(float(found["Y"]) * 1e6, float(found["X"]) * 1e6)


def _olympus_sis(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    metadata = page.tags.valueof(_SIS_TAG)
    return (
        checked_size(metadata["pixelsizey"] * 1e6, metadata["pixelsizex"] * 1e6) if isinstance(metadata, dict) else None
    )


def _lsm(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    metadata = page.tags.valueof(_LSM_TAG)
    return (
        checked_size(metadata["VoxelSizeY"] * 1e6, metadata["VoxelSizeX"] * 1e6) if isinstance(metadata, dict) else None
    )


def _fluoview(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    metadata = page.tags.valueof(_FLUOVIEW_TAG)
    if not isinstance(metadata, dict):
        return None
    axes = {
        name: abs(float(step)) * micrometres_of(unit)
        for name, _, _, step, unit in metadata["Dimensions"]
        if name in ("X", "Y")
    }
    return checked_size(axes["Y"], axes["X"])


def _metaseries(tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    if not page.description.startswith("<MetaData>"):
        return None
    plane: dict[str, Any] = (tiff.metaseries_metadata or {})["PlaneInfo"]
    unit_um = micrometres_of(plane["spatial-calibration-units"])
    return checked_size(*(float(plane[f"spatial-calibration-{axis}"]) * unit_um for axis in "yx"))


def _resolution_tags(_tiff: TiffFile, page: TiffPage) -> PixelSize | None:
    """TIFF's own tags, where their unit is a length and the size that of a micrograph's pixel."""
    unit = page.tags.valueof(_RESOLUTION_UNIT, default=_INCH)
    if int(unit) not in (_INCH, _CENTIMETRE):
        return None
    unit_um = _UM_OF_UNIT["inch" if int(unit) == _INCH else "cm"]
    per_y, per_x = _resolution(page)
    return plausible_size((unit_um / per_y, unit_um / per_x))


def _resolution(page: TiffPage) -> tuple[float, float]:
    """Return pixels per unit along y and x. Raises KeyError where the tags are missing."""
    (over_y, under_y), (over_x, under_x) = page.tags[_Y_RESOLUTION].value, page.tags[_X_RESOLUTION].value
    return over_y / under_y, over_x / under_x


_SOURCES: tuple[Callable[[TiffFile, TiffPage], PixelSize | None], ...] = (
    _own,
    _ome,
    _imagej,
    _fei,
    _zeiss,
    _tescan,
    _olympus_sis,
    _lsm,
    _fluoview,
    _metaseries,
    _resolution_tags,
)
