"""What is sent as runs: a picture by itself, several in one request, a zip archive of some; over a slow line.

Every picture has a name of its own, by which its inspection is found again.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import httpx

CHUNK_BYTES = 32 << 10
PAUSE_S = 0.01
"""About 3 MB a second: a blow finds uploads in their middle."""


@dataclass(frozen=True)
class Shipment:
    """What is posted of one run: its key, which is its label too, its files, and the pictures in them, by name."""

    key: str
    files: Mapping[str, bytes]
    pictures: Mapping[str, bytes]

    @property
    def members(self) -> int:
        """How many of the pictures lie in archives."""
        return len(self.pictures.keys() - self.files.keys())


def loose(key: str, pictures: Mapping[str, bytes]) -> Shipment:
    """Pictures as files of one request."""
    return Shipment(key, pictures, pictures)


def packed(key: str, pictures: Mapping[str, bytes]) -> Shipment:
    """Pictures in one zip archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in pictures.items():
            archive.writestr(name, data)
    return Shipment(key, {f"{key}.zip": held.getvalue()}, pictures)


def mixed(prefix: str, pictures: Mapping[str, bytes], *, several: int) -> Iterator[Shipment]:
    """Yield shipments in turn: one picture, `several` in a request, `several` in an archive, until all are shipped."""
    waiting = iter(pictures.items())
    number = 0
    while some := dict(islice(waiting, several if number % 3 else 1)):
        yield (packed if number % 3 == 2 else loose)(f"{prefix}-{number:03}", some)
        number += 1


async def to_uploads(client: httpx.AsyncClient, shipment: Shipment) -> httpx.Response:
    """`POST /v1/uploads`, as a form that takes its time."""
    files = [("files", each) for each in shipment.files.items()]
    whole = client.build_request("POST", "/v1/uploads", data={"label": shipment.key}, files=files)
    head = {"Content-Type": whole.headers["content-type"], "Idempotency-Key": shipment.key}
    return await client.post("/v1/uploads", content=_slowly(whole.read()), headers=head)


async def _slowly(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), CHUNK_BYTES):
        yield body[at : at + CHUNK_BYTES]
        await asyncio.sleep(PAUSE_S)
