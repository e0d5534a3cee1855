"""Whatever is asked of the API, by somebody who may do everything or by nobody, its description foresaw the answer.

Schemathesis makes the requests from the description, right ones and wrong ones; what is there is asked for by its real
name, too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

from core.rights import Role
from dashboard.api.app import create_app
from dashboard.api.permits import OPEN
from dashboard.identity import COOKIE
from data import bundled
from data.settings import Settings
from tests.dashboard.api.conftest import working
from tests.dashboard.bare_services import BareServices
from tests.dashboard.conftest import RECIPES
from tests.dashboard.signing import Door, opened
from workers.composition import Services
from workers.opening import open_files
from workers.runs import settle

EXAMPLES = 8
EXAMPLES_OF_NOBODY = 2
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(create_app(BareServices(Settings())).openapi())
FOUND = [found.ok() for found in SCHEMA.get_all_operations()]
OPERATIONS = {f"{each.method.upper()} {each.path}": each for each in FOUND}
IN_ORDER = sorted(OPERATIONS, key=lambda name: (name.startswith("DELETE"), name))
"""Those that remove something come last."""

EMPTY = {"GET /v1/stations/{station}/folder"}
"""What none of those that are there has."""


@schemathesis.serializer("application/offset+octet-stream")
def pieces(_: Any, value: Any) -> bytes:
    """Send a piece of a file as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass
class Asked:
    """The server, and what is there, by the name of its place in a path."""

    door: Door
    there: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def asked(postgres: Settings, eraser: Callable[[], Awaitable[None]]) -> AsyncIterator[Asked]:
    """A plant with some of everything in it."""
    await eraser()
    without_limits = {"address_requests_per_min": 0, "session_requests_per_min": 0}
    async with (
        opened(postgres.model_copy(update=without_limits)) as door,
        working(door.services),
        door.client(door.sessions[Role.ADMIN]) as client,
    ):
        await fill(client)
        await end_runs(door.services, client)  # whose events would else go on
        there = {name: await names(client, *where) for name, where in PLACES.items()}
        yield Asked(door, {**there, "person": ["new0", "new1", "new2"]})  # not whoever asks


async def fill(client: httpx.AsyncClient) -> None:
    async def made(path: str, **body: Any) -> Any:
        return (await client.post(path, **body)).raise_for_status().json()

    document = json.loads((RECIPES / "mc74hc32an.json").read_text(encoding="utf-8"))
    recipe = await made("/v1/recipes", json=document)
    await made(f"/v1/recipes/{recipe['id']}/publish")
    for number in range(3):
        lot = await made("/v1/lots", json={"code": f"L{number}", "recipe": recipe["name"]})
        await made("/v1/units", json={"lot": lot["code"], "serial": f"S{number}"})
        await made("/v1/tokens", json={"name": f"aoi {number}", "role": "machine"})
        await made("/v1/me/tokens", json={"name": f"nightly {number}"})
        await made("/v1/people", json={"name": f"new{number}", "role": "viewer"})
        files = {"image": bundled.samples()[number].read()}
        await made("/v1/inspections", params={"wait_ms": 30_000, "lot": lot["code"]}, files=files)
        await made("/v1/uploads", files=files)


async def end_runs(services: Services, client: httpx.AsyncClient) -> None:
    while any(run["state"] != "done" for run in (await client.get("/v1/runs")).json()["items"]):
        await open_files(services)
        await settle(services)
        await asyncio.sleep(0.1)


PLACES: Mapping[str, tuple[str, str]] = {
    "inspection_id": ("/v1/inspections", "id"),
    "run_id": ("/v1/runs", "id"),
    "recipe_id": ("/v1/recipes", "id"),
    "unit_id": ("/v1/units", "id"),
    "lot": ("/v1/lots", "id"),
    "site": ("/v1/sites", "id"),
    "line": ("/v1/lines", "id"),
    "station": ("/v1/stations", "id"),
    "token_id": ("/v1/tokens", "id"),
}


async def names(client: httpx.AsyncClient, path: str, name: str) -> list[str]:
    items = (await client.get(path)).raise_for_status().json()["items"]
    assert items, f"nothing at {path}"
    return [str(item[name]) for item in items]


def ask(operation: Any, url: str, there: Mapping[str, list[str]], shown: Mapping[str, str], examples: int) -> set[int]:
    """Ask for an operation in many ways; return what was answered."""
    answered: set[int] = set()

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), really=st.integers(0, 3), which=st.integers(0, 99))
    def one(case: schemathesis.Case, really: int, which: int) -> None:
        for name in case.path_parameters if really else ():
            if known := there.get(name):
                case.path_parameters[name] = known[which % len(known)]
        if shown:  # and no token or cookie that was made up beside it
            case.headers.pop("Authorization", None)
            case.cookies.clear()
        answer = case.call(base_url=url, headers={**shown})
        answered.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS, headers={**shown})

    one()
    return answered


@pytest.mark.parametrize("name", IN_ORDER)
async def test_somebody_who_may_do_everything_is_answered_as_described(asked: Asked, name: str) -> None:
    shown = {"Cookie": f"{COOKIE}={asked.door.sessions[Role.ADMIN]}", "Origin": asked.door.url}
    answered = await asyncio.to_thread(ask, OPERATIONS[name], asked.door.url, asked.there, shown, EXAMPLES)
    if name.startswith("GET") and name not in EMPTY and set(re.findall(r"{(\w+)}", name)) <= asked.there.keys():
        assert 200 in answered, "what is there was not seen"


@pytest.mark.parametrize("name", IN_ORDER)
async def test_nobody_is_answered_as_described(asked: Asked, name: str) -> None:
    answered = await asyncio.to_thread(ask, OPERATIONS[name], asked.door.url, asked.there, {}, EXAMPLES_OF_NOBODY)
    method, path = name.split()
    assert ((method, path) in OPEN) == any(status < 400 for status in answered)
