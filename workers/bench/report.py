"""What a bench answers: a table with figures, where and when it was measured, and remarks."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

Cell = str | int | float | None
Advance = Callable[[int, int, str], None]
"""Told (done, of how many, what is being done) after every step."""


class BenchUnable(Exception):
    """A bench cannot run here; the message says what it needs."""


@dataclass(frozen=True)
class Options:
    """What a bench may be told: the folder of labelled photos, at most how many of them, and which readers."""

    photos: Path
    limit: int | None = None
    readers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A table: `columns` with the format of their numbers, `rows` of as many cells, remarks under it.

    `metrics` are the figures under stable names, for programs that compare runs.
    """

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    remarks: tuple[str, ...] = ()
    metrics: Mapping[str, object] = field(default_factory=dict)
    machine: str = ""
    measured_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "machine", self.machine or machine())
        object.__setattr__(self, "measured_at", self.measured_at or datetime.now(UTC).strftime("%Y-%m-%d"))
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"expected rows of {len(self.columns)} cells, got {row}")

    def cells(self) -> list[list[str]]:
        """Return the rows as text, a dash for what is not known."""
        return [
            [self._text(cell, form) for cell, (_, form) in zip(row, self.columns, strict=True)] for row in self.rows
        ]

    @staticmethod
    def _text(cell: Cell, form: str) -> str:
        if cell is None:
            return "–"
        return cell if isinstance(cell, str) else format(cell, form)

    def document(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        names = [name for name, _ in self.columns]
        rows = [dict(zip(names, row, strict=True)) for row in self.rows]
        facts = {"name": self.name, "title": self.title, "machine": self.machine, "measured_at": self.measured_at}
        return {**facts, "rows": rows, "metrics": dict(self.metrics), "remarks": list(self.remarks)}

    def markdown(self) -> str:
        """Return the report as a Markdown section."""
        head = [name for name, _ in self.columns]
        table = [head, ["---", *("---:" for _ in head[1:])], *self.cells()]
        drawn = "\n".join(f"| {' | '.join(row)} |" for row in table)
        remarks = "".join(f"\n- {remark}" for remark in self.remarks)
        return f"## {self.title}\n\nMeasured {self.measured_at} on {self.machine}.\n\n{drawn}\n{remarks}\n"


PREFACE = "# Benchmarks\n\nMade by `marksight bench`.\n"


def merged(page: str, reports: Iterable[Report]) -> str:
    """Return a page of Markdown sections with those of `reports` in it: in the place of the old one, or at the end.

    An empty page is begun; the sections of other subjects stay as they are.
    """
    preface, *sections = re.split(r"^(?=## )", page or PREFACE, flags=re.MULTILINE)
    by_title = {section.split("\n", 1)[0]: section.strip("\n") for section in sections}
    by_title |= {f"## {report.title}": report.markdown().strip("\n") for report in reports}
    return "\n\n".join([preface.strip("\n"), *by_title.values()]) + "\n"


class Bench(Protocol):
    """What a subject's module offers."""

    def run(self, options: Options, advance: Advance) -> Report:
        """Measure.

        Raises:
            BenchUnable: what it needs is not here.
        """
        ...


def machine() -> str:
    """Say what this was measured on: processor, cores this process may use, Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{_processor()}, {cores} cores, Python {platform.python_version()}"


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8").splitlines() if facts.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine() or "unknown processor")
