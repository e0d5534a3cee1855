"""Uploads to a real server process that is killed, and how much memory it takes; one of the two servers each."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from data.folder_store import FolderStore
from data.incoming import Incoming
from data.settings import Settings
from tests.dashboard.api.forms import FORM, begun, file, files_of, form, sha256, unseen
from tests.dashboard.api.tus import PIECE, announce, checksum, offset_of, patch
from tests.dashboard.cli.test_serve import BOTH, Serving, serving

GoesOn = Callable[[Serving], Awaitable[None]]
"""Goes on, at another server, with what was begun at one that was killed."""

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


async def large(taken: hashlib._Hash) -> AsyncIterator[bytes]:
    """A large file that nobody has sent before; `taken` is told what is in it."""
    block = unseen(MEBIBYTE)
    for number in range(LARGE_BYTES // MEBIBYTE):
        chunk = number.to_bytes(4, "big") + block[4:]
        taken.update(chunk)
        yield chunk


async def a_file_in_one_piece(home: Path, first: Serving) -> GoesOn:
    """What of a piece without a digest has come before a kill counts."""
    data = unseen(20 * MEBIBYTE)
    url = await announce(first.client, len(data))
    told = {**PIECE, "Upload-Offset": "0", "Content-Length": str(len(data))}
    _, writer = await begun(first.client, "PATCH", url, data[: 12 * MEBIBYTE], **told)
    while await offset_of(first.client, url) < 8 * MEBIBYTE:  # noqa: ASYNC110 - as a client would ask
        await asyncio.sleep(0.01)

    async def goes_on(second: Serving) -> None:
        writer.close()
        offset = await offset_of(second.client, url)
        assert 8 * MEBIBYTE <= offset <= 12 * MEBIBYTE
        assert (await patch(second.client, url, data[offset:], offset)).status_code == 204
        run = (await second.client.get((await second.client.get(url)).json()["run_url"])).json()
        assert run["state"] == "stored"
        assert await files_of(second.client, run) == [("a.zip", "stored", sha256(data))]
        assert await FolderStore(home / "store").get(sha256(data)) == data

    return goes_on


async def a_checked_piece(home: Path, first: Serving) -> GoesOn:
    """A piece with a digest that came half before a kill does not count."""
    data = unseen(10 * MEBIBYTE)
    url = await announce(first.client, len(data))
    await patch(first.client, url, data[:MEBIBYTE], 0)
    rest = data[MEBIBYTE:]
    told = {**PIECE, "Upload-Offset": str(MEBIBYTE), "Content-Length": str(len(rest))}
    told["Upload-Checksum"] = checksum(rest)
    _, writer = await begun(first.client, "PATCH", url, rest[: 8 * MEBIBYTE], **told)
    path = Incoming(home / "incoming").path(UUID(url.rpartition("/")[2]))
    while path.stat().st_size < 6 * MEBIBYTE:  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.01)

    async def goes_on(second: Serving) -> None:
        writer.close()
        assert await offset_of(second.client, url) == MEBIBYTE
        answer = await patch(second.client, url, rest, MEBIBYTE, upload_checksum=checksum(rest))
        assert answer.status_code == 204, answer.text
        assert (await second.client.get(url)).json()["stored"] is True

    return goes_on


async def a_form_with_a_key(_home: Path, first: Serving) -> GoesOn:
    """A form that is sent again under its key goes on in the run that it began."""
    first_file, second_file = unseen(MEBIBYTE), unseen(8 * MEBIBYTE)
    body = form(file("a.png", first_file), file("b.png", second_file))
    headers = {**FORM, "Idempotency-Key": "k"}
    _, writer = await begun(
        first.client, "POST", "/v1/uploads", body[: 5 * MEBIBYTE], **headers, content_length=str(len(body))
    )
    while not (runs := [run for run in await runs_of(first) if run["counts"]["files"] == 2]):  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    async def goes_on(second: Serving) -> None:
        writer.close()
        answer = await second.client.post("/v1/uploads", content=body, headers=headers)
        assert (answer.status_code, answer.json()["id"]) == (202, runs[0]["id"]), answer.text
        assert await files_of(second.client, answer.json()) == [
            ("a.png", "stored", sha256(first_file)),
            ("b.png", "stored", sha256(second_file)),
        ]

    return goes_on


@BOTH
async def test_whatever_was_on_its_way_goes_on_after_its_server_was_killed(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    async with serving(postgres, *options) as first:
        begun_there = [
            await way(postgres.home, first) for way in (a_file_in_one_piece, a_checked_piece, a_form_with_a_key)
        ]
        await first.stop(signal.SIGKILL)
    async with serving(postgres, *options) as second:
        for goes_on in begun_there:
            await goes_on(second)
    assert await Incoming(postgres.home / "incoming").entries() == []


async def sent_as_a_form(found: Serving, content: AsyncIterator[bytes]) -> str:
    async def sent() -> AsyncIterator[bytes]:
        yield file("large.zip", b"")[:-2]
        async for chunk in content:
            yield chunk
        yield b"\r\n--b--\r\n"

    answer = await found.client.post("/v1/uploads", content=sent(), headers=FORM)
    assert answer.is_success, answer.text
    return str(answer.json()["url"])


async def sent_as_a_piece(found: Serving, content: AsyncIterator[bytes]) -> str:
    url = await announce(found.client, LARGE_BYTES)
    answer = await found.client.patch(url, content=content, headers={**PIECE, "Upload-Offset": "0"})
    assert answer.is_success, answer.text
    return str((await found.client.get(url)).json()["run_url"])


@BOTH
async def test_a_large_upload_takes_no_more_memory_than_a_small_one(
    postgres: Settings, valkey: str, emptied: None, options: tuple[str, ...]
) -> None:
    async with serving(postgres, *options) as found:
        await found.client.post("/v1/uploads", content=form(file("a.png", unseen(1000))), headers=FORM)
        before = peak_bytes(found)
        for send in (sent_as_a_form, sent_as_a_piece):
            taken = hashlib.sha256()
            run_url = await send(found, large(taken))
            assert peak_bytes(found) - before < MOST_BYTES, send
            items = (await found.client.get(f"{run_url}/files")).json()["items"]
            assert [(each["bytes"], each["sha256"]) for each in items] == [(LARGE_BYTES, taken.hexdigest())]
            await FolderStore(postgres.home / "store").delete(taken.hexdigest())
