"""What `/metrics` shows, in Prometheus' text form: the figures of all processes, and how things stand.

The rules are those of `workers.metrics`. A database or a Redis that is away leaves gaps, and no zeros: a counter that
is not shown for a while has not been reset.
"""

from __future__ import annotations

import asyncio
import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import product

from prometheus_client.core import Metric as Family
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import uuid7_time
from data.outage import AWAY
from data.priorities import Priority
from data.queries import figures
from data.queries.figures import Placed, Sampled
from data.repositories.figures import labels_of
from workers import heartbeat, metrics
from workers.composition import Services
from workers.metrics import BY_NAME, METRICS, OTHER, Metric

SOURCE_S = 5.0
"""How long a source may take to answer."""
PLACES = ("waiting", "batched", "running", "resting")
NOWHERE = Placed("", "", "")
ELSEWHERE = Placed(OTHER, OTHER, OTHER)
DOING = {"idle": "idle", "no": "idle", "waits": "waiting"}
"""What a process does, by the first word of what it says of itself; all else is work."""

SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
_OF_SAMPLE = {f"{each.name}{suffix}": each for each in METRICS for suffix in SUFFIXES[each.kind]}


async def exposition(services: Services) -> bytes:
    """Return everything there is to show now."""
    parts = {"database": _database(services), "redis": _redis(services)}
    found = [Sampled(metrics.BUILD.name, {"version": version("marksight"), "python": platform.python_version()}, 1.0)]
    for source, told in zip(parts, await asyncio.gather(*parts.values()), strict=True):
        found.append(Sampled(metrics.SOURCE.name, {"source": source}, float(told is not None)))
        found += told or ()
    return text_of(found)


def text_of(samples: Iterable[Sampled]) -> bytes:
    """Return samples in the text form, each family in its place; what `METRICS` does not know is left out."""
    return generate_latest(_Families(samples))


class _Families(Collector):
    """Samples as families of Prometheus' client."""

    def __init__(self, samples: Iterable[Sampled]) -> None:
        self._by_metric: dict[str, list[Sampled]] = defaultdict(list)
        for sample in samples:
            metric = _OF_SAMPLE.get(sample.sample)
            if metric is not None and _fits(metric, sample):
                self._by_metric[metric.name].append(sample)

    def collect(self) -> Iterator[Family]:
        """Yield the families, in the order of the table."""
        for metric in METRICS:
            family = Family(metric.name.removesuffix("_total"), metric.meaning, metric.kind)
            for sample in sorted(self._by_metric[metric.name], key=_in_order):
                family.add_sample(sample.sample, sample.labels, sample.value)
            yield family


def _fits(metric: Metric, sample: Sampled) -> bool:
    """Tell whether a sample has the labels and bounds that this program knows; another version kept it, if not."""
    labels = set(sample.labels)
    if sample.sample.endswith("_bucket"):
        known = {*map(str, metric.bounds), "+Inf"}
        return labels == {*metric.labels, "le"} and sample.labels["le"] in known
    return labels == set(metric.labels)


def _in_order(sample: Sampled) -> tuple[str, str, float]:
    others = {name: value for name, value in sample.labels.items() if name != "le"}
    return labels_of(others), sample.sample, float(sample.labels.get("le", 0))


async def _database(services: Services) -> list[Sampled] | None:
    """Return what the database tells, or None while it does not."""
    try:
        async with asyncio.timeout(SOURCE_S), services.database.session() as session:
            kept = await figures.totals(session)
            stations = await figures.stations(session, metrics.MOST_STATIONS)
            measured = over_processes(await figures.gauges(session))
            return [*with_places(kept, stations), *measured, *await _queue(session)]
    except (SQLAlchemyError, *AWAY):
        return None


async def _queue(session: AsyncSession) -> list[Sampled]:
    rows, now = await figures.waiting(session)
    counts = {(row.priority, row.place): row.count for row in rows}
    oldest: dict[int, float] = {}
    for row in rows:
        age_s = (now - uuid7_time(row.oldest)).total_seconds()
        oldest[row.priority] = max(oldest.get(row.priority, 0.0), age_s)
    found = [Sampled(metrics.BATCHES_OUT.name, {}, float(await figures.batches_out(session)))]
    for priority in Priority:
        labels = {"priority": priority.name.lower()}
        found.append(Sampled(metrics.QUEUE_OLDEST.name, labels, oldest.get(priority, 0.0)))
    for priority, place in product(Priority, PLACES):
        labels = {"priority": priority.name.lower(), "place": place}
        found.append(Sampled(metrics.QUEUE.name, labels, float(counts.get((priority, place), 0))))
    return found


async def _redis(services: Services) -> list[Sampled] | None:
    """Return what Redis tells, or None while it does not."""
    try:
        async with asyncio.timeout(SOURCE_S):
            living = await asyncio.to_thread(heartbeat.living, services.queue.connection)
            jobs = await asyncio.to_thread(lambda: services.queue.count)
    except (RedisError, OSError):
        return None
    return [*alive(living), Sampled(metrics.JOBS.name, {}, float(jobs))]


def alive(living: Iterable[heartbeat.Heartbeat]) -> list[Sampled]:
    """Return who lives, by role and what they do, and the memory they hold."""
    doing: dict[tuple[str, str], int] = {}
    memory: dict[str, int] = defaultdict(int)
    for each in living:
        does = DOING.get(each.doing.split(":")[0].split(" ")[0], "working")
        doing[each.role, does] = doing.get((each.role, does), 0) + 1
        memory[each.role] += each.rss_mb * 2**20
    return [
        *(Sampled(metrics.PROCESSES.name, {"role": role, "doing": does}, n) for (role, does), n in doing.items()),
        *(Sampled(metrics.MEMORY.name, {"role": role}, held) for role, held in memory.items()),
    ]


def with_places(kept: Iterable[Sampled], stations: dict[str, Placed]) -> list[Sampled]:
    """Return figures with the names of stations in place of their ids; those of stations not named are added up."""
    summed: dict[tuple[str, str], float] = defaultdict(float)
    by_key: dict[tuple[str, str], dict[str, str]] = {}
    for sample in kept:
        labels = dict(sample.labels)
        if sample.sample == metrics.VERDICTS.name:
            station = labels.get("station", "")
            labels |= vars(stations.get(station, ELSEWHERE) if station else NOWHERE)
        key = sample.sample, labels_of(labels)
        summed[key] += sample.value
        by_key[key] = labels
    return [Sampled(sample, by_key[sample, labels], value) for (sample, labels), value in summed.items()]


def over_processes(measured: Iterable[Sampled]) -> list[Sampled]:
    """Return gauges over all processes that measured them: their sum, or the one that is farthest from zero."""
    found: dict[tuple[str, str], Sampled] = {}
    for sample in measured:
        metric, key = BY_NAME.get(sample.sample), (sample.sample, labels_of(sample.labels))
        before = found.get(key)
        if metric is None:
            continue
        if before is None:
            found[key] = sample
        elif metric.over == "sum":
            found[key] = Sampled(sample.sample, sample.labels, before.value + sample.value)
        else:
            found[key] = max(before, sample, key=lambda each: abs(each.value))
    return list(found.values())
