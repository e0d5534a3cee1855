"""Pictures made small, or into a kind that every browser shows, for our own pages.

What the API hands out is the picture as it came; a TIFF or a photo of twelve megapixels is nothing for a list.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import cv2
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from core.frame import Frame
from core.image import ImageLimits, decode
from core.thumbnail import SIDE_PX, thumbnail_wh
from dashboard.api import pictures
from dashboard.api.depends import WithServices
from data.errors import StoreError
from data.queries import inspections
from data.queries.inspection_view import ImageUsed
from workers.composition import Services

SMALLEST_PX, LARGEST_PX = 16, 4096
QUALITY = 85
SHOWN_BY_BROWSERS = frozenset({"image/jpeg", "image/png", "image/webp", "image/bmp", "image/gif"})

router = APIRouter(include_in_schema=False)


def preview_url(inspection_id: object, width_px: int, position: int = 0) -> str:
    """Return the address of an inspection's picture, at most `width_px` wide."""
    return f"/previews/{inspection_id}.jpg?width={width_px}" + (f"&position={position}" if position else "")


def shown_url(url: str, media_type: str, inspection_id: object, position: int = 0) -> str:
    """Return where a page takes the picture from: as it came, where browsers show its kind, else made into one."""
    return url if media_type in SHOWN_BY_BROWSERS else preview_url(inspection_id, LARGEST_PX, position)


@router.get("/previews/{inspection_id}.jpg")
async def get_preview(
    request: Request,
    services: WithServices,
    inspection_id: UUID,
    width: Annotated[int, Query(ge=SMALLEST_PX, le=LARGEST_PX)] = 640,
    position: Annotated[int, Query(ge=0, lt=2**15)] = 0,
) -> Response:
    """Fetch the picture upright, as a JPEG at most `width` pixels wide; it is never made larger."""
    async with services.database.session() as session:
        image = await inspections.image(session, inspection_id, position)
    tag = f"{image.address}-{width}"
    if pictures.unchanged(request, tag):
        return pictures.not_modified(tag, pictures.FOR_EVER)
    return pictures.respond(request, await _preview(services, image, width), "image/jpeg", tag=tag)


async def _preview(services: Services, image: ImageUsed, width_px: int) -> bytes:
    """Return a picture made small: from its thumbnail where that is large enough."""
    if image.thumbnail is not None and width_px <= thumbnail_wh(image.size_wh)[0]:
        with suppress(StoreError):  # a thumbnail may be missing; the picture is there
            small = await services.store.get(image.thumbnail)
            return await asyncio.to_thread(_resized, small, width_px)
    data = await services.store.get(image.address)
    return await asyncio.to_thread(_small, data, image, width_px)


def _resized(small: bytes, width_px: int) -> bytes:
    frame = decode(small, ImageLimits(len(small), SIDE_PX * SIDE_PX, 1))
    return small if frame.size_wh[0] <= width_px else encode(frame, width_px)


def _small(data: bytes, image: ImageUsed, width_px: int) -> bytes:
    kept = ImageLimits(image.byte_count, image.width_px * image.height_px, 1)  # as taken, whatever the limits are now
    return encode(decode(data, kept), width_px)


def encode(frame: Frame, width_px: int) -> bytes:
    """Return a frame as a JPEG at most `width_px` wide."""
    width, height = frame.size_wh
    pixels = frame.pixels
    if width > width_px:
        size = (width_px, max(1, round(height * width_px / width)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise RuntimeError(f"a frame of {frame.size_wh} could not be encoded")
    return encoded.tobytes()
