"""TIFF files of all kinds: strips and tiles, classic and big, every usual compression, pages, OME-TIFF, ImageJ."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError, UnsupportedImageError
from sambaseg.images.embedded import embedded_pixels
from sambaseg.images.micrograph import ImageInfo, PixelSize, ReadLimits
from sambaseg.images.pixel_size import tiff_pixel_size
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.samples import Colour, Extra, SampleLayout, indices_of, picture_of
from sambaseg.images.source import check_bytes, checked_page, decoding, info_of
from sambaseg.images.tiff_chain import walk_chain
from sambaseg.images.tiff_pixels import (
    EMBEDDED_HEAD_BYTES,
    LARGEST_SEGMENT_BYTES,
    RawPlane,
    SegmentedPlane,
    StoredPlane,
    TiffPixels,
)
from sambaseg.images.tiff_planes import Plane, PlaneMap, map_planes

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_MOST_SEGMENTS = 1_000_000
_COLOURS: dict[int, Colour] = {0: "white_is_zero", 1: "grey", 2: "rgb", 3: "palette", 5: "cmyk", 6: "rgb"}
_EXTRAS: dict[int, Extra] = {0: "unspecified", 1: "premultiplied", 2: "alpha"}
_YCBCR, _SEPARATED, _CMYK_INKS = 6, 5, 1
_PHOTOMETRIC_TAG, _ORIENTATION_TAG, _INK_SET_TAG = 262, 274, 332
_DECODERS_THAT_TURN_YCBCR_INTO_RGB = (6, 7)
_JPEG_COMPRESSIONS = (6, 7, 34892, 33007)
_CODESTREAMS_WITH_OWN_SIZE = (6, 7, 33003, 33004, 33005, 33007, 34712, 34892, 34933, 50001)


class TiffSource:
    """One TIFF file, open while it is used in a ``with`` block."""

    def __init__(self, path: Path, file_name: str, limits: ReadLimits) -> None:
        import tifffile

        self._path = path
        self._file_name = file_name
        self._limits = limits
        with path.open("rb") as file:
            self._size = path.stat().st_size
            self._chain = walk_chain(file, self._size, file_name, limits)
        with decoding(file_name):
            self._tiff: TiffFile = tifffile.TiffFile(path, is_ndpi=False)
        self._opened: dict[int, TiffPage] = {}

    def __enter__(self) -> TiffSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._tiff.close()

    @cached_property
    def _planes(self) -> PlaneMap:
        """Which images are the channels of which page."""
        first = self._page(0)
        with decoding(self._file_name):
            description = first.description or ""
            contiguous = 1
            if first.is_contiguous and first.dataoffsets and first.nbytes:
                contiguous = (self._size - first.dataoffsets[0]) // first.nbytes
            return map_planes(
                description,
                images=len(self._chain.offsets),
                samples=first.samplesperpixel,
                contiguous_images=contiguous,
                file_name=self._file_name,
            )

    @cached_property
    def _pixel_size(self) -> PixelSize | None:
        return tiff_pixel_size(self._tiff, self._page(0))

    def info(self, page: int) -> ImageInfo:
        """Return what the header says about a page."""
        planes, layout = self._laid_out(page)
        if layout.nbytes * len(planes) <= self._limits.max_bytes or self.pixels(page) is None:
            check_bytes(layout, self._file_name, self._limits, planes=len(planes))
        notes = ("The list of pages leads back to an earlier one; it was read once.",) if self._chain.loops else ()
        return info_of(
            layout,
            file_name=self._file_name,
            format=("BigTIFF" if self._tiff.is_bigtiff and self._planes.kind == "TIFF" else self._planes.kind),
            pages=len(self._planes.pages),
            page=page,
            planes=len(planes),
            channel_names=self._planes.channel_names,
            pixel_size_um=self._pixel_size,
            notes=notes,
        )

    def picture(self, page: int) -> NDArray[Any]:
        """Return the channels (C, H, W) of a page."""
        return self._channels(page, picture_of)

    def indices(self, page: int) -> NDArray[Any]:
        """Return the stored numbers (S, H, W) of a page."""
        return self._channels(page, indices_of)

    def description(self) -> str:
        """Return the description of the first image."""
        return self._page(0).description or ""

    def _channels(self, page: int, convert: Callable[[NDArray[Any], SampleLayout], NDArray[Any]]) -> NDArray[Any]:
        planes, layout = self._checked(page)
        parts = [convert(self._stored(plane, layout), layout) for plane in planes]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def pixels(self, page: int) -> RegionPixels | None:
        """Return the channels of a page to be read part by part; None where that is no use."""
        planes, layout = self._laid_out(page)
        if layout.orientation != 1 or not all(self._is_in_parts(plane) for plane in planes):
            return None
        check_bytes(layout, self._file_name, self._limits, planes=len(planes), streamed=True)
        try:
            stored = [self._stored_plane(number, plane, layout) for number, plane in enumerate(planes)]
        except BrokenImageError:
            check_bytes(layout, self._file_name, self._limits, planes=len(planes))
            raise
        return TiffPixels(self._path, self._file_name, layout, stored)

    def _is_in_parts(self, plane: Plane) -> bool:
        """Return whether parts of a stored image can be read without decoding most of it."""
        page = self._page(plane.image)
        with decoding(self._file_name):
            if _is_raw(page):
                return True
            if plane.skip or page.is_contiguous or page.dtype is None:
                return False
            height, width = _segment_size(page)
            if height < 1 or width < 1 or (height >= page.imagelength and width >= page.imagewidth):
                return False
            samples = page.samplesperpixel if page.planarconfig == 1 else 1
            return bool(height * width * samples * page.dtype.itemsize <= LARGEST_SEGMENT_BYTES)

    def _stored_plane(self, number: int, plane: Plane, layout: SampleLayout) -> StoredPlane:
        """Return how parts of a stored image are read. Raises BrokenImageError where it leaves the file."""
        page = self._page(plane.image)
        with decoding(self._file_name):
            offset = page.dataoffsets[0] + plane.skip * page.nbytes if len(page.dataoffsets) else 0
            self._check_segments(page)
            if _is_raw(page):
                if offset + page.nbytes > self._size:
                    raise BrokenImageError(f"{self._file_name} is truncated: its pixels go on beyond its end.")
                return RawPlane(
                    offset,
                    layout.height,
                    layout.width,
                    layout.samples,
                    layout.dtype.newbyteorder(self._tiff.byteorder),
                    page.planarconfig == 2,
                )
            page.init_decode()
            options: dict[str, Any] = {"_fullsize": False}
            if page.compression in _JPEG_COMPRESSIONS:
                options |= {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
            height, width = _segment_size(page)
            count = int(np.prod(page.chunked))
            own_sizes = page.compression in _CODESTREAMS_WITH_OWN_SIZE
            return SegmentedPlane(
                number=number,
                file_name=self._file_name,
                height=layout.height,
                width=layout.width,
                samples=layout.samples,
                dtype=layout.dtype,
                planar=page.planarconfig == 2,
                segment_height=height,
                segment_width=width,
                offsets=np.asarray(page.dataoffsets[:count], np.int64),
                counts=np.asarray(page.databytecounts[:count], np.int64),
                decode=page.decode,
                options=options,
                most_pixels=self._room(page, layout) if own_sizes else None,
            )

    def _checked(self, page: int) -> tuple[tuple[Plane, ...], SampleLayout]:
        """Return the planes of a page and their common layout, checked against the limits."""
        planes, layout = self._laid_out(page)
        check_bytes(layout, self._file_name, self._limits, planes=len(planes))
        return planes, layout

    def _laid_out(self, page: int) -> tuple[tuple[Plane, ...], SampleLayout]:
        """Return the planes of a page and their common layout."""
        planes = self._planes.pages[checked_page(page, len(self._planes.pages), self._file_name)]
        layout = self._layout(planes[0])
        for plane in planes[1:]:
            other = self._layout(plane)
            if (other.shape_yx, other.samples, other.dtype) != (layout.shape_yx, layout.samples, layout.dtype):
                raise UnsupportedImageError(f"The channels of {self._file_name} differ in size or type.")
        return planes, layout

    def _page(self, image: int) -> TiffPage:
        """Return tifffile's view of the `image`-th image of the chain."""
        import tifffile

        if image not in self._opened:
            with decoding(self._file_name):
                self._tiff.filehandle.seek(self._chain.offsets[image])
                self._opened[image] = tifffile.TiffPage(self._tiff, image)
        return self._opened[image]

    def _layout(self, plane: Plane) -> SampleLayout:
        page = self._page(plane.image)
        with decoding(self._file_name):
            return _layout_of(page, self._file_name)

    def _stored(self, plane: Plane, layout: SampleLayout) -> NDArray[Any]:
        """Return the decoded samples (S, H, W) of one plane."""
        page = self._page(plane.image)
        with decoding(self._file_name):
            if plane.skip:
                return self._raw_plane(page, plane.skip, layout)
            self._check_segments(page)
            if page.compression in _CODESTREAMS_WITH_OWN_SIZE:
                self._check_codestreams(page, layout)
            stored = page.asarray(squeeze=False)
        expected = (layout.samples, layout.height, layout.width)
        samples_first = stored[:, 0, :, :, 0] if page.planarconfig == 2 else np.moveaxis(stored[0, 0], -1, 0)
        if samples_first.shape != expected:
            raise BrokenImageError(f"{self._file_name} claims the shape {expected}, but holds {samples_first.shape}.")
        return samples_first

    def _raw_plane(self, page: TiffPage, skip: int, layout: SampleLayout) -> NDArray[Any]:
        """Return the samples (S, H, W) of an uncompressed image that follows the first one without a tag of its own."""
        handle = self._tiff.filehandle
        kind = layout.dtype.newbyteorder(self._tiff.byteorder)
        offset = page.dataoffsets[0] + skip * page.nbytes
        stored = handle.read_array(kind, page.nbytes // kind.itemsize, offset).reshape(page.shaped)
        return stored[:, 0, :, :, 0] if page.planarconfig == 2 else np.moveaxis(stored[0, 0], -1, 0)

    def _check_segments(self, page: TiffPage) -> None:
        """Raise where strips or tiles are missing or leave the file."""
        expected = int(np.prod(page.chunked))
        if expected > _MOST_SEGMENTS:
            raise UnsupportedImageError(f"{self._file_name} is cut into {expected:,} pieces, which is too many.")
        offsets, counts = page.dataoffsets[:expected], page.databytecounts[:expected]
        if not page.is_contiguous and (len(offsets) < expected or len(counts) < expected):
            raise BrokenImageError(
                f"{self._file_name} lacks {expected - min(len(offsets), len(counts))} of its pieces."
            )
        if page.is_contiguous:
            offsets, counts = offsets[:1], (page.nbytes,)
        for piece, (offset, count) in enumerate(zip(offsets, counts, strict=False), start=1):
            if offset <= 0 or count <= 0:
                raise BrokenImageError(f"Piece {piece} of {expected} of {self._file_name} holds no data.")
            if offset + count > self._size:
                raise BrokenImageError(
                    f"{self._file_name} is truncated: it has {self._size:,} bytes, "
                    f"but refers to image data up to byte {offset + count:,}.",
                    hint="Export or download it again.",
                )

    def _check_codestreams(self, page: TiffPage, layout: SampleLayout) -> None:
        """Raise where a piece that is an image file of its own claims to be larger than its place."""
        room = self._room(page, layout)
        for offset in page.dataoffsets[: int(np.prod(page.chunked))]:
            self._tiff.filehandle.seek(offset)
            claimed = embedded_pixels(self._tiff.filehandle.read(EMBEDDED_HEAD_BYTES))
            if claimed is not None and claimed > room:
                raise BrokenImageError(
                    f"A piece of {self._file_name} claims {claimed:,} pixels, more than the image has."
                )

    def _room(self, page: TiffPage, layout: SampleLayout) -> int:
        """Return how many pixels a piece that is an image file of its own may claim."""
        return max(layout.height * layout.width, page.tilewidth * max(page.tilelength, 1))


def _is_raw(page: TiffPage) -> bool:
    """Return whether a page is plain numbers, one row after the other."""
    return bool(page.is_contiguous and page.fillorder == 1 and page.predictor == 1 and not page.is_subsampled)


def _segment_size(page: TiffPage) -> tuple[int, int]:
    """Return the rows and columns of a page's strips or tiles."""
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth)
    return int(page.rowsperstrip), int(page.imagewidth)


