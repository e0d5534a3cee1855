"""What the tests of the use cases stand on: services with engines that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from data import embedded_urls
from data.settings import Settings
from data.urls import app_url
from tests.gate import Gate
from tests.workers.fakes import Reader, engines
from workers.composition import Services, compose

Composed = Callable[..., Services]
Behind = Callable[..., Services]
Homed = Callable[..., Services]


@dataclass(frozen=True)
class GatedDatabase:
    """The database behind a gate, closed at first, and its URL through the gate."""

    gate: Gate
    url: SecretStr


@pytest.fixture
async def gated_database(services: Services, tmp_path: Path) -> AsyncIterator[GatedDatabase]:
    """The test's database, to be taken away and brought back."""
    socket = embedded_urls.postgres_socket(services.settings.home)
    front, back = (quote(str(folder), safe="") for folder in (tmp_path, socket.parent))
    gate = Gate(tmp_path / socket.name, socket)
    yield GatedDatabase(gate, SecretStr(app_url(services.settings).replace(back, front)))
    await gate.close()


@pytest.fixture
async def composed(services: Services, postgres: Settings) -> AsyncIterator[Composed]:
    """Composes services on the test's empty database, with a reader and changed settings; closes them at the end."""
    async with AsyncExitStack() as stack:

        def make(reader: Reader | None = None, **changes: Any) -> Services:
            changed = postgres.model_copy(update=changes)
            made = compose(changed, load_engines=engines(reader))
            stack.push_async_callback(made.close)
            return made

        yield make


@pytest.fixture
def homed(composed: Composed, emptied: None, tmp_path: Path) -> Homed:
    """Composes services with a state folder of the test's own, and anchors where it says."""

    def make(url: str | None = None, **changes: Any) -> Services:
        named = None if url is None else SecretStr(url)
        return composed(home=tmp_path, audit_anchor_url=named, **changes)

    return make


@pytest.fixture
async def database(emptied: None, postgres: Settings, tmp_path: Path) -> AsyncIterator[Gate]:
    own = embedded_urls.postgres_socket(postgres.home)
    gate = Gate(tmp_path / own.name, own)
    await gate.open()
    yield gate
    await gate.close()


@pytest.fixture
async def behind(database: Gate, postgres: Settings, tmp_path: Path) -> AsyncIterator[Behind]:
    """Composes services of a state folder of their own, whose database lies behind the gate."""
    run, here = (quote(str(folder), safe="") for folder in (embedded_urls.run_folder(postgres.home), tmp_path))
    url = SecretStr(embedded_urls.database_url(postgres.home).replace(run, here))
    made: list[Services] = []

    def make(**changes: object) -> Services:
        changed = {"database_url": url, "home": tmp_path / "home", **changes}
        (tmp_path / "home").mkdir(exist_ok=True)
        made.append(compose(postgres.model_copy(update=changed)))
        return made[-1]

    yield make
    for services in made:
        await services.close()
