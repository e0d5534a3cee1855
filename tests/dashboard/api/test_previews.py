from __future__ import annotations

import io
from uuid import UUID, uuid4

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from core.frame import Frame
from core.thumbnail import thumbnail
from dashboard.api.previews import encode, preview_url, shown_url
from data.queries import inspections
from tests.dashboard.conftest import SAMPLES
from workers.composition import Services


def picture(form: str, size_wh: tuple[int, int] = (800, 600)) -> bytes:
    shade = np.linspace(0, 255, size_wh[0], dtype=np.uint8)
    held = io.BytesIO()
    Image.fromarray(np.tile(shade, (size_wh[1], 1))).convert("RGB").save(held, form)
    return held.getvalue()


@pytest.mark.parametrize(
    ("size_wh", "width_px", "expected_wh"),
    [
        ((800, 600), 200, (200, 150)),
        ((800, 600), 800, (800, 600)),
        ((100, 50), 640, (100, 50)),
        ((4000, 3), 16, (16, 1)),
    ],
    ids=["smaller", "the same", "never larger", "a sliver"],
)
def test_a_frame_is_made_small_in_proportion(
    size_wh: tuple[int, int], width_px: int, expected_wh: tuple[int, int]
) -> None:
    frame = Frame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8))
    pixels = cv2.imdecode(np.frombuffer(encode(frame, width_px), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape[1::-1] == expected_wh


@pytest.mark.parametrize(
    ("media_type", "as_it_came"),
    [("image/jpeg", True), ("image/png", True), ("image/webp", True), ("image/tiff", False)],
)
def test_a_page_takes_the_picture_as_it_came_where_browsers_show_it(media_type: str, as_it_came: bool) -> None:
    assert (shown_url("/image", media_type, "7") == "/image") is as_it_came
    assert shown_url("/image", "image/tiff", "7") == preview_url("7", 4096)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
async def test_every_kind_of_picture_comes_as_a_small_jpeg(one_api: httpx.AsyncClient, form: str) -> None:
    sent = await one_api.post("/v1/inspections", files={"image": (f"part.{form}", picture(form))})
    answer = await one_api.get(preview_url(sent.json()["id"], 160))
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (160, 120)
    assert "immutable" in answer.headers["cache-control"]


async def test_a_browser_that_has_it_is_told_so(one_api: httpx.AsyncClient) -> None:
    whole = (SAMPLES / "ds18b20.jpg").read_bytes()
    sent = await one_api.post("/v1/inspections", files={"image": ("part.jpg", whole)})
    address = preview_url(sent.json()["id"], 160)
    tag = (await one_api.get(address)).headers["etag"]
    assert (await one_api.get(address, headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("width", ["0", "15", "4097", "wide"])
async def test_a_width_out_of_bounds_is_refused(one_api: httpx.AsyncClient, width: str) -> None:
    assert (await one_api.get(f"/previews/{uuid4()}.jpg?width={width}")).status_code == 422


async def test_there_is_none_of_an_inspection_that_is_none(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.get(preview_url(uuid4(), 160))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("width", "small"), [(160, True), (256, True), (257, False)])
async def test_the_thumbnail_is_shown_where_it_is_large_enough(
    one_api: httpx.AsyncClient, services: Services, width: int, small: bool
) -> None:
    """Told apart by their shade: this thumbnail is another picture's."""
    sent = await one_api.post("/v1/inspections", files={"image": ("part.png", picture("PNG"))})
    white = await services.store.put(thumbnail(Frame(np.full((192, 256, 3), 255, np.uint8))))
    async with services.database.unit_of_work() as work:
        image = await inspections.image(work.session, UUID(sent.json()["id"]))
        await work.images.describe(image.id, white, {})
        await work.commit()
    answer = await one_api.get(preview_url(sent.json()["id"], width))
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.size[0] == width
    assert bool(np.asarray(shown).min() > 250) is small


async def test_without_its_thumbnail_the_picture_is_shown(one_api: httpx.AsyncClient, services: Services) -> None:
    sent = await one_api.post("/v1/inspections", files={"image": ("part.png", picture("PNG"))})
    async with services.database.unit_of_work() as work:
        image = await inspections.image(work.session, UUID(sent.json()["id"]))
        await work.images.describe(image.id, "ab" * 32, {})
        await work.commit()
    answer = await one_api.get(preview_url(sent.json()["id"], 160))
    assert Image.open(io.BytesIO(answer.content)).size == (160, 120)
