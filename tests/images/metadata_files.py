"""Image files that tell who made them, where, and with which instrument, for tests of what is given away of them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

PERSON, SERIAL, PLACE, NOTE = "Bo Lath", "SN-4711-0815", "Krottenkopf", "patient 0042"
SECRETS = (PERSON, SERIAL, PLACE, NOTE)
LATITUDE = (47.0, 33.0, 21.125)
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>{PERSON}</dc:creator><x>{PLACE}</x></x:xmpmeta>'


def pictured(mode, height=37, width=53):
    """Return a Pillow image of noise, so that any change of a pixel shows."""
    bands = {"L": 1, "RGB": 3, "CMYK": 4, "RGBA": 4, "P": 1}[mode]
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, bands), np.uint8)
    image = Image.fromarray(pixels[..., 0] if bands == 1 else pixels, mode="L" if bands == 1 else mode)
    return image.convert("P", palette=Image.Palette.ADAPTIVE) if mode == "P" else image


def exif_block(orientation=1):
    """Return EXIF with a person, a serial number, a position, and an orientation."""
    exif = Image.Exif()
    exif[274], exif[315], exif[272], exif[270] = orientation, PERSON, "Scope", NOTE
    exif.get_ifd(0x8769)[0xA431] = SERIAL
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[27] = "N", LATITUDE, PLACE.encode()
    return exif.tobytes()


def jpeg_file(mode="RGB", *, orientation=1, dpi=(254_00, 254_00), behind=b"", **options):
    """Return a JPEG with EXIF, XMP, a comment, and whatever lies behind its end."""
    out = io.BytesIO()
    pictured(mode).save(
        out,
        "JPEG",
        exif=exif_block(orientation),
        xmp=XMP.encode(),
        comment=NOTE.encode(),
        icc_profile=SERIAL.encode() * 40,
        dpi=dpi,
        **options,
    )
    return out.getvalue() + behind


def png_file(mode="RGB", *, orientation=1, behind=b"", dpi=(254_00, 254_00)):
    """Return a PNG with texts of all kinds, EXIF, and a time."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", PERSON)
    texts.add_text("Comment", NOTE, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP)
    texts.add(b"tIME", struct.pack(">HBBBBB", 2024, 5, 6, 7, 8, 9))
    texts.add(b"prVt", SERIAL.encode(), after_idat=True)
    out = io.BytesIO()
    pictured(mode).save(out, "PNG", pnginfo=texts, exif=exif_block(orientation), dpi=dpi)
    return out.getvalue() + behind


def png_16_file(pixels_yxc):
    """Return a 16-bit RGB PNG with a text, which Pillow cannot write."""
    height, width, _ = pixels_yxc.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels_yxc)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    text = chunk(b"tEXt", b"Author\0" + PERSON.encode())
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def tiff_file(pixels_yx, **options):
    """Return a TIFF with a person, a serial number, a position and a note, and a pixel of 40 by 50 nm."""
    out = io.BytesIO()
    tifffile.imwrite(
        out,
        pixels_yx,
        description=NOTE,
        software="Scope 3",
        metadata=None,
        resolution=(1e4 / 0.05, 1e4 / 0.04),
        resolutionunit="centimeter",
        extratags=[
            (315, "s", 0, PERSON, True),
            (316, "s", 0, SERIAL, True),
            (700, "B", len(XMP), XMP.encode(), True),
            (50_000, "s", 0, PLACE, True),
        ],
        **options,
    )
    return out.getvalue()


def webp_file():
    """Return a lossless WebP with EXIF and XMP."""
    out = io.BytesIO()
    pictured("RGB").save(out, "WEBP", lossless=True, exif=exif_block(), xmp=XMP.encode())
    return out.getvalue()
