"""The bench of the audit trail writes results as a worker does; beside them lies what each way is to keep."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from data import embedded_urls
from data.repositories.results import NewResult
from workers.bench.audit import CASES, CHAINED, PLAIN
from workers.bench.audit_databases import VARIANTS, databases
from workers.bench.audit_writing import Written, real_results, rows_per_s, writers
from workers.bench.program import scratch_home

Results = tuple[NewResult, ...]

KEPT = "SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM audit.results)"
COPIED = (
    "SELECT count(*) FROM results_shadow AS s JOIN results AS r USING (inspection_id) WHERE s.evidence = r.evidence"
)


@pytest.fixture(scope="module")
def results() -> Results:
    return real_results()


def test_results_are_those_of_the_bundled_pictures_with_their_evidence(results: Results) -> None:
    assert "pass" in {result.verdict for result in results}
    assert all(len(result.evidence) > 2000 for result in results)
    assert all(json.loads(result.evidence)["lines"] for result in results)


def test_results_come_again_and_again_and_inspections_once(results: Results) -> None:
    ids = [UUID(int=number) for number in range(len(results) + 1)]
    written = Written(results, iter(ids))
    (all_of_them,), (one_more,) = written.transactions(1, len(results)), written.transactions(1, 1)
    (told,) = (value for value in all_of_them if str(value).startswith("["))
    assert [row["inspection_id"] for row in json.loads(told)] == [str(id_) for id_ in ids[:-1]]
    (told,) = (value for value in one_more if str(value).startswith("["))
    assert json.loads(told)[0]["digest"] == f"\\x{results[0].digest.hex()}"


async def test_each_way_keeps_the_rows_and_beside_them_what_it_is_named_for(results: Results) -> None:
    case = replace(CASES[-1], writers=2, rows=3, transactions=2)
    with scratch_home() as home:
        async with databases(home, inspections=case.rows_a_round) as ids:
            for variant in VARIANTS:
                async with writers(home, variant, case.writers) as connections:
                    assert await rows_per_s(connections, case, Written(results, iter(ids))) > 0
                owner = await asyncpg.connect(embedded_urls.postgres_url(home, embedded_urls.OWNER_ROLE, variant))
                try:
                    entries = case.rows_a_round if variant == CHAINED else 0
                    assert tuple(await owner.fetchrow(KEPT)) == (case.rows_a_round, entries)
                    if variant not in {PLAIN, CHAINED}:
                        assert await owner.fetchval(COPIED) == case.rows_a_round
                finally:
                    await owner.close()
