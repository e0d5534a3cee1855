"""What one process counts, from its start on, in its memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram

from data.repositories.figures import labels_of
from workers.metrics import METRICS, MOST_SERIES, OTHER, Metric

Samples = Mapping[tuple[str, str], float]
"""Values by the names of samples and their labels as they are kept (`labels_of`)."""


class Counting:
    """The counters and histograms of `METRICS`, as far as this process has counted; for all its threads.

    `process_id` is another for each process.
    """

    def __init__(self, process_id: UUID) -> None:
        self.process_id = process_id
        self._registry = CollectorRegistry(auto_describe=False)
        self._made = {each.name: _made(each, self._registry) for each in METRICS if each.kind != "gauge"}
        self._seen: dict[str, set[tuple[str, ...]]] = {name: set() for name in self._made}
        self._lock = threading.Lock()

    def count(self, metric: Metric, by: float = 1.0, **labels: str) -> None:
        """Count `by` more of a counter.

        Raises:
            ValueError: the labels are not those of the metric.
        """
        found = self._labelled(metric, labels)
        assert isinstance(found, Counter)  # noqa: S101  # the table says so
        found.inc(by)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Take a value into a histogram.

        Raises:
            ValueError: the labels are not those of the metric.
        """
        found = self._labelled(metric, labels)
        assert isinstance(found, Histogram)  # noqa: S101  # the table says so
        found.observe(value)

    def samples(self) -> dict[tuple[str, str], float]:
        """Return everything that was counted so far; what is 0 is left out."""
        collected = (sample for family in self._registry.collect() for sample in family.samples)
        return {
            (sample.name, labels_of(sample.labels)): sample.value
            for sample in collected
            if sample.value and not sample.name.endswith("_created")
        }

    def _labelled(self, metric: Metric, labels: Mapping[str, str]) -> Counter | Histogram:
        if labels.keys() != set(metric.labels):
            raise ValueError(f"expected labels {metric.labels} for {metric.name}, got {tuple(labels)}")
        made = self._made[metric.name]
        if not metric.labels:
            return made
        return made.labels(*self._bounded(metric, tuple(labels[name] for name in metric.labels)))

    def _bounded(self, metric: Metric, values: tuple[str, ...]) -> tuple[str, ...]:
        seen = self._seen[metric.name]
        if values in seen:
            return values
        with self._lock:
            if len(seen) >= MOST_SERIES:
                return (OTHER,) * len(values)
            seen.add(values)
        return values


def one(metric: Metric, **labels: str) -> tuple[str, str]:
    """Return the name and labels under which a counter is counted in a transaction (`data.repositories.figures`)."""
    return metric.name, labels_of(labels)


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Histogram:
    told = (metric.name, metric.meaning, metric.labels)
    if metric.kind == "histogram":
        return Histogram(*told, registry=registry, buckets=metric.bounds)
    return Counter(*told, registry=registry)
