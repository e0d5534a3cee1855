"""Runs as they are received: begun once under a key, file by file, complete when all is there; on a bucket too."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from data.bucket_store import BucketStore
from data.channels import FILES
from data.errors import (
    DigestMismatch,
    IdempotencyMismatch,
    NotFound,
    StoreError,
    UploadBusy,
    UploadEnded,
    UploadIncomplete,
)
from data.settings import Settings
from data.urls import app_url
from tests.data.test_bucket_store import endpoint  # noqa: F401 - a fixture: a real server that speaks S3
from tests.workers.run_probe import files, shown
from tests.workers.upload_probe import FailingStore, chunks, unseen
from workers import receiving
from workers.composition import Services
from workers.receiving import Announced, RunParticulars, Sender, begin, complete, give_up, receive
from workers.resuming import add_file, announce, append

SENDER = Sender("line 1", "k")
DATA = unseen(2_500_000)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def send(services: Services, run_id: UUID, *datas: bytes) -> None:
    for position, data in enumerate(datas):
        await receive(services, run_id, f"{position}.png", chunks(data), position=position)


async def states(services: Services, run_id: UUID) -> list[tuple[str, str]]:
    return [(file.name, file.state) for file in await files(services, run_id)]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "tray"},
        {"type": "tray", "carrier": "T", "rows": 2},
        {"type": "tray", "carrier": "", "rows": 2, "columns": 2},
        {"rows": 2},
        {"carrier": "T"},
        {"type": "parts", "rows": 2, "columns": 2, "carrier": "T"},
    ],
    ids=str,
)
def test_a_tray_has_its_places_and_nothing_else_has(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="carrier, rows and columns"):
        RunParticulars(**fields)


async def test_a_run_takes_over_what_is_said_at_its_beginning(services: Services) -> None:
    told = RunParticulars(type="tray", label="Reel", lot="L1", carrier="T-1", rows=2, columns=3)
    run = await shown(services, await begin(services, told, SENDER))
    assert (run.state, run.type, run.label, run.lot, run.station, run.caller) == (
        "pending", "tray", "Reel", "L1", "bench", "line 1",
    )  # fmt: skip
    assert run.tray == {"carrier": "T-1", "rows": 2, "columns": 3, "corners": None}


async def test_a_run_is_begun_once_under_its_key(services: Services) -> None:
    run_ids = await asyncio.gather(*(begin(services, RunParticulars(label="x"), SENDER) for _ in range(8)))
    assert len(set(run_ids)) == 1
    assert await begin(services, RunParticulars(label="x"), Sender("line 2", "k")) != run_ids[0], "of another caller"
    with pytest.raises(IdempotencyMismatch):
        await begin(services, RunParticulars(label="y"), SENDER)


async def test_files_are_stored_in_their_places(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    await send(services, run_id, DATA, b"", DATA)
    assert [(file.name, file.address, file.byte_count) for file in await files(services, run_id)] == [
        ("0.png", sha256(DATA), len(DATA)), ("1.png", sha256(b""), 0), ("2.png", sha256(DATA), len(DATA)),
    ]  # fmt: skip
    assert await services.incoming.entries() == []


@pytest.fixture
async def told(services: Services, postgres: Settings) -> AsyncIterator[asyncio.Queue[str]]:
    """What those are told who open files."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(app_url(postgres))
    await connection.add_listener(FILES, lambda _c, _p, _n, payload: heard.put_nowait(payload))
    yield heard
    await connection.close()


async def test_who_opens_files_is_told_of_an_upload_that_is_whole(services: Services, told: asyncio.Queue[str]) -> None:
    begun = await announce(services, RunParticulars(), SENDER, Announced("a.zip", 4))
    await append(services, begun.file_id, chunks(b"12"), offset=0)
    assert told.empty()
    await append(services, begun.file_id, chunks(b"34"), offset=2)
    assert str(begun.run_id) in await asyncio.wait_for(told.get(), 10)


async def test_who_opens_files_is_told_when_a_run_is_complete(services: Services, told: asyncio.Queue[str]) -> None:
    run_id = await begin(services, RunParticulars())
    await send(services, run_id, DATA)
    assert told.empty()
    await complete(services, run_id)
    assert str(run_id) in await asyncio.wait_for(told.get(), 10)
    await complete(services, run_id)
    assert told.empty(), "said again, it tells nobody"
    assert (await shown(services, run_id)).state == "stored"


async def test_a_file_that_is_cut_off_leaves_nothing_of_it_and_comes_again(services: Services) -> None:
    run_id = await begin(services, RunParticulars(), SENDER)
    with pytest.raises(ConnectionResetError):
        await receive(services, run_id, "0.png", chunks(DATA, fail_at=1_500_000), position=0)
    assert await services.incoming.entries() == []
    with pytest.raises(UploadIncomplete, match="1 files"):
        await complete(services, run_id)
    await send(services, run_id, DATA)
    await complete(services, run_id, files=1)
    assert await states(services, run_id) == [("0.png", "stored")]


