"""What must be true in the end, whatever happened: each part once, judged once, and nothing beside; each run adds up.

The database is asked for the rows, the API for what a sender sees, the disk for the pictures.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from data.store import address_of, key_of
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.sender import Kind, Part, Sender
from tests.chaos.shipments import Shipment

VERDICTS = ("passed", "failed_verdicts", "borderline", "not_judged")
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

ROWS = """
SELECT i.id, i.state, i.error_code, i.attempt, i.unit_id, i.file_name, i.run_id, u.serial, u.attempts AS unit_attempts,
       (SELECT count(*) FROM results r WHERE r.inspection_id = i.id) AS results, encode(m.sha256, 'hex') AS address
FROM inspections i JOIN units u ON u.id = i.unit_id
JOIN inspection_images p ON p.inspection_id = i.id JOIN images m ON m.id = p.image_id
WHERE i.file_name LIKE $1
"""

RUNS = """
SELECT r.id, r.state,
       (SELECT count(*) FROM run_files f WHERE f.run_id = r.id AND f.parent_id IS NULL) AS files,
       (SELECT count(*) FROM run_files f WHERE f.run_id = r.id AND f.parent_id IS NOT NULL) AS members,
       (SELECT count(*) FROM run_files f WHERE f.run_id = r.id AND f.state = 'opened') AS opened,
       (SELECT count(DISTINCT f.name) FROM run_files f WHERE f.run_id = r.id) AS names,
       (SELECT count(*) FROM inspections i WHERE i.run_id = r.id) AS inspections,
       (SELECT count(*) FROM inspections i JOIN results s ON s.inspection_id = i.id WHERE i.run_id = r.id) AS results
FROM runs r WHERE r.label LIKE $1
"""

UNDONE = """
SELECT (SELECT count(*) FROM outbox)
     + (SELECT count(*) FROM runs WHERE state NOT IN ('done', 'failed', 'cancelled'))
"""

NAMED = """
SELECT encode(sha256, 'hex') AS address FROM images
UNION SELECT encode(thumbnail, 'hex') FROM images WHERE thumbnail IS NOT NULL
UNION SELECT encode(sha256, 'hex') FROM run_files WHERE sha256 IS NOT NULL
"""


@dataclass(frozen=True)
class Left:
    """What crashes left: whole pictures in the store that no row names, and files that never became one, there or on
    their way there; both are removed once they are old."""

    orphans: int
    incoming: int


async def until_quiet(house: House) -> None:
    """Wait until nothing waits to be inspected any more, and every run has ended; for as long as anything moves."""
    left = await _waiting(house)
    while left != 0:
        async with asyncio.timeout(PATIENCE_S):
            before = left
            while left in {before, None}:
                await asyncio.sleep(0.2)
                left = await _waiting(house)


async def _waiting(house: House) -> int | None:
    """Return how much waits; None while the database is away."""
    try:
        async with house.database() as connection:
            return int(await connection.fetchval(UNDONE))
    except AWAY:
        return None


async def reconcile(house: House, sender: Sender[Part], parts: Sequence[Part], *, like: str) -> Left:
    """See that every part was kept once and judged once, and return what is left of crashes."""
    _was_told_once(sender, parts)
    rows = await _judged_once(house, {f"{part.key}.png": part.picture for part in parts}, like=like)
    answered = set(sender.acknowledged.values())
    assert {row["id"] for row in rows} == answered, "rows that no sender was told of, or the other way"
    _attempts_are_whole(rows, parts)
    await _is_done_for_whoever_asks(house, sender, parts)
    return await _left(house)


async def reconcile_runs(house: House, sender: Sender[Shipment], sent: Sequence[Shipment], *, like: str) -> Left:
    """See that every run is there once and done, and each of its pictures once in it and judged once."""
    _was_told_once(sender, sent)
    pictures = {name: data for shipment in sent for name, data in shipment.pictures.items()}
    rows = await _judged_once(house, pictures, like=like)
    belongs = {name: sender.acknowledged[shipment.key] for shipment in sent for name in shipment.pictures}
    assert {row["file_name"]: row["run_id"] for row in rows} == belongs
    async with house.database() as connection:
        runs = {row["id"]: dict(row) for row in await connection.fetch(RUNS, like)}
    assert runs == {id_: _whole(id_, sent[at]) for at, id_ in enumerate(_in_order(sender, sent))}
    await _runs_are_done_for_whoever_asks(house, sender, sent)
    return await _left(house)


def _was_told_once(sender: Sender[Kind], sent: Sequence[Kind]) -> None:
    assert set(sender.acknowledged) == {each.key for each in sent}
    assert len(set(sender.acknowledged.values())) == len(sent), "two were given one id"


def _in_order(sender: Sender[Kind], sent: Sequence[Kind]) -> list[UUID]:
    return [sender.acknowledged[each.key] for each in sent]


def _whole(id_: UUID, shipment: Shipment) -> dict[str, object]:
    """Return what `RUNS` says of a run of which nothing is missing and nothing is there twice."""
    files, members, pictures = len(shipment.files), shipment.members, len(shipment.pictures)
    opened = {"files": files, "members": members, "opened": files + members, "names": files + members}
    return {"id": id_, "state": "done", **opened, "inspections": pictures, "results": pictures}


async def _judged_once(house: House, pictures: Mapping[str, bytes], *, like: str) -> list[asyncpg.Record]:
    """Wait for the end; see that each picture, by its name, has one inspection and one result; return their rows."""
    await until_quiet(house)
    async with house.database() as connection:
        rows = await connection.fetch(ROWS, like)
        results = await connection.fetchval("SELECT count(*) FROM results WHERE inspection_id = ANY($1)", _ids(rows))
    kept = Counter((row["file_name"], row["address"]) for row in rows)
    many = [dict(row) for row in rows if kept[row["file_name"], row["address"]] > 1]
    assert kept == Counter((name, address_of(data)) for name, data in pictures.items()), many
    assert Counter((row["state"], row["error_code"]) for row in rows) == {("done", None): len(pictures)}
    assert {row["results"] for row in rows} == {1}
    assert results == len(pictures)
    return rows


def _ids(rows: Sequence[asyncpg.Record]) -> list[UUID]:
    return [row["id"] for row in rows]


def _attempts_are_whole(rows: Sequence[asyncpg.Record], parts: Sequence[Part]) -> None:
    """Each unit's attempts are numbered from 1 on without gap or double, and as many as parts were sent of it."""
    sent = Counter(part.beside["unit_serial"] for part in parts if "unit_serial" in part.beside)
    attempts: dict[UUID, list[int]] = {}
    for row in rows:
        attempts.setdefault(row["unit_id"], []).append(row["attempt"])
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in attempts.values())
    assert all(row["unit_attempts"] == len(attempts[row["unit_id"]]) for row in rows)
    assert {row["serial"]: row["unit_attempts"] for row in rows if row["serial"] is not None} == sent


