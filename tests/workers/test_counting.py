"""A process counts in its memory, with few labels, from all its threads."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from data.repositories.figures import labels_of
from workers import metrics
from workers.counting import Counting, one
from workers.metrics import METRICS, MOST_SERIES, OTHER


@pytest.fixture
def counting() -> Counting:
    return Counting(UUID(int=1))


def test_at_first_nothing_was_counted(counting: Counting) -> None:
    assert counting.samples() == {}


def test_what_is_counted_is_told_under_its_labels(counting: Counting) -> None:
    for status in ("2xx", "2xx", "5xx"):
        counting.count(metrics.REQUESTS, status=status, route="/v1/runs", method="GET")
    counting.count(metrics.BATCHES, 3)
    told = {"route": "/v1/runs", "method": "GET"}
    assert counting.samples() == {
        ("marksight_requests_total", labels_of({**told, "status": "2xx"})): 2,
        ("marksight_requests_total", labels_of({**told, "status": "5xx"})): 1,
        ("marksight_batches_total", "{}"): 3,
    }


def test_a_histogram_tells_how_many_took_at_most_how_long(counting: Counting) -> None:
    for seconds in (0.001, 0.004, 99.0):
        counting.observe(metrics.STAGE_SECONDS, seconds, stage="read")
    told = {(sample, labels): value for (sample, labels), value in counting.samples().items()}
    assert told["marksight_stage_seconds_count", labels_of({"stage": "read"})] == 3
    assert told["marksight_stage_seconds_sum", labels_of({"stage": "read"})] == pytest.approx(99.005)
    bounds = {"0.001": 1, "0.0025": 1, "0.005": 2, "10.0": 2, "+Inf": 3}
    for bound, count in bounds.items():
        assert told["marksight_stage_seconds_bucket", labels_of({"stage": "read", "le": bound})] == count


@pytest.mark.parametrize("labels", [{}, {"stage": "read", "more": "x"}, {"step": "read"}])
def test_other_labels_than_the_tables_are_refused(counting: Counting, labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected labels"):
        counting.observe(metrics.STAGE_SECONDS, 1.0, **labels)


def test_there_is_a_most_of_series(counting: Counting) -> None:
    for number in range(MOST_SERIES + 50):
        counting.count(metrics.FAILURES, code=f"CODE_{number}")
    counting.count(metrics.FAILURES, code="CODE_0")
    told = counting.samples()
    assert len(told) == MOST_SERIES + 1
    assert told[one(metrics.FAILURES, code=OTHER)] == 50
    assert told[one(metrics.FAILURES, code="CODE_0")] == 2


def test_threads_lose_nothing(counting: Counting) -> None:
    def count() -> None:
        for number in range(2000):
            counting.count(metrics.FAILURES, code=str(number % 7))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counting.samples().values()) == 8000


@pytest.mark.parametrize("metric", [each for each in METRICS if each.kind != "gauge"], ids=lambda each: each.name)
def test_every_counter_and_histogram_of_the_table_can_be_counted(counting: Counting, metric: metrics.Metric) -> None:
    labels = dict.fromkeys(metric.labels, "x")
    (counting.count if metric.kind == "counter" else counting.observe)(metric, 1.0, **labels)
    assert counting.samples()


def test_processes_count_for_themselves() -> None:
    first, second = Counting(UUID(int=1)), Counting(UUID(int=2))
    first.count(metrics.BATCHES)
    assert second.samples() == {}
