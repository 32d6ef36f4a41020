"""Which images of a TIFF file are channels of one picture: as OME-XML, ImageJ and tifffile's own description say.

Only the description is read, and every number in it is bounded by the images that the file really has. Files that
describe nothing are pages, one after the other.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any
from xml.etree import ElementTree

from sambaseg.errors import BrokenImageError, UnsupportedImageError

_IMAGEJ_COUNT = re.compile(r"^(images|channels)=(\d{1,9})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Plane:
    """One stored image: the `image`-th of the chain, or the one `skip` raw images further on in the file."""

    image: int
    skip: int = 0


@dataclass(frozen=True)
class PlaneMap:
    """The pages that can be chosen, each the planes of its channels; names of the channels where they are given."""

    kind: str
    pages: tuple[tuple[Plane, ...], ...]
    channel_names: tuple[str, ...] = ()


def map_planes(description: str, *, images: int, samples: int, contiguous_images: int, file_name: str) -> PlaneMap:
    """Return the pages of a file of `images` images of `samples` samples.

    `contiguous_images` is how many uncompressed images of the first one's size fit behind its beginning: ImageJ and
    tifffile may describe many images and link only the first.
    Raises BrokenImageError where OME-XML cannot be understood, UnsupportedImageError where it leaves this file.
    """
    text = description.lstrip("\ufeff \r\n\t")
    if text.startswith("<") and "<OME" in text[:5000] and text.rstrip().endswith("OME>"):
        return _from_ome(text, images=images, samples=samples, file_name=file_name)
    if text.startswith("ImageJ="):
        counts = {key: int(value) for key, value in _IMAGEJ_COUNT.findall(text)}
        channels = max(1, counts.get("channels", 1))
        described = counts.get("images", images)
        return PlaneMap("ImageJ TIFF", _grouped(described, channels, images=images, contiguous=contiguous_images))
    shape, axes = _shaped(text)
    if shape:
        channels = shape[-1] if axes[: len(shape)].endswith("C") else 1
        stored = prod(shape) if len(shape) < 64 else 0
        described = max(images, stored) if stored <= contiguous_images else images
        return PlaneMap("TIFF", _grouped(described, channels, images=images, contiguous=contiguous_images))
    return PlaneMap("TIFF", tuple((Plane(index),) for index in range(images)))


def _grouped(described: int, channels: int, *, images: int, contiguous: int) -> tuple[tuple[Plane, ...], ...]:
    """Return `described` images in groups of `channels`; plain pages where the file has not as many."""
    if images == 1 < described <= contiguous:
        planes = [Plane(0, skip) for skip in range(described)]
    else:
        planes = [Plane(index) for index in range(images)]
    if channels < 1 or len(planes) % channels:
        channels = 1
    return tuple(tuple(planes[start : start + channels]) for start in range(0, len(planes), channels))


def _shaped(text: str) -> tuple[tuple[int, ...], str]:
    """Return the leading axes of the array that tifffile's description names, each plane counted once, and its axes."""
    if not text.startswith('{"shape":') or len(text) > 1 << 20:
        return (), ""
    try:
        described = json.loads(text)
        shape = tuple(int(size) for size in described["shape"])
    except (ValueError, TypeError, RecursionError):
        return (), ""
    axes = str(described.get("axes", ""))
    trailing = 3 if axes.endswith("S") else 2
    return tuple(max(0, size) for size in shape[:-trailing]), axes


