"""Pictures that no camera sends, through both servers: handled right, or refused with a problem and nothing kept."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.dashboard.api.conftest import Kept
from tests.dashboard.conftest import SAMPLES

PART = SAMPLES / "mc74hc32an-clean-1.jpg"


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def part() -> Image.Image:
    return Image.open(PART).convert("RGB")


def grey16() -> bytes:
    grey = np.asarray(part().convert("L"), np.uint16) * 257
    return saved(Image.fromarray(grey), "PNG")


def with_alpha() -> bytes:
    image = part().convert("RGBA")
    image.putalpha(200)
    return saved(image, "PNG")


def turned_by_exif() -> bytes:
    image = part().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(image, "JPEG", exif=exif.tobytes(), quality=95)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "green")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is as large as asked."""
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


REFUSED: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "text": (lambda: b"not a picture at all" * 10, 415, "not-an-image"),
    "zeros": (lambda: bytes(5000), 415, "not-an-image"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", 415, "not-an-image"),
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(200), 415, "image-unsupported"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "image-unsupported"),
    "truncated jpeg": (lambda: cut(PART.read_bytes()), 422, "image-truncated"),
    "truncated png": (lambda: cut(saved(part(), "PNG")), 422, "image-truncated"),
    "jpeg header alone": (lambda: PART.read_bytes()[:20], 422, "image-truncated"),
    "animated gif": (lambda: animated("GIF"), 415, "image-unsupported"),
    "animated webp": (lambda: animated("WEBP"), 422, "image-animated"),
    "animated png": (lambda: animated("PNG"), 422, "image-animated"),
    "one pixel": (lambda: saved(Image.new("RGB", (1, 1)), "PNG"), 422, "image-too-small"),
    "one row": (lambda: saved(Image.new("RGB", (500, 1)), "PNG"), 422, "image-too-small"),
    "200 megapixels": (lambda: saved(Image.new("1", (20_000, 10_000)), "PNG"), 422, "image-too-many-pixels"),
    "claims 4 gigapixels": (lambda: claiming(65_535, 65_535), 422, "image-too-many-pixels"),
    "claims no pixels": (lambda: claiming(0, 0), 422, "image-truncated"),
    "empty": (lambda: b"", 422, "picture-missing"),
}

TAKEN: dict[str, Callable[[], bytes]] = {
    "16-bit grey": grey16,
    "cmyk": lambda: saved(part().convert("CMYK"), "JPEG", quality=95),
    "alpha": with_alpha,
    "palette": lambda: saved(part().convert("P"), "PNG"),
    "progressive": lambda: saved(part(), "JPEG", progressive=True, quality=95),
    "webp": lambda: saved(part(), "WEBP", quality=90),
    "tiff": lambda: saved(part(), "TIFF"),
    "bmp": lambda: saved(part(), "BMP"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_inspected_is_refused_and_leaves_nothing(
    api: httpx.AsyncClient, kept: Kept, name: str
) -> None:
    make, status, code = REFUSED[name]
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": ("part.jpg", make(), "image/jpeg")})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10
    assert await kept() == before


@pytest.mark.parametrize("name", TAKEN)
async def test_what_is_odd_but_whole_is_read_as_any_other(one_api: httpx.AsyncClient, worker: None, name: str) -> None:
    answer = await one_api.post("/v1/inspections?wait_ms=30000", files={"image": ("odd", TAKEN[name]())})
    view = answer.json()
    assert view["state"] == "done", answer.text
    assert "MC74HC32AN" in [line["text"] for line in view["evidence"]["lines"]]
    assert (await one_api.get(f"{view['url']}/overlay.png")).content.startswith(b"\x89PNG")


async def test_a_picture_turned_by_exif_is_measured_and_drawn_upright(one_api: httpx.AsyncClient, worker: None) -> None:
    answer = await one_api.post("/v1/inspections?wait_ms=30000", files={"image": ("turned.jpg", turned_by_exif())})
    view = answer.json()
    assert (view["image"]["width_px"], view["image"]["height_px"]) == part().size
    assert "MC74HC32AN" in [line["text"] for line in view["evidence"]["lines"]]
    overlay = (await one_api.get(f"{view['url']}/overlay.png")).content
    assert Image.open(io.BytesIO(overlay)).size == part().size


@pytest.mark.parametrize(
    "name", ["part.png", "part.exe", "part", "../../etc/passwd", "a\\b\\c.jpg", "ü😀.jpg", "x" * 300]
)
async def test_the_content_says_what_a_picture_is_and_not_its_name(
    api: httpx.AsyncClient, sample: bytes, name: str
) -> None:
    answer = await api.post("/v1/inspections", files={"image": (name, sample, "text/html")})
    assert answer.status_code == 202, answer.text
    kept_name = answer.json()["file_name"]
    assert "/" not in kept_name
    assert "\\" not in kept_name
    assert kept_name == name.replace("\\", "/").split("/")[-1][-200:]
    assert answer.json()["image"]["media_type"] == "image/jpeg"


async def test_too_many_bytes_are_refused_before_they_are_read(
    api: httpx.AsyncClient, sample: bytes, kept: Kept
) -> None:
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample + bytes(40 * 2**20)})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")
    assert await kept() == before


