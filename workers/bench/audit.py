"""What the audit trail costs: results written without it, with a bare copy of each row, and with the trail.

1. The three take turns, in another order each round, so that what else the machine does hits all alike; each figure is
   the median of the rounds.
2. A cost is the share of the rows a second that is lost beside `plain`.
3. The trail that was written is verified afterwards, and must be whole.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from data import embedded_urls
from data.database import Database
from workers.auditing import verify
from workers.bench.audit_databases import VARIANTS, databases
from workers.bench.audit_writing import Case, Written, real_results, rows_per_s, writers
from workers.bench.program import scratch_home
from workers.bench.report import Advance, Cell, Options, Report

BATCH = 64
WARM = 3
"""Transactions of each writer in every case before the clock runs: plans are made by then."""
ROUNDS = 15
TRIAL_ROUNDS = 1
CASES = (
    Case("single_1", "one writer, single rows", writers=1, rows=1, transactions=250),
    Case("single_8", "eight writers, single rows", writers=8, rows=1, transactions=100),
    Case("batch_1", f"one writer, {BATCH} rows a transaction", writers=1, rows=BATCH, transactions=8),
    Case("batch_8", f"eight writers, {BATCH} rows a transaction", writers=8, rows=BATCH, transactions=3),
)
PLAIN, *BESIDE = VARIANTS
CHAINED = BESIDE[-1]
GOALS = {1: 40.0, BATCH: 20.0}
"""By rows a transaction: what the trail may cost at most, in percent."""
COLUMNS = (
    ("written by", ""),
    *((f"{variant}_rows_per_s", ".0f") for variant in VARIANTS),
    *((f"{variant}_cost_percent", ".1f") for variant in BESIDE),
    ("goal", ""),
)


@dataclass(frozen=True)
class Way:
    """A variant, with the connections of its writers and what they have yet to write."""

    name: str
    connections: Sequence[asyncpg.Connection]
    written: Written


@dataclass(frozen=True)
class Seen:
    """Rows a second, by case and variant, of each round; and how fast what was written was verified."""

    rates: Mapping[str, Mapping[str, Sequence[float]]]
    verified_entries: int
    verified_s: float

    @property
    def verified_rows_per_s(self) -> float:
        """Entries walked a second."""
        return self.verified_entries / self.verified_s

    def rate(self, case: Case, variant: str) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.rates[case.name][variant])

    def cost_percent(self, case: Case, variant: str) -> float:
        """Return the share of the rows a second that is lost beside `plain`, in percent."""
        return 100 * (1 - self.rate(case, variant) / self.rate(case, PLAIN))


def run(options: Options, advance: Advance) -> Report:
    """Write results in every way, in turns, and verify the trail.

    With a limit it is a trial: one round, and so many transactions of each writer.

    Raises:
        ServiceError: PostgreSQL cannot start.
    """
    cases: Sequence[Case] = CASES
    rounds = ROUNDS
    if options.limit is not None:
        cases = [replace(case, transactions=min(case.transactions, options.limit)) for case in CASES]
        rounds = TRIAL_ROUNDS
    return _report(asyncio.run(_measure(cases, rounds, advance)), cases, rounds)


async def _measure(cases: Sequence[Case], rounds: int, advance: Advance) -> Seen:
    steps = rounds + 2
    advance(0, steps, "inspecting the bundled pictures")
    results = real_results()
    warming = [replace(case, transactions=WARM) for case in cases]
    count = sum(case.rows_a_round for case in (*warming, *(case for case in cases for _ in range(rounds))))
    with scratch_home() as home:
        async with databases(home, inspections=count) as ids, AsyncExitStack() as stack:
            most = max(case.writers for case in cases)
            ways = [
                Way(name, await stack.enter_async_context(writers(home, name, most)), Written(results, iter(ids)))
                for name in VARIANTS
            ]
            await _round(ways, warming)
            taken = []
            for number in range(rounds):
                advance(1 + number, steps, f"round {number + 1}")
                taken.append(await _round(_turned(ways, number), cases))
            advance(1 + rounds, steps, "verifying")
            entries, took_s = await _verified(home)
    rates = {case.name: {way: [one[case.name, way] for one in taken] for way in VARIANTS} for case in cases}
    return Seen(rates, entries, took_s)


async def _round(ways: Sequence[Way], cases: Sequence[Case]) -> dict[tuple[str, str], float]:
    """Write every case in every way; return the rows a second by case and way."""
    return {
        (case.name, way.name): await rows_per_s(way.connections, case, way.written) for case in cases for way in ways
    }


def _turned(ways: Sequence[Way], number: int) -> list[Way]:
    """Return the ways in the order of a round: each comes first, and last, as often as the others."""
    first = number % len(ways)
    return [*ways[first:], *ways[:first]]


async def _verified(home: Path) -> tuple[int, float]:
    """Verify the trail that was written; return its entries, and how many seconds that took.

    Raises:
        RuntimeError: it is not whole.
    """
    database = Database(embedded_urls.postgres_url(home, embedded_urls.APP_ROLE, CHAINED))
    started = time.perf_counter()
    try:
        found = await verify(database)
    finally:
        await database.close()
    if found.faults:
        raise RuntimeError(f"the trail is not whole: {found.faults[0]}")
    return found.entries, time.perf_counter() - started


def _report(seen: Seen, cases: Sequence[Case], rounds: int) -> Report:
    table = tuple(_row(seen, case) for case in cases)
    remarks = (
        f"Rows of `results` of real inspections (the bundled pictures), medians of {rounds} rounds in turns, written "
        "by the program's own statement through asyncpg, one way to the database and back a transaction, in the "
        "bundled PostgreSQL with the program's settings; writers and database share the cores.",
        "plain: no audit trigger on `results`; trigger: one for each statement that copies the rows as they are into "
        "another table; chained: the audit trail. A cost is the share of the rows a second that is lost.",
        f"Verified: {seen.verified_rows_per_s:.0f} entries a second, {seen.verified_entries} in all, with their tables "
        "compared.",
    )
    return Report("audit", "Audit trail", COLUMNS, table, remarks, metrics=_metrics(seen, cases))


def _row(seen: Seen, case: Case) -> tuple[Cell, ...]:
    return (
        case.words,
        *(seen.rate(case, way) for way in VARIANTS),
        *(seen.cost_percent(case, way) for way in BESIDE),
        f"under {GOALS[case.rows]:.0f}",
    )


def _metrics(seen: Seen, cases: Sequence[Case]) -> dict[str, object]:
    """Return figure -> case -> value."""
    rates = {f"{way}_rows_per_s": {case.name: seen.rate(case, way) for case in cases} for way in VARIANTS}
    costs = {f"{way}_cost_percent": {case.name: seen.cost_percent(case, way) for case in cases} for way in BESIDE}
    return {**rates, **costs, "verified_rows_per_s": seen.verified_rows_per_s}
