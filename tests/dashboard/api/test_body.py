"""A body as it comes, one that stalls, and digests as they are told."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from dashboard.api.body import chunks, content_digest, from_base64, hex_digest
from dashboard.api.errors import ApiProblem


def request(*messages: Message) -> Request:
    """A request whose body comes in these messages, after which nothing comes any more."""
    coming = list(messages)

    async def receive() -> Message:
        return coming.pop(0) if coming else await asyncio.Future()

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def piece(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


async def test_a_body_comes_piece_by_piece() -> None:
    body = request(piece(b"a"), piece(b""), piece(b"b"), piece(b"", more=False))
    assert [chunk async for chunk in chunks(body)] == [b"a", b"b"]


async def test_a_body_on_which_nothing_comes_is_given_up() -> None:
    body = chunks(request(piece(b"a")), stalled_s=0.01)
    assert await anext(body) == b"a"
    with pytest.raises(ClientDisconnect):
        await anext(body)


async def test_a_body_that_is_cut_is_told_as_one() -> None:
    with pytest.raises(ClientDisconnect):
        _ = [chunk async for chunk in chunks(request(piece(b"a"), {"type": "http.disconnect"}))]


DIGEST = hashlib.sha256(b"x").digest()
TOLD = base64.b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    ("header", "digest"),
    [
        (None, None),
        ("", None),
        ("sha-512=:AAAA:", None),
        ("sha-256=AAAA", None),
        (f"sha-256=:{TOLD}:", DIGEST),
        (f"SHA-256=:{TOLD}:", DIGEST),
        (f" md5=:AAAA: , sha-256=:{TOLD}: ", DIGEST),
    ],
)
def test_a_content_digest_is_read_as_the_standard_says(header: str | None, digest: bytes | None) -> None:
    assert content_digest(header) == digest


@pytest.mark.parametrize("header", ["sha-256=:AAAA:", "sha-256=::", "sha-256=:A:"])
def test_a_content_digest_that_cannot_be_one_is_refused(header: str) -> None:
    with pytest.raises(ApiProblem, match="Content-Digest"):
        content_digest(header)


@pytest.mark.parametrize("told", ["", "!", "AAAA", TOLD + "AA=="])
def test_a_digest_of_another_length_is_refused(told: str) -> None:
    with pytest.raises(ApiProblem):
        from_base64(told, 32, "here")


@pytest.mark.parametrize("told", ["", "x" * 64, "0" * 63, "0" * 65, "٠" * 64])
def test_a_hexadecimal_digest_that_cannot_be_one_is_refused(told: str) -> None:
    with pytest.raises(ApiProblem, match="64 hexadecimal"):
        hex_digest(told)
    assert hex_digest(DIGEST.hex().upper()) == DIGEST
