"""The table of metrics says of each what it must, and `docs/metrics.md` names the same ones and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workers.metrics import METRICS, Metric

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(marksight_\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
LABEL = re.compile(r"`(\w+)`")


def documented() -> dict[str, tuple[str, tuple[str, ...], str]]:
    """Return what the documentation says: kind, labels and unit of each metric."""
    rows = ROW.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8"))
    assert len({name for name, *_ in rows}) == len(rows), "a metric is told of twice"
    return {name: (kind, tuple(LABEL.findall(labels)), unit) for name, kind, labels, unit, _ in rows}


def test_the_documentation_names_every_metric_and_no_other() -> None:
    assert documented() == {each.name: (each.kind, each.labels, each.unit) for each in METRICS}


def test_no_metric_is_named_twice() -> None:
    assert len({each.name for each in METRICS}) == len(METRICS) > 20


WRONG = {
    "no name of ours": {"name": "requests_total"},
    "a counter without its ending": {"name": "marksight_requests"},
    "a gauge with a counter's ending": {"kind": "gauge"},
    "a histogram without bounds": {"name": "marksight_x", "kind": "histogram"},
    "a counter with bounds": {"bounds": (1.0,)},
    "bounds that fall": {"name": "marksight_x", "kind": "histogram", "bounds": (2.0, 1.0)},
    "a bound twice": {"name": "marksight_x", "kind": "histogram", "bounds": (1.0, 1.0)},
    "no sentence": {"meaning": "x"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_metric_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    told = {"name": "marksight_x_total", "kind": "counter", "labels": (), "unit": "x", "meaning": "X."}
    Metric(**told)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected"):
        Metric(**{**told, **changes})  # type: ignore[arg-type]
