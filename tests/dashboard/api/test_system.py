"""How the server says that it lives, that all is there, and how the system stands."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import httpx
import pytest
from sqlalchemy import text

from core.errors import MarksightError
from dashboard.api.readiness import CHECKS, Check, look
from data.migrate import head
from workers.composition import Services

NEVER_S = 10_000.0


async def test_health_names_version_and_start(api: httpx.AsyncClient) -> None:
    first, again = (await api.get("/health")).json(), (await api.get("/health")).json()
    assert first == again
    assert (first["status"], first["version"]) == ("alive", version("marksight"))
    assert first["server_id"]


async def test_the_system_shows_versions_parts_and_figures(api: httpx.AsyncClient, worker: None, sample: bytes) -> None:
    await api.post("/v1/inspections?wait_ms=30000", files={"image": sample})
    answer = await api.get("/v1/system")
    assert answer.status_code == 200
    found = answer.json()
    assert found["version"] == version("marksight")
    assert found["packages"]["panel"] == version("panel")
    assert [part["name"] for part in found["parts"]] == list(CHECKS)
    figures = found["figures"]
    assert figures["verdicts"] == {"not_judged": 1}
    assert figures["states"] == {"done": 1}
    assert figures["queue"]["depth"] == 0
    assert figures["images"] == 1
    assert figures["revision"] == head()


async def test_what_waits_is_counted(one_api: httpx.AsyncClient, sample: bytes) -> None:
    for _ in range(3):
        await one_api.post("/v1/inspections", files={"image": sample})
    queue = (await one_api.get("/v1/system")).json()["figures"]["queue"]
    assert (queue["waiting"], queue["depth"]) == (3, 3)


async def there(_: Services) -> str:
    return "well"


async def failing(_: Services) -> str:
    raise MarksightError("it is broken\nand here is why at length")


async def unmade(services: Services) -> str:
    async with services.database.session() as session:
        return str(await session.scalar(text("SELECT 1 FROM not_yet_made")))


async def hanging(_: Services) -> str:
    await asyncio.sleep(NEVER_S)
    return "never"


async def test_a_database_without_tables_is_said_to_be_so(services: Services) -> None:
    (part,) = await look(services, {"this": unmade})
    assert (part.state, part.detail) == (
        "away", "there are no tables yet; they are being made, or wait for: marksight migrate",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("check", "state", "detail"),
    [
        (there, "ok", "well"),
        (failing, "away", "MarksightError: it is broken"),
        (hanging, "away", "no answer within 0.05 s"),
    ],
    ids=["well", "fails", "hangs"],
)
async def test_a_part_that_fails_or_hangs_is_away_and_says_why(
    services: Services, check: Check, state: str, detail: str
) -> None:
    part, other = await look(services, {"this": check, "other": there}, check_s=0.05)
    assert (part.name, part.state, part.detail) == ("this", state, detail)
    assert other.state == "ok"
