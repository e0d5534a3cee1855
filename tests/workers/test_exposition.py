"""What `/metrics` shows is read by Prometheus' own parser, names stations, and has gaps where something is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from data.priorities import Priority
from data.queries.figures import Placed, Sampled
from tests.workers.queue_probe import picture
from workers import heartbeat, metrics
from workers.composition import Services
from workers.counting import Counting
from workers.exposition import alive, exposition, over_processes, text_of, with_places
from workers.heartbeat import Heartbeat
from workers.intake import Particulars, accept
from workers.keeping_figures import KeepingFigures
from workers.metrics import METRICS

Composed = Callable[..., Services]
STATION, OTHER_STATION = (str(UUID(int=number)) for number in (1, 2))


def read(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """Return samples by their names and the values of their labels, in the order of the labels' names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            values = tuple(value for _, value in sorted(sample.labels.items()))
            assert values not in found.setdefault(sample.name, {}), "a sample stands there twice"
            found[sample.name][values] = sample.value
    return found


def kept(counting: Counting) -> list[Sampled]:
    import json  # noqa: PLC0415

    return [Sampled(sample, json.loads(labels), value) for (sample, labels), value in counting.samples().items()]


def test_every_metric_has_its_family_with_words_and_kind() -> None:
    families = {family.name: family for family in text_string_to_metric_families(text_of([]).decode())}
    assert set(families) == {each.name.removesuffix("_total") for each in METRICS}
    for each in METRICS:
        family = families[each.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (each.kind, each.meaning)


def test_a_histogram_rises_from_bound_to_bound() -> None:
    counting = Counting(UUID(int=1))
    for seconds in (0.0001, 0.003, 0.02, 0.3, 99.0):
        for stage in ("read", "locate"):
            counting.observe(metrics.STAGE_SECONDS, seconds, stage=stage)
    lines = [line for line in text_of(kept(counting)).decode().splitlines() if 'stage="read"' in line]
    buckets = [float(line.rsplit(" ", 1)[1]) for line in lines if "_bucket" in line]
    assert len(buckets) == len(metrics.STAGE_BOUNDS_S) + 1
    assert buckets == sorted(buckets)
    assert 'le="+Inf"' in [line for line in lines if "_bucket" in line][-1]


HOSTILE = ('a"b', "back\\slash", "new\nline", "", "чип 🧪", 'x",station="y', "}")


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_station_is_called_the_text_is_read_back(name: str) -> None:
    labels = {"verdict": "pass", "site": "s", "line": name, "station": name}
    assert read(text_of([Sampled(metrics.VERDICTS.name, labels, 7.0)]))["marksight_verdicts_total"] == {
        (name, "s", name, "pass"): 7
    }


UNKNOWN = {
    "a metric of another version": Sampled("marksight_novelties_total", {}, 1.0),
    "labels of another version": Sampled("marksight_failures_total", {"reason": "x"}, 1.0),
    "a bound of another version": Sampled("marksight_stage_seconds_bucket", {"stage": "read", "le": "0.123"}, 1.0),
}


@pytest.mark.parametrize("sample", UNKNOWN.values(), ids=UNKNOWN)
def test_what_another_version_kept_is_left_out(sample: Sampled) -> None:
    assert text_of([sample]) == text_of([])


def test_stations_are_told_by_name_and_the_others_added_up() -> None:
    def verdict(station: str, value: float) -> Sampled:
        return Sampled(metrics.VERDICTS.name, {"verdict": "pass", "station": station}, value)

    found = with_places(
        [verdict(STATION, 1), verdict(OTHER_STATION, 2), verdict(str(UUID(int=9)), 4), verdict("", 8)],
        {STATION: Placed("Dresden", "L1", "S1")},
    )
    assert {(each.labels["site"], each.labels["station"]): each.value for each in found} == {
        ("Dresden", "S1"): 1, ("other", "other"): 6, ("", ""): 8,
    }  # fmt: skip
    assert len(read(text_of(found))["marksight_verdicts_total"]) == 3


def test_gauges_of_several_processes_are_added_or_the_farthest_is_told() -> None:
    def of(metric: metrics.Metric, value: float) -> Sampled:
        return Sampled(metric.name, dict.fromkeys(metric.labels, "x"), value)

    measured = [of(metrics.CONNECTIONS, 2), of(metrics.CONNECTIONS, 3), of(metrics.SPOOL, 4), of(metrics.SPOOL, 4)]
    measured += [of(metrics.CLOCK, 0.5), of(metrics.CLOCK, -2.0), of(metrics.CLOCK, 1.0)]
    measured += [Sampled("marksight_of_another_version", {}, 1.0)]
    assert {each.sample: each.value for each in over_processes(measured)} == {
        metrics.CONNECTIONS.name: 5, metrics.SPOOL.name: 4, metrics.CLOCK.name: -2,
    }  # fmt: skip


DOES = [("idle", "idle"), ("batch 0199", "working"), ("what is waited for", "working"), ("opening files", "working")]
DOES += [("waits: fab 1: no such folder", "waiting"), ("no folder is watched", "idle"), ("", "working")]


@pytest.mark.parametrize(("says", "does"), DOES)
def test_who_lives_is_told_by_what_they_do(says: str, does: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    beats = [Heartbeat("worker", str(number), now, now, doing=says, rss_mb=10) for number in range(3)]
    found = read(text_of(alive(beats)))
    assert found["marksight_processes"] == {(does, "worker"): 3}
    assert found["marksight_resident_bytes"] == {("worker",): 30 * 2**20}


async def test_an_empty_installation_shows_zeros_and_no_counts(services: Services) -> None:
    found = read(await exposition(services))
    assert set(found["marksight_queue_inspections"].values()) == {0}
    assert len(found["marksight_queue_inspections"]) == 4 * len(Priority)
    assert found["marksight_source_up"] == {("database",): 1, ("redis",): 1}
    assert set(found["marksight_build_info"].values()) == {1}
    assert found["marksight_redis_jobs"] == {(): 0}
    assert "marksight_verdicts_total" not in found


async def test_the_queue_is_shown_with_its_age(services: Services) -> None:
    services.clock = lambda: datetime.now(UTC)
    await accept(services, picture(), Particulars(priority=Priority.WAITING))
    found = read(await exposition(services))
    assert found["marksight_queue_inspections"]["waiting", "waiting"] == 1
    assert 0 <= found["marksight_queue_oldest_seconds"][("waiting",)] < 60
    assert found["marksight_queue_oldest_seconds"][("batch",)] == 0


async def test_who_lives_is_shown(services: Services) -> None:
    heartbeat.beat(services.queue.connection, heartbeat.first("worker", "one"))
    assert read(await exposition(services))["marksight_processes"] == {("idle", "worker"): 1}


async def test_what_processes_measure_is_shown(services: Services) -> None:
    figures = KeepingFigures(services, "server")
    for _ in range(2):  # the first time, it does not know how its clock goes
        figures._shown = -float("inf")
        await figures.keep()
    found = read(await exposition(services))
    assert all(abs(value) < 5 for value in found["marksight_clock_ahead_seconds"].values())
    assert len(found["marksight_clock_ahead_seconds"]) == 1
    assert found["marksight_process_starts_total"] == {("server",): 1}
    assert 0 < next(iter(found["marksight_disk_used_ratio"].values())) < 1
    assert set(found["marksight_spool_inspections"].values()) == {0}
    assert sum(found["marksight_database_connections"].values()) >= 1


AWAY = {
    "database": ({"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/x")}, "marksight_queue_inspections"),
    "redis": ({"redis_url": SecretStr("redis://127.0.0.1:1/0")}, "marksight_redis_jobs"),
}


@pytest.mark.parametrize(("source", "changes", "missing"), [(name, *told) for name, told in AWAY.items()], ids=AWAY)
async def test_what_is_away_leaves_a_gap_and_is_said(
    composed: Composed, source: str, changes: dict[str, object], missing: str
) -> None:
    found = read(await exposition(composed(**changes)))
    other = ({"database", "redis"} - {source}).pop()
    assert found["marksight_source_up"] == {(source,): 0, (other,): 1}
    assert missing not in found
    assert AWAY[other][1] in found
    assert "marksight_build_info" in found
