"""Uploads while the database goes away and comes back: nothing that came is lost, nothing is half said."""

# ruff: noqa: F811 - fixtures come in by the names of arguments

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.dashboard.api.forms import assert_problem, begun, file, files_of, send, sha256, unseen
from tests.dashboard.api.test_outage import api, database, queue, services  # noqa: F401 - fixtures
from tests.dashboard.api.test_run_events import received
from tests.dashboard.api.tus import PIECE, TUS, announce, offset_of, patch
from tests.gate import Gate
from workers.composition import Services

pytestmark = pytest.mark.usefixtures("queue")


async def test_a_form_is_put_off_and_goes_on_under_its_key(
    api: httpx.AsyncClient,
    services: Services,
    database: Gate,
) -> None:
    first, second = file("a.png", unseen(1000)), file("b.png", unseen(1000))
    await database.close()
    answer = await send(api, first, second, key="k")
    assert_problem(answer, 503, "database-away")
    assert int(answer.headers["retry-after"]) > 0
    assert await services.incoming.entries() == []
    await database.open()
    assert (await send(api, first, second, key="k")).json()["counts"]["files"] == 2


async def test_pieces_come_in_while_the_database_is_away_and_are_stored_when_it_is_back(
    api: httpx.AsyncClient,
    services: Services,
    database: Gate,
) -> None:
    data = unseen(3_000_000)
    url = await announce(api, len(data))
    told = {**PIECE, "Upload-Offset": "0", "Content-Length": str(len(data))}
    reader, writer = await begun(api, "PATCH", url, data[:1_500_000], **told)
    while await offset_of(api, url) == 0:  # noqa: ASYNC110 - as a client would ask
        await asyncio.sleep(0.01)
    await database.close()
    writer.write(data[1_500_000:])
    assert b" 503 " in await reader.readline()
    writer.close()
    assert_problem(await api.get(url, headers=TUS), 503, "database-away")
    await database.open()
    assert await offset_of(api, url) == len(data)
    view = (await api.get(url)).json()
    assert view["stored"] is True
    run = (await api.get(view["run_url"])).json()
    assert run["state"] == "stored"
    assert await files_of(api, run) == [("a.zip", "stored", sha256(data))]
    assert await services.store.get(sha256(data)) == data


async def test_who_follows_a_run_sits_an_outage_out(
    api: httpx.AsyncClient,
    database: Gate,
) -> None:
    run = (await send(api, file("a.png", unseen(10)))).json()
    states = []
    async with asyncio.timeout(60):
        async for event in received(api, run["url"]):
            states.append(event.run["state"])
            if len(states) == 1:
                await database.close()
                await asyncio.sleep(0.5)
                await database.open()
                await api.post(f"{run['url']}/cancel")
    assert states == ["stored", "cancelled"]


async def test_a_piece_is_refused_while_nobody_knows_whose_it_is(
    api: httpx.AsyncClient,
    services: Services,
    database: Gate,
) -> None:
    url = await announce(api, 10)
    await database.close()
    assert_problem(await patch(api, url, b"12345", 0), 503, "database-away")
    await database.open()
    assert await offset_of(api, url) == 0