def _layout_of(page: TiffPage, file_name: str) -> SampleLayout:
    """Return how a page is stored. Raises UnsupportedImageError for kinds that are not read."""
    sizes = (page.imagelength, page.imagewidth, page.imagedepth, page.samplesperpixel, page.planarconfig)
    if not all(isinstance(size, int) for size in sizes):
        raise BrokenImageError(f"{file_name} states no usable width, height or number of samples.")
    if page.dtype is None or page.dtype.kind == "c" or not isinstance(page.bitspersample, int):
        raise UnsupportedImageError(
            f"{file_name} has samples of {page.bitspersample} bits in the sample format {page.sampleformat}, "
            "which are not read."
        )
    if page.imagedepth > 1:
        raise UnsupportedImageError(f"{file_name} stores a volume in one page, which is not read.")
    colour = _colour_of(page, file_name)
    orientation = page.tags.valueof(_ORIENTATION_TAG, default=1)
    turned = int(orientation) if orientation in range(1, 9) else 1
    return SampleLayout(
        height=page.imagelength,
        width=page.imagewidth,
        samples=page.samplesperpixel,
        dtype=page.dtype,
        bits=page.bitspersample,
        colour=colour,
        extras=tuple(_EXTRAS.get(int(extra), "unspecified") for extra in page.extrasamples),
        orientation=turned,
        palette=_palette_of(page) if colour == "palette" else None,
    )


