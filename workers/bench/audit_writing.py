"""Results of real inspections, written as a worker writes them, by so many writers at once.

The statement is the program's own (`data.repositories.results.ADD`, with who acts beside it), sent by asyncpg alone:
one way to the database and back is one transaction. So the sender does next to nothing while the clock runs, and what
is measured is the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import asyncpg as sqlalchemy_asyncpg

from core.engines import Engines
from core.image import decode
from core.inspection import inspect
from data import bundled, embedded_urls
from data.acting import Actor
from data.database import PLANNED_ONCE
from data.queries.queue import Task
from data.repositories.results import ADD, NewResult, rows
from data.saying_who import WHO, said
from workers.bench.audit_databases import ITSELF
from workers.bench.reading import LIMITS
from workers.judging import Judged
from workers.readers import catalogue

_STATEMENT = select(*WHO).add_cte(ADD.cte("kept")).compile(dialect=sqlalchemy_asyncpg.dialect())  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Case:
    """How rows are written: by so many writers, so many rows a transaction; and transactions of each in a round."""

    name: str
    words: str
    writers: int
    rows: int
    transactions: int

    @property
    def rows_a_round(self) -> int:
        """Rows of all writers together."""
        return self.writers * self.rows * self.transactions


def real_results() -> tuple[NewResult, ...]:
    """Return what a worker would write of the bundled pictures, each judged by its recipe."""
    engines = Engines({catalogue.DEFAULT: catalogue.build(catalogue.DEFAULT)}, time.perf_counter)
    return tuple(_judged(sample, engines).result() for sample in bundled.samples())


def _judged(sample: bundled.Sample, engines: Engines) -> Judged:
    recipe, now = bundled.recipes()[sample.recipe], datetime.now(UTC)
    inspection = inspect(decode(sample.read(), LIMITS), recipe, engines, captured_at=now)
    return Judged(Task(UUID(int=0), UUID(int=0), (), now), recipe, inspection, attempts=1)


class Written:
    """Statements ready to be sent, made of results and the ids of inspections that have none yet."""

    def __init__(self, results: Sequence[NewResult], ids: Iterator[UUID]) -> None:
        self._results = cycle(results)
        self._ids = ids

    def transactions(self, count: int, size: int) -> list[tuple[Any, ...]]:
        """Return the arguments of `count` statements of `size` rows each."""
        return [self._arguments(size) for _ in range(count)]

    def _arguments(self, size: int) -> tuple[Any, ...]:
        new = [replace(next(self._results), inspection_id=next(self._ids)) for _ in range(size)]
        named = _STATEMENT.construct_params({"rows": rows(new), **said(Actor(ITSELF))})
        return tuple(named[name] for name in _STATEMENT.positiontup or ())


@asynccontextmanager
async def writers(home: Path, database: str, count: int) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connect `count` writers to a database, as workers connect."""
    url = embedded_urls.postgres_url(home, embedded_urls.APP_ROLE, database)
    settings = {"plan_cache_mode": PLANNED_ONCE, "timezone": "UTC"}
    keep = {"max_cached_statement_lifetime": 0}  # for ever
    connections = [await asyncpg.connect(url, server_settings=settings, **keep) for _ in range(count)]
    try:
        yield connections
    finally:
        for connection in connections:
            await connection.close()


async def rows_per_s(connections: Sequence[asyncpg.Connection], case: Case, written: Written) -> float:
    """Let the first of `connections` write what a case asks for; return the rows a second, all together."""
    chosen = connections[: case.writers]
    work = [written.transactions(case.transactions, case.rows) for _ in chosen]
    started = time.perf_counter()
    await asyncio.gather(*(_write(*each) for each in zip(chosen, work, strict=True)))
    return case.rows_a_round / (time.perf_counter() - started)


async def _write(connection: asyncpg.Connection, transactions: Sequence[tuple[Any, ...]]) -> None:
    for arguments in transactions:
        await connection.fetch(_STATEMENT.string, *arguments)
