"""What the first bytes of a picture say."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from core.image_header import FORMATS, JPEG, PNG, TIFF, WEBP, Format, name_of_other, sniff, webp_header


def saved(form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 90, 200)).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_accepted_format_is_known_by_its_first_bytes(form: Format) -> None:
    assert sniff(saved(form.name)) is form
    assert name_of_other(saved(form.name)) is None


@pytest.mark.parametrize(
    ("data", "form"),
    [
        pytest.param(b"\xff\xd8\xff\xe1", JPEG, id="jpeg-of-a-camera"),
        pytest.param(b"\x89PNG\r\n\x1a\n", PNG, id="png"),
        pytest.param(b"\x89PNG\n\x1a\n", None, id="png-spoiled-by-line-ends"),
        pytest.param(b"MM\0*", TIFF, id="tiff-big-endian"),
        pytest.param(b"II+\0", TIFF, id="big-tiff"),
        pytest.param(b"RIFF....WEBP", WEBP, id="webp"),
        pytest.param(b"RIFF....WAVE", None, id="sound"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_signatures(data: bytes, form: Format | None) -> None:
    assert sniff(data) is form


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a", "GIF"),
        (b"....ftypheic", "HEIC"),
        (b"....ftypavif", "AVIF"),
        (b"....ftypisom", "MP4"),
        (b"%PDF-1.4", "PDF"),
        (b"plain", None),
    ],
)
def test_what_is_known_and_not_accepted_is_named(data: bytes, name: str | None) -> None:
    assert name_of_other(data) == name


@pytest.mark.parametrize(("lossless", "chunk"), [(True, b"VP8L"), (False, b"VP8 ")], ids=["lossless", "lossy"])
def test_a_webp_header_gives_the_size_before_the_picture_is_opened(lossless: bool, chunk: bytes) -> None:
    data = saved("WEBP", lossless=lossless)
    header = webp_header(data)
    assert data[12:16] == chunk
    assert header is not None
    assert header.size_wh == (64, 48)
    assert not header.animated


def extended(width: int, height: int, flags: int) -> bytes:
    body = b"VP8X" + struct.pack("<IB3x", 10, flags) + (width - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 26) + b"WEBP" + body + (height - 1).to_bytes(3, "little")


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (2**24, 2**24)])
@pytest.mark.parametrize("animated", [True, False])
def test_an_extended_webp_header_says_canvas_and_animation(size: tuple[int, int], animated: bool) -> None:
    header = webp_header(extended(*size, 0x02 if animated else 0x10))
    assert header is not None
    assert header.size_wh == size
    assert header.animated is animated


@pytest.mark.parametrize("data", [b"", extended(9, 9, 0)[:29], b"RIFF....WEBPALPH" + bytes(20)])
def test_a_webp_header_that_is_cut_or_odd_is_none(data: bytes) -> None:
    assert webp_header(data) is None
