"""The signals against their limits, and the time by step."""

from __future__ import annotations

from dashboard.cells.cell import Cell, follow
from dashboard.models.inspection import InspectionModel
from layouts.gauges import Gauge, gauges
from layouts.markup import pane
from layouts.timings import timings


class SignalGauges(Cell):
    """One gauge a signal: its score against the accept and reject limits of the recipe, and its margin."""

    def __init__(self, model: InspectionModel) -> None:
        super().__init__()
        self.model = model
        self.pane = pane("", "gauges")
        self._shows(self.pane)
        follow(model, ("evidence", "limits"), self._draw)

    def _draw(self) -> None:
        self.pane.object = gauges([Gauge(**row) for row in self.model.signals])


class Timings(Cell):
    """Where the time went, and which engines and settings made the result."""

    def __init__(self, model: InspectionModel) -> None:
        super().__init__()
        self.model = model
        self.pane = pane("", "timings")
        self._shows(self.pane)
        follow(model, ("evidence",), self._draw)

    def _draw(self) -> None:
        version = str((self.model.evidence or {}).get("signal_version", ""))
        self.pane.object = timings(self.model.seconds, version)
