"""The audit trail verifies as it was written, and whatever a superuser does to it afterwards is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from core.audit_chain import START
from data import embedded_urls
from data.acting import Actor, acting_as
from data.queries import audit
from tests.data.rows import add_inspection, judged, published, waiting
from tests.workers.anchor_probe import REWRITTEN, lots
from workers.auditing import Anchored, Fault, verify
from workers.composition import Services

Sql = Callable[..., Awaitable[Any]]

LOT_ENTRIES = 6


@pytest.fixture
async def superuser(services: Services) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who may do everything, and whom no trigger holds up."""
    url = embedded_urls.postgres_url(services.settings.home, embedded_urls.SUPERUSER)
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def faults(services: Services, *anchors: Anchored) -> list[Fault]:
    return (await verify(services.database, anchors=anchors)).faults


async def test_what_was_written_verifies(services: Services) -> None:
    await lots(services)
    version = await published(services.database)
    await judged(services.database, recipe_version_id=version.version_id)
    await waiting(services.database, 20, lot="L1", serial=None)
    found = await verify(services.database)
    assert found.faults == []
    assert found.entries > LOT_ENTRIES + 20 + 2
    assert found.chains >= 6


async def test_an_empty_trail_verifies(services: Services) -> None:
    found = await verify(services.database)
    assert (found.entries, found.chains, found.faults) == (0, 0, [])


async def test_fifty_writers_at_once_leave_chains_that_verify(services: Services) -> None:
    async def write(writer: int) -> None:
        with acting_as(Actor(f"machine:{writer}")):
            for number in range(4):
                async with services.database.unit_of_work() as work:
                    await add_inspection(work, lot=f"{writer}-{number}")
                    await work.commit()

    await asyncio.gather(*(write(writer) for writer in range(50)))
    found = await verify(services.database)
    assert found.faults == []
    async with services.database.session() as session:
        page = await audit.page(session, audit.Sought(relation="inspections"), limit=500)
    assert len(page.items) == 200
    assert {view.actor for view in page.items} == {f"machine:{writer}" for writer in range(50)}


CHANGED = "UPDATE audit.lots SET {} WHERE position = 3"
TAMPERING = {
    "who": (CHANGED.format("actor = 'user:eve'"), "changed", 3),
    "when": (CHANGED.format("at = at + interval '1 microsecond'"), "changed", 3),
    "what came of it": (CHANGED.format("after = replace(after::text, 'L2', 'L9')::json"), "changed", 3),
    "a space more": (CHANGED.format("after = (after::text || ' ')::json"), "changed", 3),
    "of which row": (CHANGED.format("row_id = gen_random_uuid()"), "changed", 3),
    "which operation": (CHANGED.format("operation = 'update'"), "changed", 3),
    "its own hash": (CHANGED.format("hash = sha256('x')"), "changed", 3),
    "its id": (CHANGED.format("id = (SELECT max(id) + 1 FROM audit.entries)"), "reordered", 4),
    "its lane": (CHANGED.format("lane = 15"), "inserted", 3),
    "one removed": ("DELETE FROM audit.lots WHERE position = 3", "removed", 4),
    "the first removed": ("DELETE FROM audit.lots WHERE position = 1", "removed", 2),
    "the last removed": ("DELETE FROM audit.lots WHERE position = 6", "removed", LOT_ENTRIES - 1),
    "all removed": ("DELETE FROM audit.lots", "removed", 0),
    "two in each other's place": (
        "UPDATE audit.lots SET position = 7 - position WHERE position IN (3, 4)",
        "reordered",
        4,
    ),
    "two contents exchanged": (
        "UPDATE audit.lots AS a SET after = b.after FROM audit.lots AS b"
        " WHERE (a.position, b.position) IN ((3, 4), (4, 3))",
        "changed",
        3,
    ),
    "one twice": (
        "INSERT INTO audit.lots SELECT nextval('audit.ids'), relation, lane, position, operation, row_id, actor,"
        " request_id, at, before, after, hash FROM audit.lots WHERE position = 3",
        "inserted",
        3,
    ),
    "one added at the end": (
        "INSERT INTO audit.lots SELECT nextval('audit.ids'), relation, lane, position + 1, operation, row_id, actor,"
        " request_id, at, before, after, sha256(hash) FROM audit.lots WHERE position = 6",
        "inserted",
        LOT_ENTRIES + 1,
    ),
    "the head set back": (
        "UPDATE audit.heads SET position = 3, hash = (SELECT hash FROM audit.lots WHERE position = 3)"
        " WHERE relation = 'lots' AND lane = 0",
        "inserted",
        4,
    ),
    "the head's hash": (
        "UPDATE audit.heads SET hash = sha256('x') WHERE relation = 'lots' AND lane = 0",
        "rewritten",
        LOT_ENTRIES,
    ),
    "no head": ("DELETE FROM audit.heads WHERE relation = 'lots' AND lane = 0", "inserted", 1),
}


