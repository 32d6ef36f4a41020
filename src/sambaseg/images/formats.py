"""What kind of file the content is: by its first bytes, never by the name."""

from __future__ import annotations

from typing import Literal

from sambaseg.errors import NotAnImageError, UnsupportedImageError

Format = Literal["TIFF", "PNG", "JPEG", "BMP", "WebP", "PNM"]
HEAD_BYTES = 512

_READ: tuple[tuple[bytes, Format], ...] = (
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
)
_KNOWN_BUT_NOT_READ: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 codestream"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"II\xbc", "a JPEG XR image"),
    (b"ZISRAWFILE", "a Zeiss CZI file"),
    (b"\xda\xce\xbe\x0a", "a Nikon ND2 file"),
    (b"\0\0\0\x03", "a Gatan DM3 file"),
    (b"\0\0\0\x04", "a Gatan DM4 file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Olympus OIB, Zeiss ZVI or Office file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SIMPLE  =", "a FITS image"),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an SVG drawing"),
)
_READ_FORMATS = "PNG, JPEG, TIFF, BMP, WebP and PNM are read."


def identify(head: bytes, file_name: str) -> Format:
    """Return the format of a file from its first `HEAD_BYTES` bytes.

    Raises UnsupportedImageError for known formats that are not read, NotAnImageError for everything else.
    """
    if not head:
        raise NotAnImageError(f"{file_name} is empty.", hint="Export or download it again.")
    for signature, name in _READ:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return "PNM"
    for signature, description in _KNOWN_BUT_NOT_READ:
        if head.startswith(signature):
            raise UnsupportedImageError(
                f"{file_name} is {description}, which is not read.", hint=f"Export it as TIFF or PNG. {_READ_FORMATS}"
            )
    if head[128:132] == b"DICM":
        raise UnsupportedImageError(f"{file_name} is a DICOM file, which is not read.", hint="Export it as TIFF.")
    raise NotAnImageError(f"{file_name} is no image in a known format.", hint=_READ_FORMATS)
