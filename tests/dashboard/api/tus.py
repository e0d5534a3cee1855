"""A client of the protocol tus 1.0.0, request by request."""

from __future__ import annotations

import base64
import hashlib

import httpx

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**told: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())


async def create(api: httpx.AsyncClient, length: int, *, key: str | None = None, **told: str) -> httpx.Response:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(**({"filename": "a.zip"} | told))}
    return await api.post("/v1/uploads", headers=headers | ({"Idempotency-Key": key} if key else {}))


async def announce(api: httpx.AsyncClient, length: int, **told: str) -> str:
    """Begin an upload; return where it is."""
    answer = await create(api, length, **told)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def patch(api: httpx.AsyncClient, url: str, data: bytes, offset: int, **headers: str) -> httpx.Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.patch(url, content=data, headers={**PIECE, "Upload-Offset": str(offset), **told})


async def offset_of(api: httpx.AsyncClient, url: str) -> int:
    answer = await api.head(url, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def checksum(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"
