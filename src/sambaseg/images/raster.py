"""PNG, JPEG, BMP and WebP, decoded by Pillow; 16-bit PNG by libpng, since Pillow would cut RGB down to 8 bits.

The reader of each format is opened directly: `PIL.Image.open` would try all formats, and refuse or warn by its own
limit of pixels instead of the byte budget here. `PIL.ImageFile.LOAD_TRUNCATED_IMAGES` must stay off.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError, ImageTooLargeError, UnsupportedImageError
from sambaseg.images.embedded import webp_size
from sambaseg.images.formats import Format
from sambaseg.images.micrograph import ImageInfo, PixelSize, ReadLimits
from sambaseg.images.pixel_size import plausible_size
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.png_chunks import PngHeader, check_png_rows, check_png_sums, read_png_header
from sambaseg.images.samples import Colour, Extra, SampleLayout, indices_of, picture_of
from sambaseg.images.source import check_bytes, checked_page, decoding, info_of

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MODES: dict[str, tuple[Colour, int, tuple[Extra, ...]]] = {
    "1": ("grey", 1, ()),
    "L": ("grey", 1, ()),
    "LA": ("grey", 2, ("alpha",)),
    "P": ("palette", 1, ()),
    "RGB": ("rgb", 3, ()),
    "RGBA": ("rgb", 4, ("alpha",)),
    "CMYK": ("cmyk", 4, ()),
}
_PNG_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_ORIENTATION_TAG = 274
_UM_AN_INCH = 25_400.0


class RasterSource:
    """One PNG, JPEG, BMP or WebP file, open while it is used in a ``with`` block; only its first image is read."""

    def __init__(self, path: Path, file_name: str, limits: ReadLimits, kind: Format) -> None:
        self._path, self._file_name, self._kind = path, file_name, kind
        self._png = read_png_header(path, file_name) if kind == "PNG" else None
        if kind == "WebP":
            _check_webp(path, file_name, limits)
        self._file = path.open("rb")
        try:
            with decoding(file_name):
                self._image = _open(self._file, kind)
            self._layout = self._read_layout(self._png)
            check_bytes(self._layout, file_name, limits)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> RasterSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._image.close()
        self._file.close()

    @property
    def orientation(self) -> int:
        """How the picture is to be turned, as EXIF says it: 1 to 8."""
        return self._layout.orientation

    @property
    def dots_per_inch(self) -> tuple[float, float] | None:
        """What the file states, (x, y); None where it states nothing that makes sense."""
        try:
            x, y = (float(value) for value in self._image.info.get("dpi", ()))
        except (TypeError, ValueError, ZeroDivisionError):
            return None
        return (x, y) if 0 < x < np.inf and 0 < y < np.inf else None

    def info(self, page: int) -> ImageInfo:
        """Return what the header says."""
        checked_page(page, 1, self._file_name)
        animated = self._png.animated if self._png else getattr(self._image, "is_animated", False)
        notes = ("The file is an animation; only its first image was read.",) if animated else ()
        return info_of(
            self._layout,
            file_name=self._file_name,
            format=self._kind,
            pixel_size_um=self._pixel_size(),
            notes=notes,
        )

    def picture(self, page: int) -> NDArray[Any]:
        """Return the channels (C, H, W)."""
        return picture_of(self._stored(page), self._layout)

    def indices(self, page: int) -> NDArray[Any]:
        """Return the stored numbers (S, H, W)."""
        return indices_of(self._stored(page), self._layout)

    def pixels(self, page: int) -> RegionPixels | None:  # noqa: ARG002
        """Return None: this format is decoded as a whole."""
        return None

    def description(self) -> str:
        """Return nothing: the format has no description that this program writes."""
        return ""

    def _read_layout(self, png: PngHeader | None) -> SampleLayout:
        mode = _PNG_MODES[png.colour_type] if png else self._image.mode
        if mode not in _MODES:
            raise UnsupportedImageError(f"{self._file_name} is a {self._kind} of the kind {mode}, which is not read.")
        colour, samples, extras = _MODES[mode]
        bits = png.bits if png else 1 if mode == "1" else 8
        dtype = np.uint16 if bits == 16 else np.bool_ if bits == 1 and colour == "grey" else np.uint8
        palette = None
        if colour == "palette":
            stored = self._image.getpalette("RGB") or []
            palette = np.array(stored, dtype=np.uint8).reshape(-1, 3)
        return SampleLayout(
            height=self._image.height,
            width=self._image.width,
            samples=samples,
            dtype=np.dtype(dtype),
            bits=bits,
            colour=colour,
            extras=extras,
            orientation=self._orientation(),
            palette=palette,
        )

    def _orientation(self) -> int:
        """Return the orientation that EXIF states; 1 where it is missing or makes no sense."""
        from PIL import Image

        with decoding(self._file_name):
            if self._png and self._png.exif:
                exif = Image.Exif()
                exif.load(self._png.exif)
            else:
                exif = Image.Image.getexif(self._image)
            stated = exif.get(_ORIENTATION_TAG, 1)
        return int(stated) if stated in range(1, 9) else 1

    def _pixel_size(self) -> PixelSize | None:
        dots = self.dots_per_inch
        return None if dots is None else plausible_size((_UM_AN_INCH / dots[1], _UM_AN_INCH / dots[0]))

    def _stored(self, page: int) -> NDArray[Any]:
        """Return the decoded samples (S, H, W)."""
        checked_page(page, 1, self._file_name)
        layout = self._layout
        with decoding(self._file_name):
            if self._png:
                check_png_sums(self._path, self._file_name)
                check_png_rows(self._path, self._file_name, layout.samples * layout.bits)
            if layout.bits == 16:
                import imagecodecs

                pixels = imagecodecs.png_decode(self._path.read_bytes())
            else:
                self._image.load()
                image = self._image.convert("L") if self._image.mode == "1" else self._image
                pixels = np.asarray(image).astype(layout.dtype, copy=False)
        samples = pixels.reshape(*pixels.shape[:2], -1)[:, :, : layout.samples]
        if samples.shape != (layout.height, layout.width, layout.samples):
            raise BrokenImageError(
                f"{self._file_name} claims {layout.samples} samples a pixel, but holds {samples.shape}."
            )
        if layout.colour == "grey" and layout.bits in (2, 4):
            samples = samples // (255 // (2**layout.bits - 1))
        return np.moveaxis(samples, -1, 0)


def _open(file: BinaryIO, kind: Format) -> ImageFile:
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    if kind == "PNG":
        return PngImagePlugin.PngImageFile(file)
    if kind == "JPEG":
        return JpegImagePlugin.JpegImageFile(file)
    return BmpImagePlugin.BmpImageFile(file) if kind == "BMP" else WebPImagePlugin.WebPImageFile(file)


def _check_webp(path: Path, file_name: str, limits: ReadLimits) -> None:
    """Raise where a WebP claims too many pixels: its decoder reserves the memory when it is opened."""
    with path.open("rb") as file:
        size = webp_size(file.read(30))
    if size is None:
        raise BrokenImageError(f"{file_name} is a WebP file without a readable header.")
    if size[0] * size[1] * 4 > limits.max_bytes:
        raise ImageTooLargeError(
            f"{file_name} claims {size[0]} by {size[1]} pixels; at most {limits.max_bytes / 2**20:,.0f} MB are read."
        )
