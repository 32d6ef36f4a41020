"""What the metadata of an OME-Zarr image or a plain Zarr array say, checked before anything is decoded.

Zarr 2 and 3, OME-Zarr 0.1 to 0.5. Only codecs that turn bytes into bytes are let through: one that is known to zarr
but not here (pickle, for one) would run code of whoever wrote the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

from sambaseg.errors import BrokenImageError, UnsupportedImageError
from sambaseg.images.micrograph import PixelSize
from sambaseg.images.pixel_size import checked_size, micrometres_of

_MOST_METADATA_BYTES = 16 * 2**20
_MOST_AXES = 5
_LARGEST_CHUNK_BYTES = 256 * 2**20
_CODECS = frozenset(
    "bytes transpose sharding_indexed blosc bz2 gzip lz4 lzma zlib zstd shuffle delta bitround "  # noqa: SIM905
    "fixedscaleoffset quantize packbits adler32 crc32 crc32c fletcher32".split()
)
_AXES_WITHOUT_NAMES = {2: "yx", 3: "zyx", 4: "czyx", 5: "tczyx"}
_MOST_CHANNELS_WITHOUT_NAMES = 4
_RGB = ("FF0000", "00FF00", "0000FF")


@dataclass(frozen=True)
class ZarrImage:
    """The array of an image's finest level: its folder, axes ("tczyx" or fewer), shape, and chunks."""

    folder: Path
    kind: str
    axes: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    channel_names: tuple[str, ...]
    is_rgb: bool
    pixel_size_um: PixelSize | None

    def size(self, axis: str) -> int:
        """Return the size along an axis, 1 where there is none."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def pages(self) -> int:
        """Number of planes: all z for each point in time."""
        return self.size("t") * self.size("z")


def read_zarr_image(folder: Path, file_name: str) -> ZarrImage:
    """Return what the metadata in `folder` say.

    Raises BrokenImageError where they are damaged and UnsupportedImageError for what is not read. Other exceptions that
    hostile metadata lead to are for the caller's `decoding` block.
    """
    attributes, is_array = _node(folder, file_name)
    if is_array:
        return _described(folder, folder, {}, {}, file_name)
    ome = attributes.get("ome") if isinstance(attributes.get("ome"), dict) else attributes
    assert isinstance(ome, dict)
    if "plate" in ome or "well" in ome:
        raise UnsupportedImageError(
            f"{file_name} is a plate of several images, which is not read.", hint="Open one of the images inside it."
        )
    scales = ome.get("multiscales")
    if not scales:
        first = folder / "0"
        if first.is_dir() and not is_array and _is_group(first):
            return read_zarr_image(first, file_name)  # several images side by side, as bioformats2raw writes them
        raise UnsupportedImageError(
            f"{file_name} is a Zarr group without an image.", hint="Open the folder of an image inside it."
        )
    scale = scales[0]
    return _described(folder, _inside(folder, str(scale["datasets"][0]["path"]), file_name), scale, ome, file_name)


def _is_group(folder: Path) -> bool:
    if (folder / ".zgroup").is_file() or (folder / ".zattrs").is_file():
        return not (folder / ".zarray").is_file()
    return (folder / "zarr.json").is_file() and _json(folder / "zarr.json").get("node_type") == "group"


def _node(folder: Path, file_name: str) -> tuple[dict[str, Any], bool]:
    """Return the attributes of a group or an array, and whether it is an array."""
    if (folder / "zarr.json").is_file():
        values = _json(folder / "zarr.json")
        return dict(values.get("attributes") or {}), values.get("node_type") == "array"
    if (folder / ".zarray").is_file():
        return {}, True
    if (folder / ".zattrs").is_file():
        return _json(folder / ".zattrs"), False
    if (folder / ".zgroup").is_file():
        return {}, False
    raise BrokenImageError(f"{file_name} is no Zarr image: its metadata are missing.")


def _json(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(_MOST_METADATA_BYTES + 1)
    if len(content) > _MOST_METADATA_BYTES:
        raise ValueError("its metadata are too large")
    values = json.loads(content)
    if not isinstance(values, dict):
        raise TypeError("its metadata are no object")
    return values


def _inside(folder: Path, path: str, file_name: str) -> Path:
    """Return a path below `folder`. Raises BrokenImageError for one that leads elsewhere."""
    parts = PurePosixPath(path).parts
    array = folder.joinpath(*parts) if parts and not {"..", "/"} & set(parts) and "\\" not in path else None
    if array is None or not array.resolve().is_relative_to(folder.resolve()):
        raise BrokenImageError(f"{file_name} names a level outside itself: {path[:200]!r}.")
    return array


def _described(
    folder: Path, array: Path, scale: Mapping[str, Any], ome: Mapping[str, Any], file_name: str
) -> ZarrImage:
    shape, chunks, names, itemsize = _array(array, file_name)
    axes = _axes(scale.get("axes") or names, shape, file_name)
    if min(shape) < 1 or min(chunks) < 1:
        raise BrokenImageError(f"{file_name} claims the shape {shape} in chunks of {chunks}.")
    if prod(min(chunk, size) for chunk, size in zip(chunks, shape, strict=True)) * itemsize > _LARGEST_CHUNK_BYTES:
        raise UnsupportedImageError(
            f"{file_name} is cut into chunks of {chunks}, which are too large to be read part by part.",
            hint="Save it in chunks of about a megabyte.",
        )
    channels = shape[axes.index("c")] if "c" in axes else 1
    names_of_channels, is_rgb = _channels(ome, channels)
    return ZarrImage(
        folder=array,
        kind="Zarr" if folder == array else "OME-Zarr",
        axes=axes,
        shape=shape,
        chunks=chunks,
        channel_names=names_of_channels,
        is_rgb=is_rgb,
        pixel_size_um=_pixel_size(scale, axes),
    )


def _array(folder: Path, file_name: str) -> tuple[tuple[int, ...], tuple[int, ...], object, int]:
    """Return shape, chunks that are decoded at once, names of the axes, and bytes of a sample."""
    if (folder / "zarr.json").is_file():
        values = _json(folder / "zarr.json")
        codecs = list(values["codecs"])
        chunks = values["chunk_grid"]["configuration"]["chunk_shape"]
        for codec in codecs:
            if codec["name"] == "sharding_indexed":
                chunks = codec["configuration"]["chunk_shape"]
        used = set(_codec_names(codecs))
        kind, names = values["data_type"], values.get("dimension_names")
    else:
        values = _json(folder / ".zarray")
        chunks = values["chunks"]
        used = {str(codec["id"]) for codec in (values.get("compressor"), *(values.get("filters") or [])) if codec}
        kind, names = values["dtype"], None
    unknown = sorted(used - _CODECS)
    if unknown:
        raise UnsupportedImageError(f"{file_name} is encoded with {unknown[0][:100]}, which is not read.")
    shape = tuple(int(size) for size in values["shape"])
    chunk_shape = tuple(int(size) for size in chunks)
    if len(shape) != len(chunk_shape) or not 2 <= len(shape) <= _MOST_AXES:
        raise UnsupportedImageError(f"{file_name} has the shape {shape}; 2 to {_MOST_AXES} axes are read.")
    return shape, chunk_shape, names, _itemsize(kind, file_name)


def _codec_names(codecs: object) -> Iterator[str]:
    """Yield the names of codecs, those inside shards too, without the prefix of those from numcodecs."""
    for codec in codecs if isinstance(codecs, list) else []:
        yield str(codec["name"]).removeprefix("numcodecs.")
        configuration = codec.get("configuration") or {}
        for inner in ("codecs", "index_codecs"):
            yield from _codec_names(configuration.get(inner))


def _itemsize(kind: object, file_name: str) -> int:
    """Return the bytes of a sample. Raises UnsupportedImageError for what is no number."""
    import numpy as np

    try:
        dtype = np.dtype(kind) if isinstance(kind, str) else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "buif":
        raise UnsupportedImageError(f"{file_name} holds values of type {str(kind)[:100]}, which are not read.")
    return dtype.itemsize


def _axes(named: object, shape: tuple[int, ...], file_name: str) -> str:
    """Return one letter an axis, t, c, z, y, x."""
    if isinstance(named, list) and named and all(named):
        names = [str(axis["name"] if isinstance(axis, dict) else axis).lower() for axis in named]
    elif len(shape) == 3 and shape[0] <= _MOST_CHANNELS_WITHOUT_NAMES:
        names = list("cyx")
    else:
        names = list(_AXES_WITHOUT_NAMES[len(shape)])
    if (
        len(names) != len(shape)
        or len(set(names)) != len(names)
        or set(names) - set("tczyx")
        or not {"y", "x"} <= set(names)
    ):
        raise UnsupportedImageError(
            f"{file_name} has the axes {', '.join(names)[:200]} for the shape {shape}; t, c, z, y and x are read."
        )
    return "".join(names)


def _channels(ome: Mapping[str, Any], channels: int) -> tuple[tuple[str, ...], bool]:
    """Return the names of the channels, none where they are not all given, and whether they are red, green, blue."""
    stated = (ome.get("omero") or {}).get("channels") if isinstance(ome.get("omero"), dict) else None
    if not isinstance(stated, list) or len(stated) != channels or not all(isinstance(entry, dict) for entry in stated):
        return (), False
    names = tuple(str(entry.get("label") or "")[:200] for entry in stated)
    colours = tuple(str(entry.get("color") or "").upper().lstrip("#") for entry in stated)
    return names, colours == _RGB


def _pixel_size(scale: Mapping[str, Any], axes: str) -> PixelSize | None:
    """Return the size (y, x) of a pixel of the finest level in micrometres; None where it is not stated."""
    try:
        unit_of = {str(axis["name"]).lower(): str(axis.get("unit")) for axis in scale["axes"]}
        factors = [1.0] * len(axes)
        for transformations in (
            scale["datasets"][0].get("coordinateTransformations"),
            scale.get("coordinateTransformations"),
        ):
            for transformation in transformations or ():
                if transformation["type"] == "scale":
                    factors = [a * float(b) for a, b in zip(factors, transformation["scale"], strict=True)]
        size = dict(zip(axes, factors, strict=True))
        return checked_size(size["y"] * micrometres_of(unit_of["y"]), size["x"] * micrometres_of(unit_of["x"]))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return None
