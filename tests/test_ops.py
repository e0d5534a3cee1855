"""Dashboard, alert rules and runbooks name what there is: metrics, labels and values of the program, and each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from data.priorities import Priority
from workers.exposition import PLACES, SUFFIXES
from workers.metrics import METRICS, Metric

ROOT = Path(__file__).resolve().parents[1]
DOCS, OPS = ROOT / "docs", ROOT / "ops"
RUNBOOKS = (DOCS / "runbooks.md").read_text("utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((OPS / "alerts.yaml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
SAMPLES: dict[str, Metric] = {
    f"{metric.name}{suffix}": metric for metric in METRICS for suffix in SUFFIXES[metric.kind]
}
VALUES = {
    "source": {"database", "redis"},
    "role": {"worker", "relay", "watcher", "server"},
    "priority": {each.name.lower() for each in Priority},
    "place": set(PLACES),
    "verdict": {"pass", "fail", "borderline", "not_judged"},
    "status": {"1xx", "2xx", "3xx", "4xx", "5xx", "gone"},
    "stage": {"decode", "locate", "rectify", "detect", "read", "rest"},
}
SCRAPED = {"instance", "job", "le"}
"""Labels that Prometheus adds, and the one of buckets."""

WRITTEN = re.compile(r"`([^`\n]*marksight_\w+[^`\n]*[({][^`\n]*)`")
"""Expressions in the words of a page."""

EXPRESSIONS = {
    **{f"alert {rule['alert']}": rule["expr"] for rule in RULES},
    **{
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    },
    **{
        f"{page.name} {number}": code
        for page in (DOCS / "metrics.md", DOCS / "runbooks.md")
        for number, code in enumerate(WRITTEN.findall(page.read_text("utf-8")))
    },
}  # fmt: skip


def selectors(node: Any) -> Iterator[Any]:
    """Yield what an expression selects, wherever it lies in it."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        if hasattr(node, name):
            yield from selectors(getattr(node, name))
    for argument in getattr(node, "args", None) or ():
        yield from selectors(argument)


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_is_one_and_asks_for_what_there_is(expression: str) -> None:
    found = list(selectors(promql_parser.parse(expression)))
    assert found
    labels = set().union(*(set(SAMPLES[each.name].labels) for each in found)) | SCRAPED
    for each in found:
        for matcher in each.matchers.matchers:
            assert matcher.name in SAMPLES[each.name].labels, matcher.name
            told = set(matcher.value.split("|"))
            assert told <= VALUES.get(matcher.name, told), f"{matcher.name} is never {told}"
    grouped = re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", expression)
    assert {name.strip() for names in grouped for name in names.split(",")} <= labels


def test_every_name_on_the_pages_about_metrics_is_one() -> None:
    told = (DOCS / "metrics.md", DOCS / "runbooks.md", OPS / "alerts.yaml", OPS / "grafana.json")
    named = set(re.findall(r"\bmarksight_[a-z_]+", "".join(page.read_text("utf-8") for page in told)))
    assert named <= set(SAMPLES) | {metric.name for metric in METRICS}, named


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_in_words_and_leads_to_its_runbook(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Marksight([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_label_that_an_alert_tells_is_one_it_has(rule: dict[str, Any]) -> None:
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    kept = {name.strip() for names in re.findall(r"\bby \(([^)]*)\)", rule["expr"]) for name in names.split(",")}
    assert told <= kept


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    sections = re.findall(r"^## (\S+)$", RUNBOOKS, re.MULTILINE)
    assert sections == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("section", RUNBOOKS.split("\n## ")[1:], ids=lambda section: section.split("\n")[0])
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(section: str) -> None:
    assert re.findall(r"^\*\*(\w+)\*\*:", section, re.MULTILINE) == ["Means", "Look", "Do"]
    assert len(section.splitlines()) < 12


def test_a_runbook_that_is_named_in_another_is_there() -> None:
    names = {rule["alert"] for rule in RULES}
    assert set(re.findall(r"\*(Marksight\w+)\*", RUNBOOKS)) <= names


def test_every_metric_is_on_the_dashboard() -> None:
    asked = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    assert {metric.name for metric in METRICS if metric.name not in asked} == set()


def test_the_panels_of_the_dashboard_lie_beside_each_other() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        grid = panel["gridPos"]
        own = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not own & cells, panel["title"]
        assert max(x for x, _ in own) < 24
        cells |= own
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]} == {"${datasource}"}


def test_an_expression_that_names_what_there_is_not_is_found() -> None:
    """What the first test here stands on."""
    (found,) = selectors(promql_parser.parse('max(rate(marksight_nothing_total{role="worker"}[5m]))'))
    assert found.name not in SAMPLES
    with pytest.raises(ValueError, match=r".+"):
        promql_parser.parse("sum by (x marksight_requests_total")