def _colour_of(page: TiffPage, file_name: str) -> Colour:
    photometric, compression = int(page.photometric), int(page.compression)
    if _PHOTOMETRIC_TAG not in page.tags:
        return "rgb" if page.samplesperpixel == 3 else "grey"
    colour = _COLOURS.get(photometric)
    if photometric == _YCBCR and compression not in _DECODERS_THAT_TURN_YCBCR_INTO_RGB:
        colour = None
    if colour is None:
        name = getattr(page.photometric, "name", str(photometric))
        raise UnsupportedImageError(
            f"{file_name} stores its colours as {name} with {_name(page.compression)} compression, which is not read.",
            hint="Export it as greys or RGB.",
        )
    if photometric == _SEPARATED and page.tags.valueof(_INK_SET_TAG, default=_CMYK_INKS) != _CMYK_INKS:
        return "grey"
    if colour == "rgb" and page.samplesperpixel < 3:
        return "grey"
    return colour


def _name(code: object) -> str:
    return str(getattr(code, "name", code))


def _palette_of(page: TiffPage) -> NDArray[np.uint8] | None:
    """Return the palette (entries, 3) in 8 bits; old writers stored 8-bit values in the tag's 16 bits."""
    if page.colormap is None:
        return None
    palette = np.asarray(page.colormap, dtype=np.uint16).reshape(3, -1).T
    return palette.astype(np.uint8) if palette.max(initial=0) < 256 else (palette >> 8).astype(np.uint8)
