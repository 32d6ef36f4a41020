"""PNM: the portable bitmap, greymap and pixmap (P1 to P6), and PFM with floating-point numbers (Pf, PF).

Values are kept as they are: a file with 10 bits, say, is not stretched to 16. Format: netpbm.sourceforge.net/doc.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sambaseg.errors import BrokenImageError, UnsupportedImageError
from sambaseg.images.micrograph import ImageInfo, ReadLimits
from sambaseg.images.pixels import RegionPixels
from sambaseg.images.samples import SampleLayout, indices_of, picture_of
from sambaseg.images.source import check_bytes, checked_page, decoding, info_of

_HEADER_BYTES = 65_536
_COMMENT = re.compile(rb"#[^\r\n]*")
_TOKEN = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*([^\s#]+)")
_LARGEST_VALUE = 65_535
_TEXT_BYTES_A_VALUE = 16


class PnmSource:
    """One PNM file; only its first image is read."""

    def __init__(self, path: Path, file_name: str, limits: ReadLimits) -> None:
        self._path, self._file_name = path, file_name
        with path.open("rb") as file:
            self._head = file.read(_HEADER_BYTES)
        self._kind = self._head[:2]
        if self._kind == b"P7":
            raise UnsupportedImageError(
                f"{file_name} is a PAM image, which is not read.", hint="Export it as TIFF or PNG."
            )
        self._layout = self._read_header()
        share = _TEXT_BYTES_A_VALUE if self._is_text else 1
        check_bytes(self._layout, file_name, replace(limits, max_bytes=limits.max_bytes // share))

    def __enter__(self) -> PnmSource:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def info(self, page: int) -> ImageInfo:
        """Return what the header says."""
        checked_page(page, 1, self._file_name)
        return info_of(self._layout, file_name=self._file_name, format="PFM" if self._is_float else "PNM")

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

    @property
    def _is_float(self) -> bool:
        return self._kind in (b"Pf", b"PF")

    @property
    def _is_text(self) -> bool:
        return self._kind in (b"P1", b"P2", b"P3")

    def _read_header(self) -> SampleLayout:
        """Return the layout; afterwards `_data_start` is where the pixels begin."""
        one_bit = self._kind in (b"P1", b"P4")
        width, height = self._number(2), 0
        height = self._number(self._data_start)
        self._largest = 1
        self._byte_order: Literal["<", ">"] = ">"
        if self._is_float:
            scale = self._token(self._data_start)
            self._byte_order = "<" if scale.startswith(b"-") else ">"
        elif not one_bit:
            self._largest = self._number(self._data_start)
            if not 1 <= self._largest <= _LARGEST_VALUE:
                raise BrokenImageError(f"{self._file_name} claims {self._largest} as its largest value.")
        self._data_start += 1
        dtype = np.float32 if self._is_float else np.bool_ if one_bit else np.min_scalar_type(self._largest)
        samples = 3 if self._kind in (b"P3", b"P6", b"PF") else 1
        return SampleLayout(
            height=height,
            width=width,
            samples=samples,
            dtype=np.dtype(dtype),
            bits=32 if self._is_float else self._largest.bit_length(),
            colour="rgb" if samples == 3 else "white_is_zero" if one_bit else "grey",
        )

    def _token(self, start: int) -> bytes:
        match = _TOKEN.match(self._head, start)
        if match is None:
            raise BrokenImageError(f"{self._file_name} ends within its header.", hint="Export or download it again.")
        self._data_start = match.end()
        return match[1]

    def _number(self, start: int) -> int:
        token = self._token(start)
        if not token.isdigit() or len(token) > 9:
            raise BrokenImageError(f"{self._file_name} has {token[:20]!r} in its header where a number was expected.")
        return int(token)

    def _stored(self, page: int) -> NDArray[Any]:
        checked_page(page, 1, self._file_name)
        with decoding(self._file_name):
            values = self._text_values() if self._is_text else self._binary_values()
        layout = self._layout
        if values.dtype.kind == "u":
            self._check_largest(int(values.max(initial=0)))
        samples_syx = np.moveaxis(values.reshape(layout.height, layout.width, layout.samples), -1, 0)
        return samples_syx[:, ::-1] if self._is_float else samples_syx

    def _binary_values(self) -> NDArray[Any]:
        layout = self._layout
        row = math.ceil(layout.width / 8) if self._kind == b"P4" else layout.width * layout.samples
        kind = np.dtype(np.uint8) if self._kind == b"P4" else layout.dtype.newbyteorder(self._byte_order)
        count = row * layout.height
        if self._data_start + count * kind.itemsize > self._path.stat().st_size:
            raise self._truncated()
        values = np.fromfile(self._path, dtype=kind, count=count, offset=self._data_start)
        if self._kind == b"P4":
            bits = np.unpackbits(values.reshape(layout.height, row), axis=1, count=layout.width)
            return bits.view(np.bool_)
        return values.astype(layout.dtype, copy=False)

    def _text_values(self) -> NDArray[Any]:
        """Return the numbers of a text file; in P1 the digits may follow each other without a space."""
        layout = self._layout
        count = layout.height * layout.width * layout.samples
        with self._path.open("rb") as file:
            file.seek(self._data_start - 1)
            text = _COMMENT.sub(b"", file.read(count * _TEXT_BYTES_A_VALUE + _HEADER_BYTES))
        if self._kind == b"P1":
            digits = np.frombuffer(text.translate(None, b" \t\r\n\v\f"), dtype=np.uint8)[:count] - ord("0")
            if digits.size < count or digits.max(initial=0) > 1:
                raise self._truncated()
            return digits.view(np.bool_)
        try:
            values = np.fromstring(text, dtype=np.int64, sep=" ")[:count]
        except ValueError as error:  # something that is no number
            raise self._truncated() from error
        if values.size < count or values.min(initial=0) < 0:
            raise self._truncated()
        self._check_largest(int(values.max(initial=0)))
        return values.astype(layout.dtype)

    def _check_largest(self, value: int) -> None:
        if value > self._largest:
            raise BrokenImageError(f"{self._file_name} holds the value {value}, but claims at most {self._largest}.")

    def _truncated(self) -> BrokenImageError:
        return BrokenImageError(
            f"{self._file_name} is truncated or broken: it claims {self._layout.width} by {self._layout.height} "
            "pixels, but does not hold as many values.",
            hint="Export or download it again.",
        )
