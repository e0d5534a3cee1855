"""Every decision leaves an entry, by the database itself; nobody who works with it can change one or do without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from data.acting import Actor, acting, acting_as
from data.database import Database
from data.errors import CursorInvalid, NobodyActs
from data.partitions import PARTITIONED
from data.queries import audit, audit_tables
from data.queries.audit import AuditView, Sought
from data.settings import Settings
from data.tables import Lot, Site, metadata
from data.tables.audit import FOLLOWED, LEFT_OUT, AuditBase, AuditFollowed
from data.urls import owner_url
from tests.data.rows import judged, published, recipe, waiting

ADA = Actor("user:ada", "request-1")


@pytest.fixture
async def owner(database: Database, postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_url(postgres))
    yield connection
    await connection.close()


async def entries(database: Database, relation: str | None = None) -> list[AuditView]:
    """Return entries, the oldest first."""
    async with database.session() as session:
        return [*reversed((await audit.page(session, Sought(relation=relation), limit=500)).items)]


async def site(database: Database, name: str) -> UUID:
    async with database.unit_of_work() as work:
        id_ = work.new_id()
        await work.session.execute(insert(Site).values(id=id_, name=name))
        await work.commit()
    return id_


def test_every_table_is_followed_or_it_is_said_why_not() -> None:
    assert {*FOLLOWED, *LEFT_OUT} == set(metadata.tables)
    assert not set(FOLLOWED) & set(LEFT_OUT)


async def test_the_database_follows_what_the_program_says_with_every_column(database: Database) -> None:
    async with database.session() as session:
        found = {each.relation: each for each in await session.scalars(select(AuditFollowed))}
    assert {name: (each.row_id, tuple(each.digested), each.silent.split()) for name, each in found.items()} == {
        name: (follow.row_id, follow.digested, follow.silent.split()) for name, follow in FOLLOWED.items()
    }
    for name, each in found.items():
        kept = {column.name for column in metadata.tables[name].columns if column.computed is None}
        assert set(each.columns) == kept, f"{name} has a column that is not kept: call audit.follow in its migration"


async def test_every_followed_table_is_listened_to_and_each_of_its_partitions(database: Database) -> None:
    async with database.session() as session:
        for relation in FOLLOWED:
            assert await audit_tables.listened_to(session, relation) == set(audit_tables.OPERATIONS)
        for partition in await session.scalars(
            text(
                "SELECT relid::regclass::text FROM unnest(CAST(:tables AS text[])) AS t, pg_partition_tree(t::regclass)"
                " WHERE isleaf"
            ),
            {"tables": sorted(set(PARTITIONED) & set(FOLLOWED))},
        ):
            assert await audit_tables.listened_to(session, partition) == set(audit_tables.OPERATIONS)


async def test_the_tables_of_the_trail_are_as_the_program_reads_them(owner: asyncpg.Connection) -> None:
    for table in AuditBase.metadata.tables.values():
        columns = await owner.fetch(
            "SELECT attname, attnotnull FROM pg_attribute"
            " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
            f"{table.schema}.{table.name}",
        )
        assert {(each["attname"], not each["attnotnull"]) for each in columns} == {
            (column.name, bool(column.nullable)) for column in table.columns
        }


async def test_who_did_what_when_and_what_it_was_before(database: Database) -> None:
    with acting_as(ADA):
        id_ = await site(database, "Dresden")
    async with database.unit_of_work() as work:
        await work.session.execute(text("UPDATE sites SET name = 'Jena' WHERE name = 'Dresden'"))
        await work.session.execute(text("DELETE FROM sites"))
        await work.commit()
    made, renamed, removed = await entries(database)
    dresden = {"id": str(id_), "name": "Dresden", "time_zone": "UTC"}
    assert (made.operation, made.row_id, made.actor, made.request_id) == ("insert", id_, "user:ada", "request-1")
    assert (made.before, made.after, made.changed) == (None, dresden, ("id", "name", "time_zone"))
    assert (renamed.operation, renamed.actor, renamed.request_id) == ("update", "user:tester", None)
    assert (renamed.before, renamed.after, renamed.changed) == (dresden, dresden | {"name": "Jena"}, ("name",))
    assert (removed.operation, removed.before, removed.after) == ("delete", renamed.after, None)
    assert abs(datetime.now(tz=UTC) - made.at) < timedelta(minutes=10)
    assert made.at <= renamed.at <= removed.at


async def test_what_is_not_committed_leaves_nothing(database: Database) -> None:
    async with database.unit_of_work() as work:
        await work.session.execute(insert(Site).values(id=work.new_id(), name="Dresden"))
    assert await entries(database) == []


async def test_a_write_of_nobody_is_refused(database: Database, owner: asyncpg.Connection) -> None:
    await site(database, "a connection that somebody used before")
    for planned_once in (False, True):
        async with database.unit_of_work(quiet=True, planned_once=planned_once) as work:
            with pytest.raises(IntegrityError, match="a write to sites without an actor is refused"):
                await work.session.execute(insert(Site).values(id=work.new_id(), name="Dresden"))
    with pytest.raises(asyncpg.RestrictViolationError, match="without an actor"):
        await owner.execute("UPDATE sites SET name = 'x'")


async def test_a_program_in_which_nobody_is_said_to_act_does_not_get_so_far(database: Database) -> None:
    from data.acting import _ACTING  # noqa: PLC0415 - the tests' own actor is to be forgotten for once

    token = _ACTING.set(None)
    try:
        with pytest.raises(NobodyActs):
            async with database.unit_of_work():
                pass
    finally:
        _ACTING.reset(token)
    assert acting() == Actor("user:tester")


@pytest.mark.parametrize(
    ("name", "request_id"),
    [
        ("ada", None),
        ("", None),
        ("user:", None),
        ("robot:x", None),
        ("user:a\nb", None),
        ("user:" + "a" * 200, None),
        ("user:ada", ""),
        ("user:ada", "x" * 101),
    ],
)
def test_an_actor_says_what_it_is(name: str, request_id: str | None) -> None:
    with pytest.raises(ValueError, match="expected"):
        Actor(name, request_id)


async def test_an_inspection_is_kept_as_it_came_and_its_verdict(database: Database) -> None:
    version = await published(database)
    id_ = await judged(database, "fail", recipe_version_id=version.version_id, evidence={"lines": []})
    async with database.session() as session:
        came, verdict = await audit.history(session, id_)
    assert (came.relation, came.operation, came.after and came.after["state"]) == ("inspections", "insert", "received")
    assert verdict.after is not None
    assert (verdict.relation, verdict.after["verdict"]) == ("results", "fail")
    assert verdict.after["recipe_version_id"] == str(version.version_id)
    assert "evidence" not in verdict.after
    assert len(verdict.after["evidence_sha256"]) == 64


@pytest.mark.parametrize(("to", "kept"), [("queued", 0), ("failed", 1), ("cancelled", 1)])
async def test_where_the_queue_moves_an_inspection_is_no_decision(database: Database, to: str, kept: int) -> None:
    (id_,) = await waiting(database)
    async with database.unit_of_work() as work:
        if to == "failed":
            await work.inspections.move([id_], "running")
            await work.inspections.fail(id_, code="X", detail="x")
        else:
            await work.inspections.move([id_], to)  # type: ignore[arg-type]
        await work.commit()
    moves = [each for each in await entries(database, "inspections") if each.operation == "update"]
    assert [each.after and each.after["state"] for each in moves] == [to] * kept


async def test_many_rows_of_one_statement_are_entries_in_a_row(database: Database) -> None:
    async with database.unit_of_work() as work:
        rows = [{"id": work.new_id(), "code": f"L{number}"} for number in range(500)]
        await work.session.execute(insert(Lot).values(rows))
        await work.commit()
    made = await entries(database, "lots")
    assert [each.row_id for each in made] == [row["id"] for row in rows]
    assert len({each.at for each in made}) == 1


async def test_the_trail_is_the_same_whatever_zone_a_connection_is_in(owner: asyncpg.Connection) -> None:
    await owner.execute("SET timezone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET marksight.actor = 'user:ada'")
    await owner.execute("INSERT INTO lots (id, code, started_at) VALUES (uuid7_floor(now()), 'L', '2026-03-05 12:00Z')")
    kept = await owner.fetchval("SELECT after->>'started_at' FROM audit.lots")
    assert kept == "2026-03-05T12:00:00+00:00"


async def test_nor_does_it_matter_how_a_connection_writes_bytes_and_fractions(
    database: Database, owner: asyncpg.Connection
) -> None:
    await owner.execute("SET bytea_output = 'escape'; SET extra_float_digits = -10; SET marksight.actor = 'user:ada'")
    station = await site(database, "Dresden")
    line = "INSERT INTO lines (id, site_id, name) VALUES ($1, $1, 'A')"
    await owner.execute(line, station)
    await owner.execute("INSERT INTO stations (id, line_id, name) VALUES ($1, $1, 'S')", station)
    folder = "INSERT INTO watched_folders (station_id, path, settle_s) VALUES ($1, '/a', 0.1234567890123)"
    await owner.execute(folder, station)
    token = "INSERT INTO tokens (id, name, role, digest, prefix) VALUES ($1, 't', 'machine', sha256('a'), 'ms_a')"
    await owner.execute(token, station)
    async with database.session() as session:
        for relation in ("watched_folders", "tokens"):
            assert await audit_tables.first_difference(session, relation) is None


async def test_what_goes_past_a_table_to_its_partition_is_kept(database: Database, owner: asyncpg.Connection) -> None:
    (id_,) = await waiting(database)
    partition = await owner.fetchval("SELECT tableoid::regclass::text FROM inspections")
    await owner.execute("SET marksight.actor = 'user:eve'")
    await owner.execute(f"UPDATE {partition} SET attempt = 9")  # noqa: S608
    last = (await entries(database, "inspections"))[-1]
    assert (last.row_id, last.actor, last.changed) == (id_, "user:eve", ("attempt",))


async def test_a_row_whose_id_is_changed_is_kept_under_both(database: Database, owner: asyncpg.Connection) -> None:
    old, new = await site(database, "Dresden"), database.ids()
    await owner.execute("SET marksight.actor = 'user:eve'")
    await owner.execute("UPDATE sites SET id = $1", new)
    kept = {each.row_id: (each.before is None, each.after is None) for each in (await entries(database, "sites"))[1:]}
    assert kept == {old: (False, True), new: (True, False)}


async def _emptied(owner: asyncpg.Connection) -> None:
    for table in ("results", "recipe_versions"):  # what refuses to be emptied with the sites
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_kept")
    await owner.execute("TRUNCATE sites CASCADE")
    for table in ("results", "recipe_versions"):
        await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_kept")


async def test_emptying_a_table_is_kept(database: Database, owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("SET LOCAL marksight.actor = 'user:eve'")
        await _emptied(owner)
    (last,) = await entries(database, "sites")
    assert (last.operation, last.row_id, last.actor, last.changed) == ("truncate", None, "user:eve", ())


TABLES = ("audit.entries", "audit.results", "audit.heads", "audit.followed")
TRIED = ("DELETE FROM", "TRUNCATE", "DROP TABLE")
ALTERED = ("DISABLE TRIGGER ALL", "ADD COLUMN x int", "OWNER TO CURRENT_USER")
FORBIDDEN = [
    *(f"{tried} {table}" for table in TABLES for tried in TRIED),
    *(f"ALTER TABLE {table} {altered}" for table in TABLES for altered in ALTERED),
    *(f"INSERT INTO {table} DEFAULT VALUES" for table in TABLES),
    "UPDATE audit.entries SET actor = 'user:eve'",
    "UPDATE audit.results SET hash = hash",
    "UPDATE audit.heads SET position = 0",
    "UPDATE audit.followed SET silent = 'true'",
    "SELECT nextval('audit.ids')",
    "SELECT setval('audit.ids', 1)",
    "SELECT audit.follow('sites', 'id')",
    "SELECT audit.take('sites')",
    "SELECT audit.listen('sites', 'sites')",
    "SELECT audit.keeping('a', 'b', 'c')",
    "ALTER TABLE sites DISABLE TRIGGER audit_insert",
    "DROP TRIGGER audit_insert ON sites",
    "CREATE OR REPLACE FUNCTION audit.sites_insert() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION audit.sites_insert()",
    "CREATE TABLE audit.mine (id int)",
    "DROP SCHEMA audit CASCADE",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_application_role_may_not(database: Database, statement: str) -> None:
    async with database.session() as session:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await session.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entries SET actor = 'user:eve'",
        "UPDATE audit.sites SET hash = hash",
        "DELETE FROM audit.sites",
        "DELETE FROM audit.entries",
        "TRUNCATE audit.sites",
        "TRUNCATE audit.entries",
    ],
)
async def test_nor_may_the_owner_change_it(database: Database, owner: asyncpg.Connection, statement: str) -> None:
    await site(database, "Dresden")
    with pytest.raises(asyncpg.RestrictViolationError, match="the audit trail never changes"):
        await owner.execute(statement)


async def three_lots(database: Database) -> tuple[UUID, ...]:
    ids = []
    for number, name in enumerate(("ada", "bob", "ada")):
        with acting_as(Actor(f"user:{name}", f"request-{number}")):
            async with database.unit_of_work() as work:
                ids.append(await work.parts.open_lot(f"L{number}"))
                await work.commit()
    return tuple(ids)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        pytest.param({"actor": "user:ada"}, [2, 0], id="by actor"),
        pytest.param({"request_id": "request-1"}, [1], id="by request"),
        pytest.param({"relation": "lots", "operation": "insert"}, [2, 1, 0], id="by table and operation"),
        pytest.param({"relation": "sites"}, [], id="of another table"),
        pytest.param({"since": datetime(2099, 1, 1, tzinfo=UTC)}, [], id="yet to come"),
        pytest.param({"until": datetime(2099, 1, 1, tzinfo=UTC)}, [2, 1, 0], id="until then"),
    ],
)
async def test_entries_are_found(database: Database, sought: dict[str, Any], found: list[int]) -> None:
    ids = await three_lots(database)
    async with database.session() as session:
        page = await audit.page(session, Sought(**sought))
        assert [each.row_id for each in page.items] == [ids[number] for number in found]
        one = await audit.page(session, Sought(row_id=ids[1]))
    assert [each.row_id for each in one.items] == [ids[1]]


async def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    ids = await three_lots(database)
    seen, cursor = [], None
    async with database.session() as session:
        for _ in ids:
            page = await audit.page(session, Sought(), cursor=cursor, limit=1)
            seen += [each.row_id for each in page.items]
            cursor = page.next_cursor
            await site(database, f"{len(seen)}")  # what comes meanwhile shifts nothing
    assert (tuple(reversed(seen)), cursor) == (ids, None)


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 19, "\u0661", "1 "])
async def test_a_cursor_of_another_list_is_refused(database: Database, cursor: str) -> None:
    async with database.session() as session:
        with pytest.raises(CursorInvalid):
            await audit.page(session, Sought(), cursor=cursor)


async def test_what_was_true_at_a_moment(database: Database) -> None:
    before = datetime.now(tz=UTC) - timedelta(hours=1)
    (id_, *_) = await three_lots(database)
    async with database.session() as session:
        assert await audit.as_of(session, "lots", id_, before) is None
        now = await audit.as_of(session, "lots", id_, datetime.now(tz=UTC) + timedelta(hours=1))
    assert now is not None
    assert now.after is not None
    assert now.after["code"] == "L0"


async def test_a_row_of_a_table_that_was_emptied_is_not_there(database: Database, owner: asyncpg.Connection) -> None:
    id_ = await site(database, "Dresden")
    async with owner.transaction():
        await owner.execute("SET LOCAL marksight.actor = 'user:eve'")
        await _emptied(owner)
    later = datetime.now(tz=UTC) + timedelta(hours=1)
    async with database.session() as session:
        last = await audit.as_of(session, "sites", id_, later)
        assert await audit.as_of(session, "sites", database.ids(), later) is None
    assert last is not None
    assert (last.operation, last.actor, last.after) == ("truncate", "user:eve", None)


async def test_the_difference_between_two_versions(database: Database) -> None:
    first = await published(database, recipe())
    async with database.unit_of_work() as work:
        await work.recipes.begin_draft(first.recipe_id, recipe(manufacturer="TI"))
        await work.commit()
    versions = [each for each in await entries(database, "recipe_versions") if each.operation == "insert"]
    documents = [each.after["document"] for each in versions if each.after]
    assert [each.get("manufacturer", "") for each in documents] == ["", "TI"]


async def test_writers_do_not_wait_for_each_other(database: Database) -> None:
    async with database.unit_of_work() as first, database.unit_of_work() as second:
        for name, work in (("first", first), ("second", second)):
            await work.session.execute(insert(Lot).values(id=work.new_id(), code=name))
        await second.commit()
        await first.commit()
    async with database.session() as session:
        assert await audit.heads(session) == {
            ("lots", lane): (1, digest) for (_, lane), (_, digest) in (await audit.heads(session)).items()
        }
        assert len(await audit.heads(session)) == 2