async def test_a_picture_just_over_its_limit_is_refused(api: httpx.AsyncClient, sample: bytes, kept: Kept) -> None:
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample + bytes(32 * 2**20 - len(sample) + 1)})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/image-too-large")
    assert await kept() == before


FORM = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="image"; filename="p.jpg"\r\n\r\n'
FIELD = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'
BROKEN = {
    "no boundary": ("multipart/form-data", b"--b\r\n", 400, "multipart-invalid"),
    "not a form": (FORM, b"nonsense" * 100, 400, "multipart-invalid"),
    "cut off": (FORM, HEAD + b"\xff\xd8\xff\xe0" * 10, 422, "picture-missing"),
    "no picture": (FORM, FIELD % b"lot" + b"1\r\n--b--\r\n", 422, "picture-missing"),
    "picture as text": (FORM, FIELD % b"image" + b"abc\r\n--b--\r\n", 422, "picture-missing"),
    "nine pictures": (FORM, (HEAD + b"a\r\n") * 9 + b"--b--\r\n", 400, "multipart-invalid"),
    "two that are no pictures": (FORM, (HEAD + b"a\r\n") * 2 + b"--b--\r\n", 415, "not-an-image"),
    "a long field": (FORM, FIELD % b"lot" + b"l" * 5000 + b"\r\n--b--\r\n", 400, "multipart-invalid"),
    "json": ("application/json", b"{}", 415, "unsupported-media-type"),
    "url-encoded": ("application/x-www-form-urlencoded", b"image=abc", 415, "unsupported-media-type"),
    "nothing": ("", b"", 415, "unsupported-media-type"),
    "bare and empty": ("image/jpeg", b"", 422, "picture-missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_request_is_refused_and_leaves_nothing(api: httpx.AsyncClient, kept: Kept, name: str) -> None:
    kind, body, status, code = BROKEN[name]
    before = await kept()
    answer = await api.post("/v1/inspections", content=body, headers={"content-type": kind} if kind else {})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert await kept() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("recipie", "typo"), ("lot", "a\0b"), ("unit_serial", "line\nbreak"), ("station", "s" * 201), ("wait_ms", "5")],
)
async def test_a_field_that_cannot_be_used_is_named(
    api: httpx.AsyncClient, sample: bytes, kept: Kept, field: str, value: str
) -> None:
    before = await kept()
    answer = await api.post("/v1/inspections", files={"image": sample}, data={field: value})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")
    assert answer.json()["errors"][0]["where"] == f"form.{field}"
    assert await kept() == before


async def test_a_client_that_goes_in_the_middle_of_its_picture_leaves_nothing(
    api: httpx.AsyncClient, sample: bytes, kept: Kept
) -> None:
    before = await kept()

    async def half() -> object:
        yield sample[: len(sample) // 2]
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await api.post("/v1/inspections", content=half(), headers={"content-type": "image/jpeg"})  # type: ignore[arg-type]
    assert (await api.get("/health")).status_code == 200
    assert await kept() == before