@pytest.mark.parametrize(("statement", "kind", "position"), TAMPERING.values(), ids=TAMPERING.keys())
async def test_what_a_superuser_does_to_the_trail_is_named(
    services: Services, superuser: asyncpg.Connection, statement: str, kind: str, position: int
) -> None:
    await lots(services)
    try:
        assert await superuser.execute(statement) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
        first = (await faults(services))[0]
        assert (first.kind, first.relation, first.position) == (kind, "lots", position)
    finally:
        await superuser.execute("INSERT INTO audit.heads VALUES ('lots', 0) ON CONFLICT DO NOTHING")


async def anchors(services: Services) -> list[Anchored]:
    async with services.database.session() as session:
        return [Anchored(*chain, *head, "the anchor") for chain, head in (await audit.heads(session)).items()]


async def test_a_chain_rewritten_whole_is_found_by_an_anchor_alone(
    services: Services, superuser: asyncpg.Connection
) -> None:
    await lots(services)
    anchored = await anchors(services)
    assert await faults(services, *anchored) == []
    await superuser.execute(REWRITTEN.format(position=3))
    assert await faults(services) == []
    (found,) = await faults(services, *anchored)
    assert (found.kind, found.relation, found.position) == ("rewritten", "lots", LOT_ENTRIES)


async def test_a_chain_rewritten_between_two_anchors_is_found_though_the_later_one_agrees(
    services: Services, superuser: asyncpg.Connection
) -> None:
    await lots(services)
    before = await anchors(services)
    await superuser.execute(REWRITTEN.format(position=3))
    after = await anchors(services)
    for anchored in ([*before, *after], [*after, *before]):
        (found,) = await faults(services, *anchored)
        assert (found.kind, found.position) == ("rewritten", LOT_ENTRIES)


async def test_what_an_anchor_agrees_with_is_not_in_doubt(services: Services, superuser: asyncpg.Connection) -> None:
    await lots(services)
    early = await anchors(services)
    await lots(services, called="M")
    late = await anchors(services)
    await superuser.execute(REWRITTEN.format(position=9))
    (found,) = await faults(services, *early, *late)
    assert found.words == f"the anchor has another hash of it; what differs lies from {LOT_ENTRIES + 1} on"


async def test_a_tail_cut_off_with_its_head_is_found_by_an_anchor_alone(
    services: Services, superuser: asyncpg.Connection
) -> None:
    await lots(services)
    anchored = await anchors(services)
    await superuser.execute("DELETE FROM audit.lots WHERE position > 3; DELETE FROM lots WHERE code > 'L2'")
    await superuser.execute(
        "UPDATE audit.heads SET position = 3, hash = (SELECT hash FROM audit.lots WHERE position = 3)"
        " WHERE relation = 'lots' AND lane = 0"
    )
    assert await faults(services) == []
    (found,) = await faults(services, *anchored)
    assert (found.kind, found.position, found.words) == ("removed", 3, "it ends at 3, and the anchor knows of 6")


async def test_an_anchor_from_before_still_holds(services: Services) -> None:
    await lots(services)
    anchored = await anchors(services)
    await waiting(services.database, 3, lot="later")
    found = await verify(services.database, anchors=[*anchored, Anchored("lots", 1, 0, START, "an empty chain")])
    assert (found.faults, found.anchors) == ([], len(anchored))


BEHIND_ITS_BACK = {
    "a verdict": ("UPDATE results SET verdict = 'fail'", "results", "it is not what the trail says of it last"),
    "the evidence": (
        "UPDATE results SET evidence = jsonb_set(evidence, '{reasons}', '[1]')",
        "results",
        "it is not what the trail says of it last",
    ),
    "a reason more": (
        "UPDATE results SET reasons = '{LOT_ON_HOLD}'",
        "results",
        "it is not what the trail says of it last",
    ),
    "a result gone": ("DELETE FROM results", "results", "the trail says that it is there, and it is not"),
    "a lot of nobody": (
        "INSERT INTO lots (id, code) VALUES (uuid7_floor(now()), 'X')",
        "lots",
        "the trail does not know of it",
    ),
    "another unit's inspection": (
        "UPDATE inspections SET attempt = 7",
        "inspections",
        "it is not what the trail says of it last",
    ),
    "a judged one called failed": (
        "UPDATE inspections SET state = 'failed'",
        "inspections",
        "it is not what the trail says of it last",
    ),
}


@pytest.mark.parametrize(("statement", "relation", "words"), BEHIND_ITS_BACK.values(), ids=BEHIND_ITS_BACK.keys())
async def test_what_is_changed_behind_the_back_of_the_triggers_is_named(
    services: Services, superuser: asyncpg.Connection, statement: str, relation: str, words: str
) -> None:
    id_ = await judged(services.database, evidence={"reasons": [1, 2]})
    await superuser.execute(statement)
    (found,) = await faults(services)
    assert (found.kind, found.relation, found.words) == ("differs", relation, words)
    assert relation == "lots" or found.row_id == str(id_)


async def test_a_trigger_that_is_switched_off_is_named(services: Services, superuser: asyncpg.Connection) -> None:
    await superuser.execute("ALTER TABLE lots DISABLE TRIGGER audit_update")
    try:
        (found,) = await faults(services)
    finally:
        await superuser.execute("ALTER TABLE lots ENABLE TRIGGER audit_update")
    assert (found.kind, found.relation) == ("unguarded", "lots")
    assert "update" in found.words
