"""What must be true in the end, whatever happened: each part once, judged once, and nothing beside.

The database is asked for the rows, the API for what a sender sees, the disk for the pictures.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from data.store import address_of, key_of
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.sender import Part, Sender

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

ROWS = """
SELECT i.id, i.state, i.error_code, i.attempt, i.unit_id, u.serial, u.attempts AS unit_attempts,
       (SELECT count(*) FROM results r WHERE r.inspection_id = i.id) AS results, encode(m.sha256, 'hex') AS address
FROM inspections i JOIN units u ON u.id = i.unit_id
JOIN inspection_images p ON p.inspection_id = i.id JOIN images m ON m.id = p.image_id
WHERE i.file_name LIKE $1
"""

NAMED = """
SELECT encode(sha256, 'hex') AS address FROM images
UNION SELECT encode(thumbnail, 'hex') FROM images WHERE thumbnail IS NOT NULL
UNION SELECT encode(sha256, 'hex') FROM run_files WHERE sha256 IS NOT NULL
"""


@dataclass(frozen=True)
class Left:
    """What crashes left in the store: whole pictures that no row names, and files that never became one."""

    orphans: int
    incoming: int


async def until_quiet(house: House) -> None:
    """Wait until nothing waits to be inspected any more."""
    async with asyncio.timeout(PATIENCE_S):
        while await _waiting(house) != 0:  # noqa: ASYNC110 - other processes do the work
            await asyncio.sleep(0.2)


async def _waiting(house: House) -> int | None:
    """Return how much waits; None while the database is away."""
    try:
        async with house.database() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM outbox"))
    except AWAY:
        return None


async def reconcile(house: House, sender: Sender, parts: Sequence[Part], *, like: str) -> Left:
    """See that every part was kept once and judged once, and return what is left of crashes."""
    answered = sender.acknowledged
    assert set(answered) == {part.key for part in parts}
    assert len(set(answered.values())) == len(parts), "two parts were given one inspection"
    await until_quiet(house)
    async with house.database() as connection:
        rows = await connection.fetch(ROWS, like)
        results = await connection.fetchval("SELECT count(*) FROM results WHERE inspection_id = ANY($1)", _ids(rows))
        named = {row["address"] for row in await connection.fetch(NAMED)}
    assert {row["id"] for row in rows} == set(answered.values()), "rows that no sender was told of, or the other way"
    assert Counter((row["state"], row["error_code"]) for row in rows) == {("done", None): len(parts)}
    assert {row["results"] for row in rows} == {1}
    assert results == len(parts)
    assert Counter(row["address"] for row in rows) == Counter(address_of(part.picture) for part in parts)
    _attempts_are_whole(rows, parts)
    await _is_done_for_whoever_asks(house, sender, parts)
    return _left_in(house.home / "store", named)


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


async def _is_done_for_whoever_asks(house: House, sender: Sender, parts: Sequence[Part]) -> None:
    """The API shows each as done, and the same request under the same key gives the same inspection again."""
    async with httpx.AsyncClient(base_url=house.url, timeout=30) as client:
        for number, part in enumerate(parts):
            id_ = sender.acknowledged[part.key]
            found = (await client.get(f"/v1/inspections/{id_}")).raise_for_status().json()
            assert (found["state"], bool(found["verdict"])) == ("done", True)
            if number % 10 == 0:
                assert await sender.until_kept(client, part) == id_


def _left_in(store: Path, named: set[str]) -> Left:
    """Return what the store holds beyond what rows name; every picture that a row names is there, and whole."""
    for address in named:
        assert address_of((store / key_of(address)).read_bytes()) == address
    kept = {path.name for path in store.glob("??/*")}
    return Left(len(kept - named), len(list(store.glob("incoming/*"))))
