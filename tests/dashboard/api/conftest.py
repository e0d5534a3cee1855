"""The API on real services, through both servers, with a worker beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from dashboard.api.app import create_app
from data import embedded_urls
from data.priorities import Priority
from data.settings import Settings
from tests.dashboard.conftest import SAMPLES
from tests.dashboard.probe import SERVERS
from workers.composition import Services
from workers.inspecting import inspect_batch, inspect_urgent
from workers.outbox import next_batch

Kept = Callable[[], Awaitable[dict[str, int]]]


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture(params=list(SERVERS))
async def api(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API behind either server."""
    async with (
        app.router.lifespan_context(app),
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


@pytest.fixture
async def one_api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API behind our own handler, for what cannot depend on the server."""
    async with (
        app.router.lifespan_context(app),
        SERVERS["tornado"](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


@pytest.fixture
async def worker(services: Services) -> AsyncIterator[None]:
    """A worker that inspects what comes in, while the test runs."""
    async with working(services):
        yield


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[None]:
    """Inspect what comes in while the context lasts."""
    stopped = asyncio.Event()
    task = asyncio.create_task(work(services, stopped))
    yield
    stopped.set()
    await task


async def work(services: Services, stopped: asyncio.Event) -> None:
    """Inspect what comes in until stopped."""
    while not stopped.is_set():
        await inspect_urgent(services, than=Priority.LIVE)
        batch_id = await next_batch(services)
        if batch_id is None:
            await asyncio.sleep(0.02)
        else:
            await inspect_batch(services, batch_id)


@pytest.fixture
async def kept(postgres: Settings) -> AsyncIterator[Kept]:
    """Counts every row and every stored file, to show that nothing was left behind."""
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))

    async def count() -> dict[str, int]:
        tables = (
            *("inspections", "images", "units", "outbox", "results", "idempotency_keys", "recipes", "lots"),
            *("runs", "run_files"),
        )
        rows = {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in tables}  # noqa: S608
        files = [path for name in ("store", "incoming") for path in (postgres.home / name).rglob("*") if path.is_file()]
        return {**rows, "files": len(files)}

    yield count
    await connection.close()


@pytest.fixture
def sample() -> bytes:
    """A clean part of the kind that the bundled recipe judges."""
    return (SAMPLES / "mc74hc32an-clean-1.jpg").read_bytes()


def sample_named(name: str) -> Path:
    return SAMPLES / name
