"""Uploads to a real server process that is killed, and how much memory it takes; one of the two servers each."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from data.folder_store import FolderStore
from data.incoming import Incoming
from data.settings import Settings
from tests.dashboard.api.forms import FORM, begun, file, files_of, form, sha256, unseen
from tests.dashboard.api.tus import PIECE, announce, checksum, offset_of, patch
from tests.dashboard.cli.test_serve import BOTH, Serving, serving

MEBIBYTE = 1 << 20
LARGE_BYTES = 256 * MEBIBYTE
MOST_BYTES = 48 * MEBIBYTE
"""What a process may grow by while it takes `LARGE_BYTES`: buffers, and what the allocator keeps."""


def peak_bytes(found: Serving) -> int:
    """Return the largest resident size that a process has had."""
    lines = Path(f"/proc/{found.process.pid}/status").read_text("ascii").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024


async def runs_of(found: Serving) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await found.client.get("/v1/runs")).json()["items"]
    return items


async def large() -> AsyncIterator[bytes]:
    block = unseen(MEBIBYTE)
    for number in range(LARGE_BYTES // MEBIBYTE):
        yield number.to_bytes(4, "big") + block[4:]


@BOTH
async def test_an_upload_goes_on_after_its_server_was_killed(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    data = unseen(20 * MEBIBYTE)
    async with serving(postgres, *options) as first:
        url = await announce(first.client, len(data))
        told = {**PIECE, "Upload-Offset": "0", "Content-Length": str(len(data))}
        _, writer = await begun(first.client, "PATCH", url, data[: 12 * MEBIBYTE], **told)
        while await offset_of(first.client, url) < 8 * MEBIBYTE:  # noqa: ASYNC110 - as a client would ask
            await asyncio.sleep(0.01)
        await first.stop(signal.SIGKILL)
        writer.close()
    async with serving(postgres, *options) as second:
        offset = await offset_of(second.client, url)
        assert 8 * MEBIBYTE <= offset <= 12 * MEBIBYTE
        assert (await patch(second.client, url, data[offset:], offset)).status_code == 204
        run = (await second.client.get((await second.client.get(url)).json()["run_url"])).json()
        assert run["state"] == "stored"
        assert await files_of(second.client, run) == [("a.zip", "stored", sha256(data))]
    assert await FolderStore(postgres.home / "store").get(sha256(data)) == data


@BOTH
async def test_a_checked_piece_that_came_half_does_not_count_after_a_kill(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    data = unseen(10 * MEBIBYTE)
    async with serving(postgres, *options) as first:
        url = await announce(first.client, len(data))
        await patch(first.client, url, data[:MEBIBYTE], 0)
        rest = data[MEBIBYTE:]
        told = {**PIECE, "Upload-Offset": str(MEBIBYTE), "Content-Length": str(len(rest))}
        told["Upload-Checksum"] = checksum(rest)
        _, writer = await begun(first.client, "PATCH", url, rest[: 8 * MEBIBYTE], **told)
        incoming = Incoming(postgres.home / "incoming")
        path = incoming.path(UUID(url.rpartition("/")[2]))
        while path.stat().st_size < 6 * MEBIBYTE:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)
        await first.stop(signal.SIGKILL)
        writer.close()
    async with serving(postgres, *options) as second:
        assert await offset_of(second.client, url) == MEBIBYTE
        answer = await patch(second.client, url, rest, MEBIBYTE, upload_checksum=checksum(rest))
        assert answer.status_code == 204, answer.text
        assert (await second.client.get(url)).json()["stored"] is True


@BOTH
async def test_a_form_goes_on_under_its_key_after_its_server_was_killed(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    first_file, second_file = unseen(MEBIBYTE), unseen(8 * MEBIBYTE)
    body = form(file("a.png", first_file), file("b.png", second_file))
    headers = {**FORM, "Idempotency-Key": "k"}
    async with serving(postgres, *options) as first:
        _, writer = await begun(
            first.client, "POST", "/v1/uploads", body[: 5 * MEBIBYTE], **headers, content_length=str(len(body))
        )
        while sum(run["counts"]["files"] for run in await runs_of(first)) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        (run,) = await runs_of(first)
        await first.stop(signal.SIGKILL)
        writer.close()
    async with serving(postgres, *options) as second:
        answer = await second.client.post("/v1/uploads", content=body, headers=headers)
        assert (answer.status_code, answer.json()["id"]) == (202, run["id"]), answer.text
        assert await files_of(second.client, answer.json()) == [
            ("a.png", "stored", sha256(first_file)),
            ("b.png", "stored", sha256(second_file)),
        ]
    assert await Incoming(postgres.home / "incoming").entries() == []


@BOTH
@pytest.mark.parametrize("kind", ["form", "pieces"])
async def test_a_large_upload_takes_no_more_memory_than_a_small_one(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...], kind: str
) -> None:
    async with serving(postgres, *options) as found:
        await found.client.post("/v1/uploads", content=form(file("a.png", unseen(1000))), headers=FORM)
        before = peak_bytes(found)
        taken = hashlib.sha256()

        async def sent() -> AsyncIterator[bytes]:
            if kind == "form":
                yield file("large.zip", b"")[:-2]
            async for chunk in large():
                taken.update(chunk)
                yield chunk
            if kind == "form":
                yield b"\r\n--b--\r\n"

        if kind == "form":
            answer = await found.client.post("/v1/uploads", content=sent(), headers=FORM)
            run_url = answer.json()["url"]
        else:
            url = await announce(found.client, LARGE_BYTES)
            answer = await found.client.patch(url, content=sent(), headers={**PIECE, "Upload-Offset": "0"})
            run_url = (await found.client.get(url)).json()["run_url"]
        assert answer.is_success, answer.text
        assert peak_bytes(found) - before < MOST_BYTES
        items = (await found.client.get(f"{run_url}/files")).json()["items"]
        assert [(each["bytes"], each["sha256"]) for each in items] == [(LARGE_BYTES, taken.hexdigest())]
    await FolderStore(postgres.home / "store").delete(taken.hexdigest())
