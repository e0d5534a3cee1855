"""Forms of files as they are sent, whole or as far as they come."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
import struct
from typing import Any

import httpx

PICTURE = b"\x89PNG not looked at here"
OTHER = b"another one"
FORM = {"content-type": "multipart/form-data; boundary=b"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def unseen(byte_count: int) -> bytes:
    """Bytes that no test has stored before."""
    return secrets.token_bytes(byte_count)


def field(name: str, value: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file(name: str, data: bytes, *, part: str = "files", headers: str = "") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n{headers}\r\n'
    return head.encode("utf-8", "surrogateescape") + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


async def send(api: httpx.AsyncClient, *parts: bytes, key: str | None = None) -> httpx.Response:
    headers = {**FORM, **({"Idempotency-Key": key} if key else {})}
    return await api.post("/v1/uploads", content=form(*parts), headers=headers)


async def files_of(api: httpx.AsyncClient, run: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    items = (await api.get(f"{run['url']}/files")).json()["items"]
    return [(item["name"], item["state"], item["sha256"]) for item in items]


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def begun(
    api: httpx.AsyncClient, method: str, path: str, sent: bytes = b"", **headers: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a request, and send as much of its body as given."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.base_url.port)
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{api.base_url.port}\r\n{told}\r\n".encode() + sent)
    await writer.drain()
    return reader, writer


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut a connection as a machine does that lost its power, and came back."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