def _from_ome(text: str, *, images: int, samples: int, file_name: str) -> PlaneMap:
    """Return the pages of all images of an OME-XML, those of the first image first."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BrokenImageError(f"The OME-XML of {file_name} cannot be read: {error}.") from error
    pages: list[tuple[Plane, ...]] = []
    names: tuple[str, ...] = ()
    for pixels in root.iter():
        if not pixels.tag.endswith("}Pixels") and pixels.tag != "Pixels":
            continue
        mapped, mapped_names = _ome_pixels(pixels, root, images=images, samples=samples, file_name=file_name)
        names = names or mapped_names
        pages.extend(mapped)
    if not pages:
        return PlaneMap("OME-TIFF", tuple((Plane(index),) for index in range(images)))
    if len({len(page) for page in pages}) > 1:
        names = ()
    return PlaneMap("OME-TIFF", tuple(pages), names)


def _ome_pixels(
    pixels: ElementTree.Element, root: ElementTree.Element, *, images: int, samples: int, file_name: str
) -> tuple[list[tuple[Plane, ...]], tuple[str, ...]]:
    """Return the pages of one Pixels element, and the names of its channels."""
    try:
        order = pixels.attrib["DimensionOrder"]
        sizes = {axis: int(pixels.attrib[f"Size{axis}"]) for axis in "CZT"}
    except (KeyError, ValueError) as error:
        raise BrokenImageError(f"The OME-XML of {file_name} lacks a usable {error}.") from error
    channels = _children(pixels, "Channel")
    stored_channels = sizes["C"] // samples if samples > 1 and sizes["C"] % samples == 0 else sizes["C"]
    sizes["C"] = stored_channels
    if set(order) != set("XYCZT") or order[:2] != "XY" or min(sizes.values()) < 1 or prod(sizes.values()) > images:
        raise BrokenImageError(
            f"{file_name} holds {images:,} images, but its OME-XML describes {prod(sizes.values()):,} "
            f"in the order {order}.",
            hint="The file is truncated, or keeps part of its images in other files: export it as one file.",
        )
    stored = _ome_positions(pixels, root, order, sizes, images=images, file_name=file_name)
    slow_axes = [axis for axis in reversed(order[2:]) if axis != "C"]
    pages = []
    for position in product(*(range(sizes[axis]) for axis in slow_axes)):
        where = dict(zip(slow_axes, position, strict=True))
        pages.append(tuple(stored[_rank({**where, "C": c}, order, sizes)] for c in range(sizes["C"])))
    return pages, tuple(channel.attrib.get("Name", "") for channel in channels)


def _ome_positions(
    pixels: ElementTree.Element,
    root: ElementTree.Element,
    order: str,
    sizes: dict[str, int],
    *,
    images: int,
    file_name: str,
) -> list[Plane]:
    """Return for each position in the dimension order the image that holds it, as the TiffData elements say."""
    total = prod(sizes.values())
    blocks = _children(pixels, "TiffData")
    if not blocks:
        return [Plane(index) for index in range(total)]
    found: dict[int, Plane] = {}
    for block in blocks:
        _refuse_other_files(block, root, file_name)
        try:
            image = int(block.attrib.get("IFD", 0))
            default_count = 1 if "IFD" in block.attrib else total
            count = int(block.attrib.get("PlaneCount", block.attrib.get("NumPlanes", default_count)))
            first = _rank({axis: int(block.attrib.get(f"First{axis}", 0)) for axis in "CZT"}, order, sizes)
        except ValueError as error:
            raise BrokenImageError(f"The OME-XML of {file_name} has a TiffData without numbers: {error}.") from error
        for step in range(min(max(count, 0), total - first)):
            if 0 <= image + step < images:
                found[first + step] = Plane(image + step)
    missing = total - len(found)
    if missing:
        raise BrokenImageError(
            f"The OME-XML of {file_name} describes {total:,} images, of which {missing:,} are not in the file.",
            hint="The file is truncated, or was split: export it as one file.",
        )
    return [found[position] for position in range(total)]


def _refuse_other_files(block: ElementTree.Element, root: ElementTree.Element, file_name: str) -> None:
    for identifier in _children(block, "UUID"):
        own = root.attrib.get("UUID")
        if own is not None and identifier.text is not None and identifier.text.strip() != own:
            raise UnsupportedImageError(
                f"{file_name} keeps part of its images in another file, "
                f"{identifier.attrib.get('FileName', 'without a name')[:200]}.",
                hint="Export it as one file.",
            )


def _rank(where: dict[str, int], order: str, sizes: dict[str, int]) -> int:
    """Return the position in the file's dimension order, in which the axis after XY changes fastest."""
    rank, step = 0, 1
    for axis in order[2:]:
        rank += min(max(where[axis], 0), sizes[axis] - 1) * step
        step *= sizes[axis]
    return rank


def _children(element: ElementTree.Element, name: str) -> list[Any]:
    return [child for child in element if child.tag == name or child.tag.endswith("}" + name)]
