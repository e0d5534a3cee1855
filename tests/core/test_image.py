"""Pictures as they come: what is decoded must look right, what is refused must say why."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import ImageRefused, MarksightError
from core.image import REFUSALS, ImageLimits, decode, examine, probe, scale_to_8_bits

LIMITS = ImageLimits(max_bytes=4 * 2**20, max_pixels=1_000_000, min_side_px=16)
WIDTH, HEIGHT = 64, 48


def ramp() -> np.ndarray:
    """A picture no two corners of which are alike: red grows rightwards, green downwards."""
    across, down = np.meshgrid(np.linspace(0, 255, WIDTH), np.linspace(0, 255, HEIGHT))
    return np.stack([across, down, np.full_like(across, 90)], axis=2).astype(np.uint8)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def picture(form: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    return saved(Image.fromarray(ramp()).convert(mode), form, **options)


def refusal(data: bytes, limits: ImageLimits = LIMITS) -> str:
    """The code with which both ways in refuse the bytes."""
    codes = []
    for enter in (decode, probe):
        with pytest.raises(ImageRefused) as caught:
            enter(data, limits)
        assert caught.value.detail.endswith(".")
        codes.append(caught.value.code)
    assert codes[0] == codes[1]
    assert codes[0] in REFUSALS
    return codes[0]


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def webp_claiming(width: int, height: int) -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little") + b"\0" * 32
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize(
    ("form", "options", "name", "media_type"),
    [
        pytest.param("JPEG", {"quality": 95}, "JPEG", "image/jpeg", id="jpeg"),
        pytest.param("JPEG", {"progressive": True, "quality": 95}, "JPEG", "image/jpeg", id="progressive-jpeg"),
        pytest.param("MPO", {"quality": 95}, "JPEG", "image/jpeg", id="multi-picture-jpeg-of-a-phone"),
        pytest.param("PNG", {}, "PNG", "image/png", id="png"),
        pytest.param("BMP", {}, "BMP", "image/bmp", id="bmp"),
        pytest.param("TIFF", {}, "TIFF", "image/tiff", id="tiff"),
        pytest.param("TIFF", {"compression": "tiff_lzw"}, "TIFF", "image/tiff", id="tiff-lzw"),
        pytest.param("WEBP", {"lossless": True}, "WebP", "image/webp", id="webp-lossless"),
        pytest.param("WEBP", {"quality": 95}, "WebP", "image/webp", id="webp-lossy"),
    ],
)
def test_every_accepted_format_decodes_to_the_same_picture(
    form: str, options: dict[str, object], name: str, media_type: str
) -> None:
    data = picture(form, **options)

    frame, facts = decode(data, LIMITS), probe(data, LIMITS)

    assert frame.size_wh == (WIDTH, HEIGHT) == (facts.width_px, facts.height_px)
    assert (facts.format, facts.media_type) == (name, media_type)
    assert np.abs(frame.pixels[:, :, ::-1].astype(int) - ramp()).mean() < 4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "not-an-image", id="empty"),
        pytest.param(b"\0", "not-an-image", id="one-byte"),
        pytest.param(b"hello, this is no picture at all", "not-an-image", id="text"),
        pytest.param(b"<!doctype html><img src=x>", "not-an-image", id="html"),
        pytest.param(b"PK\x03\x04" + bytes(60), "not-an-image", id="zip"),
        pytest.param(b"\x7fELF" + bytes(60), "not-an-image", id="program"),
        pytest.param(b"GIF89a" + bytes(60), "image-unsupported", id="gif"),
        pytest.param(b"%PDF-1.7" + bytes(60), "image-unsupported", id="pdf"),
        pytest.param(bytes(4) + b"ftypheic" + bytes(60), "image-unsupported", id="heic"),
        pytest.param(b"\xff\xd8\xff", "image-truncated", id="jpeg-signature-alone"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "image-truncated", id="png-signature-alone"),
        pytest.param(b"BM", "image-truncated", id="bmp-signature-alone"),
        pytest.param(b"II*\0", "image-truncated", id="tiff-signature-alone"),
        pytest.param(b"RIFF\0\0\0\0WEBP", "image-truncated", id="webp-signature-alone"),
        pytest.param(b"RIFF\0\0\0\0WEBPJUNK" + bytes(60), "image-truncated", id="webp-of-an-unknown-chunk"),
        pytest.param(png_header(0, 0), "image-truncated", id="no-pixels"),
        pytest.param(png_header(64, 48), "image-truncated", id="fewer-pixels-than-claimed"),
        pytest.param(picture().replace(b"IHDR", b"IHDX"), "image-truncated", id="header-gone"),
        pytest.param(picture()[:-40] + bytes(40), "image-truncated", id="end-overwritten"),
    ],
)
def test_what_is_no_whole_picture_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99], ids=lambda share: f"first-{share:.0%}")
def test_a_truncated_picture_is_refused_wherever_it_was_cut(form: str, share: float) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (HEIGHT * 4, WIDTH * 4, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), form)

    assert refusal(data[: int(len(data) * share)]) == "image-truncated"


def test_the_content_decides_and_not_what_the_sender_calls_it() -> None:
    assert probe(picture("JPEG"), LIMITS).media_type == "image/jpeg"
    assert probe(picture("BMP"), LIMITS).format == "BMP"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            saved(Image.new("L", (32, 32)), "PNG", save_all=True, append_images=[Image.new("L", (32, 32), 9)]),
            id="animated-png",
        ),
        pytest.param(
            saved(Image.new("L", (32, 32)), "WEBP", save_all=True, append_images=[Image.new("L", (32, 32), 200)]),
            id="animated-webp",
        ),
        pytest.param(
            saved(Image.new("L", (32, 32)), "TIFF", save_all=True, append_images=[Image.new("L", (32, 32), 9)]),
            id="tiff-of-two-pages",
        ),
    ],
)
def test_several_pictures_in_one_file_are_refused(data: bytes) -> None:
    assert refusal(data) == "image-animated"


def test_an_animated_gif_is_refused_by_its_kind() -> None:
    frames = [Image.new("P", (32, 32), shade) for shade in (0, 9)]
    assert refusal(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])) == "image-unsupported"


@pytest.mark.parametrize(
    ("size", "code"),
    [
        pytest.param((1, 1), "image-too-small", id="one-pixel"),
        pytest.param((15, 400), "image-too-small", id="one-side-below-the-least"),
        pytest.param((16, 16), None, id="the-least-that-is-accepted"),
        pytest.param((1000, 1000), None, id="the-most-that-is-accepted"),
        pytest.param((1001, 1000), "image-too-many-pixels", id="one-column-too-many"),
    ],
)
def test_sizes_are_bounded_on_both_ends(size: tuple[int, int], code: str | None) -> None:
    data = saved(Image.new("L", size), "PNG")
    if code is None:
        assert decode(data, LIMITS).size_wh == size
    else:
        assert refusal(data) == code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_header(20_000, 10_000), id="png"),
        pytest.param(webp_claiming(16_000, 12_500), id="webp"),
        pytest.param(png_header(2**31 - 1, 2**31 - 1), id="png-of-4-exapixels"),
        pytest.param(saved(Image.new("1", (20_000, 10_000)), "TIFF", compression="group4"), id="tiff-bomb"),
    ],
)
def test_two_hundred_megapixels_are_refused_without_allocating_them(data: bytes) -> None:
    tracemalloc.start()
    code = refusal(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert code == "image-too-many-pixels"
    assert peak < 4 * 2**20


def test_too_many_bytes_are_refused_before_anything_is_parsed() -> None:
    assert refusal(b"x" * (LIMITS.max_bytes + 1)) == "image-too-large"
    assert refusal(picture() + bytes(LIMITS.max_bytes)) == "image-too-large"


def test_bytes_after_the_end_of_a_picture_do_not_matter() -> None:
    assert decode(picture("JPEG") + b"camera maker's trailer", LIMITS).size_wh == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        pytest.param("L", "PNG", id="grey"),
        pytest.param("1", "PNG", id="black-and-white"),
        pytest.param("P", "PNG", id="palette"),
        pytest.param("LA", "PNG", id="grey-with-alpha"),
        pytest.param("RGBA", "PNG", id="colour-with-alpha"),
        pytest.param("CMYK", "JPEG", id="cmyk-jpeg"),
        pytest.param("CMYK", "TIFF", id="cmyk-tiff"),
        pytest.param("YCbCr", "JPEG", id="ycbcr"),
        pytest.param("I;16", "PNG", id="grey-of-16-bits"),
        pytest.param("F", "TIFF", id="grey-of-floats"),
    ],
)
def test_every_colour_mode_comes_out_as_eight_bit_bgr(mode: str, form: str) -> None:
    source = Image.fromarray(ramp()).convert("L") if mode == "I;16" else Image.fromarray(ramp())
    data = saved(source.convert(mode), form)

    pixels = decode(data, LIMITS).pixels

    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels.dtype == np.uint8
    assert pixels[-1, -1].mean() > pixels[0, 0].mean() + 60


def test_cmyk_keeps_its_colours() -> None:
    red = Image.new("RGB", (32, 32), (200, 30, 30)).convert("CMYK")
    blue, green, strength = decode(saved(red, "JPEG", quality=95), LIMITS).pixels[16, 16].tolist()
    assert strength > 150
    assert max(blue, green) < 90


def test_a_colour_space_that_cannot_be_shown_is_refused() -> None:
    lab = saved(Image.new("LAB", (32, 32)), "TIFF")
    with pytest.raises(ImageRefused) as caught:
        decode(lab, LIMITS)
    assert caught.value.code == "image-unsupported"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved(Image.new("RGBA", (32, 32), (0, 0, 0, 0)), "PNG"), id="alpha-channel"),
        pytest.param(saved(Image.new("LA", (32, 32), (0, 0)), "PNG"), id="grey-alpha-channel"),
        pytest.param(saved(Image.new("P", (32, 32), 0), "PNG", transparency=0), id="transparent-palette-entry"),
        pytest.param(saved(Image.new("RGB", (32, 32), 0), "PNG", transparency=(0, 0, 0)), id="transparent-colour"),
        pytest.param(saved(Image.new("RGBA", (32, 32), (0, 0, 0, 0)), "WEBP", exact=True, lossless=True), id="webp"),
    ],
)
def test_what_is_transparent_lies_on_white(data: bytes) -> None:
    assert decode(data, LIMITS).pixels.min() == 255


def oriented(form: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return picture(form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))


UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda shown: shown,
    2: lambda shown: shown[:, ::-1],
    3: lambda shown: shown[::-1, ::-1],
    4: lambda shown: shown[::-1],
    5: lambda shown: shown.transpose(1, 0, 2),
    6: lambda shown: np.rot90(shown, -1),
    7: lambda shown: np.rot90(shown, 2).transpose(1, 0, 2),
    8: lambda shown: np.rot90(shown, 1),
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_as_its_exif_orientation_says(form: str, orientation: int) -> None:
    data = oriented(form, orientation)
    frame, facts = decode(data, LIMITS), probe(data, LIMITS)

    expected = UPRIGHT[orientation](ramp())
    assert frame.size_wh == (expected.shape[1], expected.shape[0]) == (facts.width_px, facts.height_px)
    assert np.abs(frame.pixels[:, :, ::-1].astype(int) - expected).mean() < 5


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_spoil_a_whole_picture() -> None:
    assert decode(picture("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), LIMITS).size_wh == (WIDTH, HEIGHT)


def encoded(pixels: np.ndarray, suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, pixels)[1])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_deep_pictures_keep_their_contrast_whatever_depth_the_sensor_has(suffix: str, bits: int, channels: int) -> None:
    across = np.linspace(0, 2**bits - 1, WIDTH).astype(np.uint16)
    deep = np.repeat(np.tile(across, (HEIGHT, 1))[:, :, None], channels, axis=2)

    pixels = decode(encoded(deep if channels == 3 else deep[:, :, 0], suffix), LIMITS).pixels

    assert pixels[0, 0].max() <= 1
    assert pixels[0, -1].min() >= 254
    assert np.unique(pixels).size >= WIDTH - 2


def test_deep_colour_keeps_its_channels_apart_and_its_orientation() -> None:
    deep = (ramp()[:, :, ::-1].astype(np.uint16)) * 257
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(deep, ".png")
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    at = 33  # right after the header chunk
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))

    frame = decode(data[:at] + chunk + data[at:], LIMITS)

    assert np.array_equal(frame.pixels[:, :, ::-1], np.rot90(ramp(), -1))
    assert probe(data[:at] + chunk + data[at:], LIMITS).width_px == HEIGHT


def test_deep_colour_with_alpha_lies_on_white() -> None:
    deep = np.zeros((32, 32, 4), np.uint16)
    deep[:, 16:, 3] = 65535
    pixels = decode(encoded(deep, ".png"), LIMITS).pixels
    assert pixels[:, :16].min() == 255
    assert pixels[:, 16:].max() == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(np.array([[0, 255]], np.uint16), [0, 255], id="8-bit-in-16-as-it-is"),
        pytest.param(np.array([[0, 1023]], np.uint16), [0, 255], id="10-bit"),
        pytest.param(np.array([[0, 4095]], np.uint16), [0, 255], id="12-bit"),
        pytest.param(np.array([[0, 4096]], np.uint16), [0, 64], id="just-over-12-bit-is-14-bit"),
        pytest.param(np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255], id="unit-floats"),
        pytest.param(np.array([[np.nan, np.inf]], np.float32), [0, 255], id="not-a-number-and-infinity"),
        pytest.param(np.array([[-5.0, 255.0]], np.float32), [0, 255], id="negative"),
        pytest.param(np.array([[0.0, 1e6]], np.float32), [0, 255], id="beyond-16-bit"),
        pytest.param(np.zeros((1, 2), np.uint16), [0, 0], id="black"),
    ],
)
def test_depth_is_taken_from_the_brightest_pixel(values: np.ndarray, expected: list[int]) -> None:
    assert scale_to_8_bits(values).ravel().tolist() == expected


@pytest.mark.parametrize("limits", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)])
def test_limits_of_nothing_are_no_limits(limits: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected limits of at least 1"):
        ImageLimits(*limits)


def test_a_refusal_is_an_error_of_ours_and_says_what_is_accepted() -> None:
    with pytest.raises(MarksightError, match="send one of JPEG, PNG, BMP, TIFF, WebP"):
        decode(b"nothing", LIMITS)


def test_a_picture_that_just_keeps_its_bounds_is_accepted() -> None:
    data = picture()
    facts = probe(data, LIMITS)
    exact = ImageLimits(len(data), facts.width_px * facts.height_px, min(facts.width_px, facts.height_px))
    assert probe(data, exact) == facts


def test_limits_may_be_as_low_as_one() -> None:
    assert ImageLimits(1, 1, 1).min_side_px == 1


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".jpg"])
def test_a_picture_examined_is_probed_and_decoded_at_once(suffix: str) -> None:
    data = encoded(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), suffix)
    facts, frame = examine(data, LIMITS)
    assert facts == probe(data, LIMITS)
    assert np.array_equal(frame.pixels, decode(data, LIMITS).pixels)
