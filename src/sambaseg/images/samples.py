"""From stored samples to the channels of a micrograph: polarity, palette, colour model, alpha, turning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import UnsupportedImageError
from sambaseg.images.micrograph import plain_samples

Colour = Literal["grey", "white_is_zero", "rgb", "palette", "cmyk"]
Extra = Literal["unspecified", "alpha", "premultiplied"]

_COLOUR_SAMPLES: dict[Colour, int] = {"grey": 1, "white_is_zero": 1, "rgb": 3, "palette": 1, "cmyk": 4}
_TURNS_ROWS_INTO_COLUMNS = 5


@dataclass(frozen=True, kw_only=True)
class SampleLayout:
    """How one image is stored, known from its header.

    ``dtype`` is that of decoded samples (bool for 1-bit), ``bits`` those of one stored sample. Samples beyond those
    of the colour model are described by ``extras``, as far as the file does; ``orientation`` is that of TIFF and EXIF,
    1 to 8.
    ``palette`` has the shape (entries, 3), 8-bit.
    """

    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]
    bits: int
    colour: Colour
    extras: tuple[Extra, ...] = ()
    orientation: int = 1
    palette: NDArray[np.uint8] | None = None

    @property
    def extra_count(self) -> int:
        """Number of samples beyond those of the colour model."""
        return self.samples - _COLOUR_SAMPLES[self.colour]

    @property
    def alpha(self) -> Extra | None:
        """The kind of the alpha channel, which is left out; None where there is none.

        An extra sample of no stated meaning beside RGB is alpha too, since many programs write it so.
        """
        if self.extra_count < 1:
            return None
        first = self.extras[0] if self.extras else "unspecified"
        if first != "unspecified" or (self.colour == "rgb" and self.extra_count == 1):
            return first
        return None

    @property
    def grey_palette(self) -> bool:
        """Whether all entries of the palette are greys."""
        palette = self.palette
        return palette is not None and bool((palette == palette[:, :1]).all())

    @property
    def is_rgb(self) -> bool:
        """Whether the channels are red, green and blue."""
        return self.channels == 3 and (
            self.colour in ("rgb", "cmyk") or (self.colour == "palette" and not self.grey_palette)
        )

    @property
    def channels(self) -> int:
        """Number of channels of the picture."""
        if self.colour == "cmyk":
            return 3
        kept_extras = self.extra_count - (self.alpha is not None)
        shown = 3 if self.colour == "palette" and not self.grey_palette else _COLOUR_SAMPLES[self.colour]
        return shown + kept_extras

    @property
    def picture_dtype(self) -> np.dtype[Any]:
        """Kind of the picture's samples."""
        if self.colour == "palette" or self.dtype == np.bool_:
            return np.dtype(np.uint8)
        return np.dtype(np.float32) if self.dtype == np.float16 else self.dtype.newbyteorder("=")

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Height and width after turning."""
        return (self.width, self.height) if self.is_turned else (self.height, self.width)

    @property
    def is_turned(self) -> bool:
        """Whether stored rows are columns of the picture."""
        return self.orientation >= _TURNS_ROWS_INTO_COLUMNS

    @property
    def nbytes(self) -> int:
        """Bytes of the larger of the stored samples and the picture."""
        sizes = (self.samples * self.dtype.itemsize, self.channels * self.picture_dtype.itemsize)
        return self.height * self.width * max(sizes)

    def notes(self) -> list[str]:
        """Return a sentence for each thing that the picture differs in from what is stored."""
        sentences = []
        if self.alpha == "premultiplied":
            sentences.append("The colours were divided by the alpha channel they had been multiplied by.")
        if self.alpha is not None or (self.colour == "cmyk" and self.extra_count):
            sentences.append("The alpha channel was left out.")
        if self.colour == "palette":
            kind = "greys" if self.grey_palette else "colours"
            sentences.append(f"The {kind} of the palette were put in for its indices.")
        if self.colour == "cmyk":
            sentences.append(
                "The printing colours (CMYK) were turned into red, green and blue without a colour profile."
            )
        if self.colour == "white_is_zero" and self.dtype.kind == "f":
            sentences.append("The file wants small numbers shown white; the numbers were kept as they are.")
        elif self.colour == "white_is_zero":
            sentences.append("White was stored as 0; the values were inverted, so that larger is brighter.")
        if self.orientation != 1:
            sentences.append("The image was turned or mirrored as its orientation tag says.")
        return sentences


def check_layout(layout: SampleLayout, file_name: str) -> None:
    """Raise UnsupportedImageError for layouts whose meaning is not clear."""
    if layout.extra_count < 0:
        raise UnsupportedImageError(
            f"{file_name} has {layout.samples} samples a pixel, too few for {layout.colour.upper()} colours."
        )
    if layout.colour == "palette" and (layout.dtype.kind not in "bu" or layout.bits > 16 or layout.palette is None):
        raise UnsupportedImageError(f"{file_name} has a palette for samples of type {layout.dtype}, which is not read.")
    if layout.colour == "cmyk" and layout.dtype.kind != "u":
        raise UnsupportedImageError(f"{file_name} has CMYK colours of type {layout.dtype}; 8 or 16 bits were expected.")
    if layout.dtype.kind not in "buif":
        raise UnsupportedImageError(f"{file_name} holds numbers of type {layout.dtype}, which are not read.")


def picture_of(stored_syx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    """Return the picture's channels (C, H, W) for stored samples (S, H, W), as `layout` says they are."""
    count = _COLOUR_SAMPLES[layout.colour]
    colours, extras = stored_syx[:count], stored_syx[count:]
    if layout.alpha == "premultiplied":
        colours = _divided_by_alpha(colours, extras[0], layout)
    if layout.alpha is not None:
        extras = extras[1:]
    if layout.colour == "cmyk":
        colours, extras = _cmyk_to_rgb(colours, layout), extras[:0]
    elif layout.colour == "palette":
        colours = _looked_up(colours[0], layout)
    elif layout.colour == "white_is_zero":
        colours = _inverted(colours, layout)
    joined = np.concatenate([colours, extras]) if len(extras) else colours
    return plain_samples(_turned(joined, layout.orientation))


