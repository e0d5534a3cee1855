"""The bench of the audit trail compares the three ways to write on the real tables, and verifies what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workers.bench import audit
from workers.bench.audit import CASES, Seen, Way
from workers.bench.audit_databases import VARIANTS
from workers.bench.report import Options

BY_CASE = {
    "chained_cost_percent",
    "chained_rows_per_s",
    "plain_rows_per_s",
    "trigger_cost_percent",
    "trigger_rows_per_s",
}
"""Written out once more, as are the cases: programs that compare runs go by these names."""
OF_CASES = {"single_1", "single_8", "batch_1", "batch_8"}


def test_every_figure_is_measured_under_its_stable_name() -> None:
    steps: list[tuple[int, int, str]] = []
    report = audit.run(Options(photos=Path("nowhere"), limit=1), lambda *step: steps.append(step))
    metrics: dict[str, Any] = dict(report.metrics)
    assert set(metrics) == BY_CASE | {"verified_rows_per_s"}
    for name in BY_CASE:
        assert set(metrics[name]) == OF_CASES
        assert all(isinstance(value, float) for value in metrics[name].values())
    assert all(rate > 0 for name in BY_CASE if name.endswith("_per_s") for rate in metrics[name].values())
    assert metrics["verified_rows_per_s"] > 0
    assert [row[0] for row in report.rows] == [case.words for case in CASES]
    assert [row["goal"] for row in report.document()["rows"]] == ["under 40", "under 40", "under 20", "under 20"]  # type: ignore[attr-defined]
    assert [done for done, _, _ in steps] == list(range(steps[0][1]))


def seen(**plain_and_chained: tuple[list[float], list[float]]) -> Seen:
    rates = {
        name: {"plain": plain, "trigger": plain, "chained": chained}
        for name, (plain, chained) in plain_and_chained.items()
    }
    return Seen(rates, verified_entries=3000, verified_s=1.5)


def test_a_figure_is_the_median_of_its_rounds_and_a_cost_what_is_lost_of_it() -> None:
    found = seen(single_1=([1000.0, 10.0, 1200.0], [750.0, 1100.0, 20.0]))
    (case,) = (case for case in CASES if case.name == "single_1")
    assert found.rate(case, "plain") == 1000.0
    assert found.cost_percent(case, "trigger") == 0.0
    assert found.cost_percent(case, "chained") == pytest.approx(25.0)
    assert found.verified_rows_per_s == 2000.0


def test_each_way_comes_first_as_often_as_the_others() -> None:
    ways = [Way(name, [], None) for name in VARIANTS]  # type: ignore[arg-type]
    orders = [[way.name for way in audit._turned(ways, number)] for number in range(audit.ROUNDS)]
    for place in range(3):
        assert sorted(order[place] for order in orders) == sorted([*VARIANTS] * (audit.ROUNDS // 3))


def test_rows_of_a_round_are_those_of_all_writers() -> None:
    assert {case.name: (case.writers, case.rows) for case in CASES} == {
        "single_1": (1, 1),
        "single_8": (8, 1),
        "batch_1": (1, 64),
        "batch_8": (8, 64),
    }
    assert [case.rows_a_round for case in CASES] == [case.writers * case.rows * case.transactions for case in CASES]
