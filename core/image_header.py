"""What kind of picture some bytes are, by their content alone, and the size of a WebP picture before it is opened."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import BmpImagePlugin, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin


@dataclass(frozen=True, slots=True)
class Format:
    """A picture format that is accepted: its name, media type, and the Pillow class that reads it."""

    name: str
    media_type: str
    opener: type[ImageFile.ImageFile]


JPEG = Format("JPEG", "image/jpeg", JpegImagePlugin.JpegImageFile)
PNG = Format("PNG", "image/png", PngImagePlugin.PngImageFile)
BMP = Format("BMP", "image/bmp", BmpImagePlugin.BmpImageFile)
TIFF = Format("TIFF", "image/tiff", TiffImagePlugin.TiffImageFile)
WEBP = Format("WebP", "image/webp", WebPImagePlugin.WebPImageFile)

FORMATS = (JPEG, PNG, BMP, TIFF, WEBP)

# (offset, bytes found there) -> format; the first that fits wins.
SIGNATURES: tuple[tuple[int, bytes, Format], ...] = (
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"BM", BMP),
    (0, b"II*\0", TIFF),
    (0, b"MM\0*", TIFF),
    (0, b"II+\0", TIFF),
    (0, b"MM\0+", TIFF),
    (8, b"WEBP", WEBP),
)

# Pictures and documents that are well known and not accepted, so that the refusal can name them.
KNOWN_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF8", "GIF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypavif", "AVIF"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"<svg", "SVG"),
    (4, b"ftyp", "MP4"),
)

WEBP_HEADER_BYTES = 30
VP8X_ANIMATION = 0x02


def sniff(data: bytes) -> Format | None:
    """Return the format whose signature `data` opens with, or None."""
    return next((form for at, mark, form in SIGNATURES if data[at : at + len(mark)] == mark), None)


def name_of_other(data: bytes) -> str | None:
    """Return the name of a well-known format that is not accepted, or None."""
    return next((name for at, mark, name in KNOWN_OTHERS if data[at : at + len(mark)] == mark), None)


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """Size of a WebP canvas and whether it is animated, as its first 30 bytes say."""

    size_wh: tuple[int, int]
    animated: bool


def webp_header(data: bytes) -> WebpHeader | None:
    """Read a WebP picture's size without opening it: its decoder allocates the canvas as soon as it is made.

    Returns None when the first chunk is none of the three that the WebP container specification allows.
    """
    if len(data) < WEBP_HEADER_BYTES:
        return None
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return WebpHeader((width, height), bool(data[20] & VP8X_ANIMATION))
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return WebpHeader(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), animated=False)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return WebpHeader((width & 0x3FFF, height & 0x3FFF), animated=False)
    return None