def indices_of(stored_syx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    """Return stored numbers (S, H, W) without alpha, turned upright; palette indices and polarity stay as they are."""
    count = _COLOUR_SAMPLES[layout.colour]
    kept = stored_syx if layout.alpha is None else np.delete(stored_syx, count, axis=0)
    return np.ascontiguousarray(_turned(kept, layout.orientation))


def _turned(image_syx: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the image upright: TIFF 6.0, tag Orientation."""
    if orientation >= _TURNS_ROWS_INTO_COLUMNS:
        image_syx = image_syx.transpose(0, 2, 1)
    flip_rows, flip_columns = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return image_syx[:, :: -1 if flip_rows else 1, :: -1 if flip_columns else 1]


def _inverted(grey_syx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    """Return integers with black and white exchanged; floating-point numbers have no white to count from, and stay."""
    if layout.dtype.kind == "f":
        return grey_syx
    if layout.dtype == np.bool_ or layout.dtype.kind == "i":
        return np.asarray(np.invert(grey_syx))
    return np.asarray(grey_syx.dtype.type(2**layout.bits - 1) - grey_syx)


def _looked_up(indices_yx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    palette = layout.palette if layout.palette is not None else np.zeros((0, 3), dtype=np.uint8)
    wanted = palette[:, :1] if layout.grey_palette else palette
    entries = np.zeros((max(len(wanted), 2 ** min(layout.bits, 16)), wanted.shape[1]), dtype=np.uint8)
    entries[: len(wanted)] = wanted
    indices = indices_yx.view(np.uint8) if indices_yx.dtype == np.bool_ else indices_yx
    return np.stack([column[indices] for column in entries.T])


def _cmyk_to_rgb(cmyk_syx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    """Return (1 - ink) (1 - black) for each ink, rounded, in the same range; row by row to keep memory low."""
    top = 2**layout.bits - 1
    rgb = np.empty((3, *cmyk_syx.shape[1:]), dtype=cmyk_syx.dtype)
    for row in range(cmyk_syx.shape[1]):
        light = top - cmyk_syx[:, row].astype(np.uint64)
        rgb[:, row] = (light[:3] * light[3] + top // 2) // top
    return rgb


def _divided_by_alpha(colours_syx: NDArray[Any], alpha_yx: NDArray[Any], layout: SampleLayout) -> NDArray[Any]:
    """Return the colours before they were multiplied by alpha; black where alpha is 0."""
    if colours_syx.dtype.kind == "f":
        share = np.where(alpha_yx > 0, alpha_yx, 1)
        return np.asarray(np.where(alpha_yx > 0, colours_syx / share, 0), dtype=colours_syx.dtype)
    top = 2 ** (layout.bits - (colours_syx.dtype.kind == "i")) - 1
    result = np.empty_like(colours_syx)
    for row in range(colours_syx.shape[1]):
        alpha = np.maximum(alpha_yx[row], 0).astype(np.float64)
        whole = np.divide(
            colours_syx[:, row] * float(top), alpha, where=alpha > 0, out=np.zeros(colours_syx[:, row].shape)
        )
        result[:, row] = np.minimum(np.rint(whole), top)
    return result