async def _is_done_for_whoever_asks(house: House, sender: Sender[Part], parts: Sequence[Part]) -> None:
    """The API shows each as done, and the same request under the same key gives the same inspection again."""
    async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
        for number, part in enumerate(parts):
            id_ = sender.acknowledged[part.key]
            found = (await client.get(f"/v1/inspections/{id_}")).raise_for_status().json()
            assert (found["state"], bool(found["verdict"])) == ("done", True)
            if number % 10 == 0:
                assert await sender.until_kept(client, part) == id_


async def _runs_are_done_for_whoever_asks(house: House, sender: Sender[Shipment], sent: Sequence[Shipment]) -> None:
    """The API's counts of each run add up, and the same request under the same key gives the same run again."""
    async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
        for number, shipment in enumerate(sent):
            id_ = sender.acknowledged[shipment.key]
            found = (await client.get(f"/v1/runs/{id_}")).raise_for_status().json()
            counts = found["counts"]
            came = (counts["files"], counts["members"], counts["inspections"])
            assert came == (len(shipment.files), shipment.members, len(shipment.pictures))
            assert sum(counts[verdict] for verdict in VERDICTS) == len(shipment.pictures)
            if number % 10 == 0:
                assert await sender.until_kept(client, shipment) == id_


async def _left(house: House) -> Left:
    kept = {path.name for path in (house.home / "store").glob("??/*")}  # before the rows: those of the last come after
    async with house.database() as connection:
        named = {row["address"] for row in await connection.fetch(NAMED)}
    return _left_in(house.home, named, kept)


def _left_in(home: Path, named: set[str], kept: set[str]) -> Left:
    """Return what lies there beyond what rows name; every picture that a row names is there, and whole."""
    store = home / "store"
    for address in named:
        assert address_of((store / key_of(address)).read_bytes()) == address
    for name in sorted(kept - named):  # what it is, for whoever wonders why a test found it
        path = next(store.glob(f"??/{name}"))
        logging.warning(
            "named by no row: %s, %d bytes, of %s", path, path.stat().st_size, time.ctime(path.stat().st_mtime)
        )
    return Left(len(kept - named), len([*store.glob("incoming/*"), *home.glob("incoming/*")]))
