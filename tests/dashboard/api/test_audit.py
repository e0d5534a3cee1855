"""Reading the trail over HTTP: who did what, when, in the course of what; and rows as they were."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from data.acting import Actor, acting_as
from data.queries.page import encode
from data.settings import Settings
from data.tables.audit import FOLLOWED
from data.urls import owner_url
from tests.conftest import ROOT
from tests.dashboard.api.test_request_id import HEADER
from workers.composition import Services

ID = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"
FAR = "9998-12-31T00:00:00Z"


@pytest.fixture
async def owner(services: Services, postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_url(postgres))
    yield connection
    await connection.close()


async def listed(api: httpx.AsyncClient, **sought: Any) -> list[dict[str, Any]]:
    """Return entries, the newest first."""
    answer = await api.get("/v1/audit", params={"limit": 500, **sought})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def renamed_twice(api: httpx.AsyncClient) -> dict[str, Any]:
    """A site that was made and renamed twice, in three requests called made, first and second."""
    site = (await api.post("/v1/sites", json={"name": "Dresden"}, headers={HEADER: "made"})).raise_for_status().json()
    for request_id, name in (("first", "Jena"), ("second", "Gera")):
        changed = await api.patch(site["url"], json={"name": name}, headers={HEADER: request_id})
        changed.raise_for_status()
    found: dict[str, Any] = site
    return found


async def test_each_decision_is_listed_with_who_made_it_and_in_what_request(api: httpx.AsyncClient) -> None:
    site = await renamed_twice(api)
    entries = second, first, made = await listed(api, row_id=site["id"])
    assert [entry["request_id"] for entry in entries] == ["second", "first", "made"]
    assert {(entry["table"], entry["row_id"], entry["actor"]) for entry in entries} == {
        ("sites", site["id"], "user:local")
    }
    assert (made["operation"], made["before"], made["after"]["name"]) == ("insert", None, "Dresden")
    assert (first["operation"], first["changed"]) == ("update", ["name"])
    assert (first["before"]["name"], first["after"]["name"]) == ("Dresden", "Jena")
    assert first["after"] == second["before"]
    assert made["at"] <= first["at"] <= second["at"]
    assert abs(datetime.now(tz=UTC) - datetime.fromisoformat(second["at"])) < timedelta(minutes=10)
    assert all(entry["position"] > 0 and 0 <= entry["lane"] < 16 for entry in entries)


async def test_a_request_without_an_id_is_found_by_the_one_it_was_given(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.post("/v1/sites", json={"name": "Dresden"})
    (entry,) = await listed(one_api, request_id=answer.headers[HEADER])
    assert entry["after"]["name"] == "Dresden"


async def test_what_was_refused_leaves_nothing(one_api: httpx.AsyncClient) -> None:
    await renamed_twice(one_api)
    before = await listed(one_api)
    assert (await one_api.post("/v1/sites", json={"name": "Gera"}, headers={HEADER: "r"})).status_code == 409
    assert (await one_api.post("/v1/sites", json={"name": ""}, headers={HEADER: "r"})).status_code == 422
    assert await listed(one_api) == before


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        pytest.param({"table": "sites"}, ["machine's", "second", "first", "made"], id="by table"),
        pytest.param({"table": "lines"}, [], id="by another table"),
        pytest.param({"actor": "machine:aoi-3"}, ["machine's"], id="by actor"),
        pytest.param({"actor": "machine:aoi"}, [], id="by a piece of a name"),
        pytest.param({"operation": "insert", "table": "sites"}, ["machine's", "made"], id="by operation and table"),
        pytest.param({"operation": "delete"}, [], id="by another operation"),
        pytest.param({"request_id": "first"}, ["first"], id="by request"),
        pytest.param({"request_id": "first", "actor": "machine:aoi-3"}, [], id="by what goes not together"),
        pytest.param({"until": FAR, "actor": "user:local"}, ["second", "first", "made"], id="by time and actor"),
        pytest.param({"since": FAR}, [], id="in the future"),
    ],
)
async def test_entries_are_found_by_what_is_sought(
    services: Services, one_api: httpx.AsyncClient, sought: dict[str, str], found: list[str]
) -> None:
    await renamed_twice(one_api)
    with acting_as(Actor("machine:aoi-3", "machine's")):
        async with services.database.unit_of_work() as work:
            await work.plant.add("site", {"name": "Chemnitz"})
            await work.commit()
    entries = await listed(one_api, **sought)
    assert [each["request_id"] for each in entries if each["request_id"]] == found


async def test_entries_are_found_by_their_row(one_api: httpx.AsyncClient) -> None:
    site = await renamed_twice(one_api)
    await one_api.post("/v1/sites", json={"name": "Chemnitz"})
    assert [each["request_id"] for each in await listed(one_api, row_id=site["id"])] == ["second", "first", "made"]


async def test_a_time_is_counted_from_and_not_up_to(one_api: httpx.AsyncClient) -> None:
    its = {"row_id": (await renamed_twice(one_api))["id"]}
    second, first, made = await listed(one_api, **its)
    assert await listed(one_api, **its, since=first["at"]) == [second, first]
    assert await listed(one_api, **its, until=first["at"]) == [made]
    assert await listed(one_api, **its, since=first["at"], until=second["at"]) == [first]
    elsewhere = datetime.fromisoformat(first["at"]).astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert await listed(one_api, **its, since=elsewhere.isoformat()) == [second, first]


async def test_pages_follow_each_other_while_more_comes_in(one_api: httpx.AsyncClient) -> None:
    await renamed_twice(one_api)
    wanted = await listed(one_api)
    seen, cursor = [], None
    for number in range(len(wanted)):
        params = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await one_api.get("/v1/audit", params=params)).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        await one_api.post("/v1/sites", json={"name": f"later {number}"})
    assert (seen, cursor) == (wanted, None)


async def test_a_row_is_shown_as_it_was(api: httpx.AsyncClient) -> None:
    site = await renamed_twice(api)
    entries = await listed(api, row_id=site["id"])
    address = f"/v1/audit/sites/{site['id']}"
    for entry in entries:
        found = (await api.get(address, params={"at": entry["at"]})).json()
        assert (found["row"], found["entry_id"]) == (entry["after"], entry["id"])
        assert (found["table"], found["row_id"], found["at"]) == ("sites", site["id"], entry["at"])
        for name in ("operation", "actor", "request_id"):
            assert found[name] == entry[name]
    last = (await api.get(address)).json()
    assert (last["row"]["name"], last["at"], last["written_at"]) == ("Gera", None, entries[0]["at"])


async def test_what_nothing_is_known_of_by_then_is_not_there(api: httpx.AsyncClient) -> None:
    site = await renamed_twice(api)
    (*_, made) = await listed(api, row_id=site["id"])
    before = datetime.fromisoformat(made["at"]) - timedelta(microseconds=1)
    for address, params in (
        (f"/v1/audit/sites/{site['id']}", {"at": before.isoformat()}),
        (f"/v1/audit/lines/{site['id']}", {}),
        (f"/v1/audit/sites/{ID}", {"at": FAR}),
    ):
        answer = await api.get(address, params=params)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/row-unknown")
        assert "Nothing is known" in answer.json()["detail"]


async def test_what_was_deleted_is_not_there_and_it_is_said_when(one_api: httpx.AsyncClient) -> None:
    site = (await one_api.post("/v1/sites", json={"name": "Dresden"})).json()
    (await one_api.delete(site["url"])).raise_for_status()
    deleted, made = await listed(one_api, row_id=site["id"])
    assert (deleted["before"], deleted["after"]) == (made["after"], None)
    answer = await one_api.get(f"/v1/audit/sites/{site['id']}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/row-unknown")
    assert all(said in answer.json()["detail"] for said in ("delete", str(deleted["id"])))
    then = (await one_api.get(f"/v1/audit/sites/{site['id']}", params={"at": made["at"]})).json()
    assert then["row"]["name"] == "Dresden"


async def test_a_table_that_was_emptied_has_no_rows(one_api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    site = (await one_api.post("/v1/sites", json={"name": "Dresden"})).json()
    async with owner.transaction():
        await owner.execute("SET LOCAL marksight.actor = 'user:eve'")
        for table in ("results", "recipe_versions"):
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_kept")
        await owner.execute("TRUNCATE sites CASCADE")
        for table in ("results", "recipe_versions"):
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_kept")
    entry = (await listed(one_api, table="sites"))[0]
    assert (entry["operation"], entry["row_id"], entry["changed"]) == ("truncate", None, [])
    assert (await one_api.get(f"/v1/audit/sites/{site['id']}")).status_code == 404


HOSTILE: list[Any] = [
    pytest.param({"table": "outbox"}, "request-invalid", id="a table that is not followed"),
    pytest.param({"table": "pg_authid"}, "request-invalid", id="a table of the system"),
    pytest.param({"table": "lots; DROP TABLE lots"}, "request-invalid", id="a statement"),
    pytest.param({"table": ""}, "request-invalid", id="no table"),
    pytest.param({"row_id": "1"}, "request-invalid", id="an id that is none"),
    pytest.param({"row_id": "\x00"}, "request-invalid", id="an id of NUL"),
    pytest.param({"actor": ""}, "request-invalid", id="nobody"),
    pytest.param({"actor": "user:\x00"}, "request-invalid", id="an actor with NUL"),
    pytest.param({"actor": "u" * 201}, "request-invalid", id="an endless actor"),
    pytest.param({"operation": "select"}, "request-invalid", id="no operation of ours"),
    pytest.param({"request_id": "a\x00b"}, "request-invalid", id="a request id with NUL"),
    pytest.param({"request_id": "r" * 101}, "request-invalid", id="an endless request id"),
    pytest.param({"since": "yesterday"}, "request-invalid", id="no time"),
    pytest.param({"since": "2026-01-01T00:00:00"}, "request-invalid", id="a time without its zone"),
    pytest.param({"since": "0001-01-01T00:00:00Z"}, "request-invalid", id="before all times"),
    pytest.param({"until": "9999-12-31T23:59:59-12:00"}, "request-invalid", id="after all times"),
    pytest.param({"until": "1e400"}, "request-invalid", id="a huge number for a time"),
    pytest.param({"limit": "0"}, "request-invalid", id="none at all"),
    pytest.param({"limit": "501"}, "request-invalid", id="too many"),
    pytest.param({"limit": "9" * 400}, "request-invalid", id="a huge limit"),
    pytest.param({"limit": "many"}, "request-invalid", id="no number"),
    pytest.param({"colour": "red"}, "request-invalid", id="what nobody knows"),
    pytest.param({"cursor": ""}, "cursor-invalid", id="an empty cursor"),
    pytest.param({"cursor": encode(UUID(ID))}, "cursor-invalid", id="a cursor of another list"),
    pytest.param({"cursor": "9" * 19}, "cursor-invalid", id="a huge cursor"),
    pytest.param({"cursor": "-1"}, "cursor-invalid", id="a cursor before the first"),
    pytest.param({"cursor": "\x00"}, "cursor-invalid", id="a cursor of NUL"),
    pytest.param({"cursor": "1" * 101}, "request-invalid", id="an endless cursor"),
]


@pytest.mark.parametrize(("sought", "code"), HOSTILE)
async def test_what_cannot_be_sought_is_refused(one_api: httpx.AsyncClient, sought: dict[str, str], code: str) -> None:
    answer = await one_api.get("/v1/audit", params=sought)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{code}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        f"outbox/{ID}", f"nothing/{ID}", f"audit.lots/{ID}", f"LOTS/{ID}", "lots/1", "lots/L2047", "lots/%00",
        f"lots/{ID}?at=then", f"lots/{ID}?at=2026-01-01T00:00:00", f"lots/{ID}?at=0001-01-01T00:00:00Z",
        f"lots/{ID}?at=%00", f"lots/{ID}?at={'9' * 400}",
    ],
)  # fmt: skip
async def test_a_row_that_cannot_be_is_refused(one_api: httpx.AsyncClient, path: str) -> None:
    answer = await one_api.get(f"/v1/audit/{path}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid"), answer.text


async def test_a_table_that_is_not_followed_is_told_from_those_that_are(one_api: httpx.AsyncClient) -> None:
    (error,) = (await one_api.get("/v1/audit?table=outbox")).json()["errors"]
    assert error["where"] == "query.table"
    assert all(table in error["message"] for table in FOLLOWED)


@pytest.mark.parametrize("table", sorted(FOLLOWED))
async def test_every_table_that_is_followed_can_be_asked_for(one_api: httpx.AsyncClient, table: str) -> None:
    assert (await one_api.get("/v1/audit", params={"table": table})).status_code == 200
    assert (await one_api.get(f"/v1/audit/{table}/{ID}")).status_code == 404


@pytest.mark.parametrize("path", ["", f"/lots/{ID}"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_is_changed_there(one_api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await one_api.request(method, f"/v1/audit{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "HEAD, GET")


DOCS = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8").partition("\n## Reading the trail\n")[2]
ASKED = [
    *re.findall(r"curl -s '[^/]*//[^/]*(/[^']*)'", DOCS),
    *re.findall(r'curl -s "[^/]*//[^/]*(/[^"]*)\?at=\$at"', DOCS),
]
STATEMENTS = re.findall(r"```sql\n(.*?)```", DOCS, re.DOTALL)


def test_each_way_of_reading_is_shown_both_ways() -> None:
    assert (len(ASKED), len(STATEMENTS)) == (5, 5)


@pytest.mark.parametrize("address", ASKED)
async def test_what_the_docs_ask_for_is_answered(one_api: httpx.AsyncClient, address: str) -> None:
    answer = await one_api.get(address)
    assert answer.status_code == 200 or answer.json()["type"] == "/problems/row-unknown", answer.text


@pytest.mark.parametrize("statement", STATEMENTS, ids=range(len(STATEMENTS)))
async def test_what_the_docs_ask_in_sql_the_application_may_ask(services: Services, statement: str) -> None:
    async with services.database.session() as session:
        found = await session.execute(text(statement.replace(":", r"\:").replace(r"\:\:", "::")))
    assert list(found.keys())


async def test_the_docs_find_what_differs_between_two_versions(
    services: Services, one_api: httpx.AsyncClient, document: dict[str, Any]
) -> None:
    recipe = (await one_api.post("/v1/recipes", json=document)).raise_for_status().json()
    (await one_api.post(f"{recipe['url']}/publish")).raise_for_status()
    (await one_api.put(f"{recipe['url']}/draft", json={**document, "manufacturer": "TI"})).raise_for_status()
    (await one_api.post(f"{recipe['url']}/publish")).raise_for_status()
    (statement,) = (each for each in STATEMENTS if "jsonb_each" in each)
    of_this = re.sub(r"(recipe_id' = ')[^']*", rf"\g<1>{recipe['id']}", statement)
    async with services.database.session() as session:
        found = [tuple(row) for row in await session.execute(text(of_this))]
    assert found == [("manufacturer", document.get("manufacturer") or None, "TI")]
