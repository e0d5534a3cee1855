"""A request's body as it comes, by whoever takes it piece by piece."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from dashboard.api.errors import ApiProblem
from dashboard.api.limits import BodyTooSlow

STALLED_S = 60.0
"""A connection on which nothing comes for so long is given up, so that its sender can go on over another."""

_SHA256_BYTES = 32
_MEMBER = re.compile(r"\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):\s*", re.IGNORECASE)


async def chunks(request: Request, *, stalled_s: float = STALLED_S) -> AsyncIterator[bytes]:
    """Yield a request's body as it comes.

    Raises:
        ClientDisconnect: the connection was cut, or nothing came for too long, or too little.
    """
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(stalled_s):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, BodyTooSlow):
            raise ClientDisconnect from None
        if chunk:
            yield chunk


def content_digest(header: str | None) -> bytes | None:
    """Return the SHA-256 that a `Content-Digest` (RFC 9530) names, or None if it names none.

    Raises:
        ApiProblem: what it names cannot be one.
    """
    members = [_MEMBER.fullmatch(member) for member in (header or "").split(",")]
    named = [member[1] for member in members if member]
    return from_base64(named[0], _SHA256_BYTES, "Content-Digest") if named else None


def from_base64(text: str, byte_count: int, where: str) -> bytes:
    """Return the bytes of a digest told in base64.

    Raises:
        ApiProblem: it is none.
    """
    try:
        told = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        told = b""
    if len(told) != byte_count:
        raise ApiProblem("bad-request", f"{where} names no digest of {byte_count} bytes in base64.")
    return told


def hex_digest(text: str) -> bytes:
    """Return the SHA-256 told in hexadecimal by the field `sha256`.

    Raises:
        ApiProblem: it is none.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ApiProblem("bad-request", "The field sha256 holds no SHA-256 in 64 hexadecimal digits.")
    return bytes.fromhex(text)