async def test_what_a_killed_receiver_left_is_begun_anew(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    with pytest.raises(ConnectionResetError):
        await receive(services, run_id, "0.png", chunks(DATA, fail_at=0), position=0)
    (file,) = await files(services, run_id)
    async with services.incoming.receiving(file.id) as left:
        await left.write(b"of its life before")
        await left.sync()
    await send(services, run_id, DATA)
    assert [file.address for file in await files(services, run_id)] == [sha256(DATA)]


async def test_a_file_that_came_is_compared_and_thrown_away(services: Services) -> None:
    run_id = await begin(services, RunParticulars(), SENDER)
    await send(services, run_id, DATA)
    await send(services, run_id, DATA)
    with pytest.raises(IdempotencyMismatch, match="other bytes"):
        await receive(services, run_id, "0.png", chunks(b"other"), position=0)
    with pytest.raises(IdempotencyMismatch, match="was called"):
        await receive(services, run_id, "1.png", chunks(DATA), position=0)
    await complete(services, run_id)
    with pytest.raises(IdempotencyMismatch, match="Only 1 files"):
        await receive(services, run_id, "1.png", chunks(DATA), position=1)
    with pytest.raises(IdempotencyMismatch, match="1 files came"):
        await complete(services, run_id, files=2)


async def test_two_who_send_the_same_file_store_it_once(services: Services) -> None:
    run_id = await begin(services, RunParticulars(), SENDER)
    await asyncio.gather(*(send(services, run_id, DATA) for _ in range(4)))
    assert await states(services, run_id) == [("0.png", "stored")]


async def test_who_waits_too_long_for_another_sender_is_told_so(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "WAIT_S", 0.05)
    run_id = await begin(services, RunParticulars(), SENDER)
    with pytest.raises(ConnectionResetError):
        await receive(services, run_id, "0.png", chunks(b"x", fail_at=0), position=0)
    (file,) = await files(services, run_id)
    async with services.incoming.receiving(file.id):
        with pytest.raises(UploadBusy):
            await send(services, run_id, DATA)


@pytest.mark.parametrize("said", [DATA, b"another"], ids=["right", "wrong"])
async def test_a_digest_that_is_said_is_checked(services: Services, said: bytes) -> None:
    run_id = await begin(services, RunParticulars())
    receiving_it = receive(services, run_id, "0.png", chunks(DATA), position=0, digest=hashlib.sha256(said).digest())
    if said == DATA:
        await receiving_it
        return
    with pytest.raises(DigestMismatch):
        await receiving_it
    assert await states(services, run_id) == [("0.png", "receiving")]
    assert await services.incoming.entries() == []


async def test_a_store_that_fails_leaves_nothing_half_written(services: Services) -> None:
    services.store = FailingStore(services.settings.home / "store")
    run_id = await begin(services, RunParticulars())
    with pytest.raises(StoreError):
        await send(services, run_id, unseen(1000))
    assert await states(services, run_id) == [("0.png", "receiving")]
    assert await services.incoming.entries() == []


async def test_a_run_without_a_file_is_not_complete(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    with pytest.raises(UploadIncomplete, match="no file yet"):
        await complete(services, run_id)
    with pytest.raises(NotFound):
        await complete(services, uuid4())


async def test_a_run_that_is_given_up_says_why_and_takes_no_more(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    await send(services, run_id, b"whole")
    begun = await add_file(services, run_id, Announced("half.zip", 10))
    await append(services, begun.file_id, chunks(b"12345"), offset=0)
    await give_up(services, run_id, code="UPLOAD_CUT_OFF", detail="It was cut.")
    run = await shown(services, run_id)
    assert (run.state, run.error and run.error.code) == ("failed", "UPLOAD_CUT_OFF")
    assert await states(services, run_id) == [("0.png", "stored"), ("half.zip", "cancelled")]
    assert await services.incoming.entries() == []
    for attempt in (complete(services, run_id), receive(services, run_id, "2.png", chunks(b"x"), position=2)):
        with pytest.raises(UploadEnded):
            await attempt


async def test_a_complete_run_is_not_given_up(services: Services) -> None:
    run_id = await begin(services, RunParticulars())
    await send(services, run_id, DATA)
    await complete(services, run_id)
    await give_up(services, run_id, code="UPLOAD_CUT_OFF", detail="It was cut.")
    assert (await shown(services, run_id)).state == "stored"


async def test_a_run_cancelled_while_a_file_comes_does_not_store_it(services: Services) -> None:
    run_id = await begin(services, RunParticulars())

    async def cut_short() -> Any:
        yield DATA
        async with services.database.unit_of_work() as work:
            await work.settling.lock(run_id)
            await work.settling.cancel(run_id)
            await work.commit()

    with pytest.raises(UploadEnded):
        await receive(services, run_id, "0.png", cut_short(), position=0)
    assert await states(services, run_id) == [("0.png", "cancelled")]
    assert await services.incoming.entries() == []


async def test_files_are_received_into_a_bucket_of_a_real_s3_server(
    services: Services,
    endpoint: str,  # noqa: F811
) -> None:
    services.store = BucketStore.at("pictures", "received", endpoint=endpoint)
    large = unseen(20_000_000)
    run_id = await begin(services, RunParticulars(), SENDER)
    await send(services, run_id, large, DATA)
    pieces = await add_file(services, run_id, Announced("pieces.zip", len(large)))
    await append(services, pieces.file_id, chunks(large[:9_000_000]), offset=0)
    await append(services, pieces.file_id, chunks(large[9_000_000:]), offset=9_000_000)
    await complete(services, run_id)
    assert [file.address for file in await files(services, run_id)] == [sha256(large), sha256(DATA), sha256(large)]
    assert await services.store.get(sha256(large)) == large
    assert {blob.address async for blob in services.store.addresses()} == {sha256(large), sha256(DATA)}
    assert await services.incoming.entries() == []
