"""Every metric that `/metrics` shows: the one table in which they are named. `docs/metrics.md` tells of each.

1. Counters and histograms are kept in the database and added up over all processes (`data.tables.figures`), so that
   every server shows the same, whichever is asked; who asks several must not add them up.
2. Verdicts, failures, retries and losses are counted in the transaction that makes them: what was written is counted,
   whatever is killed. All else a process adds every few seconds (`workers.keeping_figures`): killed, it loses so much.
3. The bounds of a histogram never change: sums over processes of different ages would make no sense. Others are another
   metric.
4. Labels have few values, all of the program's own making, but for the names of stations, of which `MOST_STATIONS` are
   told by name. A process counts at most `MOST_SERIES` of a metric; what is beyond counts as `OTHER` in all labels.
5. Gauges are what is so when it is asked: read from the database and Redis, or measured by each living process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "histogram", "gauge"]
Over = Literal["sum", "most"]

OTHER = "other"
MOST_SERIES = 500
MOST_STATIONS = 200

REQUEST_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
STAGE_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STORE_BOUNDS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


@dataclass(frozen=True)
class Metric:
    """A metric: its name, kind and labels, what its numbers are, what it tells.

    `over` says what becomes of a gauge that several processes measure under the same labels: their sum, or the one that
    is farthest from zero.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    unit: str
    meaning: str
    bounds: tuple[float, ...] = ()
    over: Over = "sum"

    def __post_init__(self) -> None:
        if not self.name.startswith("marksight_") or (self.kind == "counter") != self.name.endswith("_total"):
            raise ValueError(f"expected marksight_..., with _total for counters alone, got {self.name!r}")
        if (self.kind == "histogram") != bool(self.bounds) or list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError(f"expected rising bounds for histograms alone, got {self.bounds} for {self.name!r}")
        if not self.meaning.endswith("."):
            raise ValueError(f"expected a sentence about {self.name!r}, got {self.meaning!r}")


REQUESTS = Metric(
    "marksight_requests_total", "counter", ("route", "method", "status"), "requests",
    "Requests by the template of their route, method and class of status (2xx, or gone: nobody waited).",
)  # fmt: skip
REQUEST_SECONDS = Metric(
    "marksight_request_seconds", "histogram", ("route", "method"), "seconds",
    "How long requests took until the whole answer was sent.", REQUEST_BOUNDS_S,
)  # fmt: skip
STAGE_SECONDS = Metric(
    "marksight_stage_seconds", "histogram", ("stage",), "seconds",
    "How long each stage of an inspection took.", STAGE_BOUNDS_S,
)  # fmt: skip
VERDICTS = Metric(
    "marksight_verdicts_total", "counter", ("verdict", "site", "line", "station"), "inspections",
    "Verdicts by kind and station.",
)  # fmt: skip
FAILURES = Metric(
    "marksight_failures_total", "counter", ("code",), "inspections",
    "Inspections that were kept as failed, by the code of the reason.",
)  # fmt: skip
RETRIES = Metric(
    "marksight_retries_total", "counter", (), "inspections",
    "Inspections that failed, rest and are tried again.",
)  # fmt: skip
LOST = Metric(
    "marksight_lost_total", "counter", (), "inspections",
    "Inspections taken back from workers that were gone, or from batches that none claimed in time.",
)  # fmt: skip
BATCHES = Metric("marksight_batches_total", "counter", (), "batches", "Batches handed out to workers.")
STORE_SECONDS = Metric(
    "marksight_store_seconds", "histogram", ("operation",), "seconds",
    "How long the image store took to read, write, delete or look.", STORE_BOUNDS_S,
)  # fmt: skip
STORE_BYTES = Metric(
    "marksight_store_bytes_total", "counter", ("operation",), "bytes",
    "Bytes read from and written to the image store, those of archives that are opened in place left out.",
)  # fmt: skip
STORE_ERRORS = Metric(
    "marksight_store_errors_total", "counter", ("operation",), "errors",
    "What the image store could not do.",
)  # fmt: skip
STARTS = Metric(
    "marksight_process_starts_total", "counter", ("role",), "processes",
    "Processes that have begun to work; replaced ones too.",
)  # fmt: skip

QUEUE = Metric(
    "marksight_queue_inspections", "gauge", ("priority", "place"), "inspections",
    "Inspections without a result: they wait, are told to a worker (batched), run, or rest before another attempt.",
)  # fmt: skip
QUEUE_OLDEST = Metric(
    "marksight_queue_oldest_seconds", "gauge", ("priority",), "seconds",
    "Age of the oldest inspection without a result since it came in; 0 for none.",
)  # fmt: skip
BATCHES_OUT = Metric(
    "marksight_queue_batches", "gauge", (), "batches", "Batches that are handed out and not done."
)  # fmt: skip
JOBS = Metric("marksight_redis_jobs", "gauge", (), "jobs", "Jobs in Redis that no worker has taken.")
PROCESSES = Metric(
    "marksight_processes", "gauge", ("role", "doing"), "processes",
    "Workers, relays and watchers that live, by what they do (idle, working, waiting).",
)  # fmt: skip
MEMORY = Metric(
    "marksight_resident_bytes", "gauge", ("role",), "bytes",
    "Memory that the living workers, relays and watchers hold together.",
)  # fmt: skip
CONNECTIONS = Metric(
    "marksight_database_connections", "gauge", ("role", "state"), "connections",
    "Connections in the pools of the living processes: in use or idle.",
)  # fmt: skip
SPOOL = Metric(
    "marksight_spool_inspections", "gauge", ("host",), "inspections",
    "Pictures taken in while the database was away that wait to be written; of several spools of a host, the fullest.",
    over="most",
)  # fmt: skip
SPOOL_BYTES = Metric(
    "marksight_spool_bytes", "gauge", ("host",), "bytes", "What these pictures take.", over="most"
)  # fmt: skip
SPOOL_ASIDE = Metric(
    "marksight_spool_aside", "gauge", ("host",), "records",
    "Records of the spool that cannot be used, and wait for somebody to look at them.", over="most",
)  # fmt: skip
DISK_USED = Metric(
    "marksight_disk_used_ratio", "gauge", ("host",), "ratio",
    "Share of the disk with the state folder that is used, 0 to 1; of several, the fullest.", over="most",
)  # fmt: skip
CLOCK = Metric(
    "marksight_clock_ahead_seconds", "gauge", ("host",), "seconds",
    "How far the clock of a machine is ahead of the database's; negative: behind.", over="most",
)  # fmt: skip
ANCHORS = Metric(
    "marksight_anchors_failing_seconds", "gauge", ("host",), "seconds",
    "For how long the audit trail could not be anchored from a machine, or has not fitted its anchors; 0: all is well.",
    over="most",
)  # fmt: skip
SOURCE = Metric(
    "marksight_source_up", "gauge", ("source",), "0 or 1",
    "Whether what metrics are read from answers: database, redis. What it would tell is left out while it does not.",
)  # fmt: skip
BUILD = Metric(
    "marksight_build_info", "gauge", ("version", "python"), "1", "Always 1: versions of the server that answers."
)  # fmt: skip

METRICS = tuple(each for each in list(globals().values()) if isinstance(each, Metric))
BY_NAME = {each.name: each for each in METRICS}
