"""What is said beside the files of a new run."""

from __future__ import annotations

from typing import Any

import param

from dashboard.models.intake import IntakeModel

BENCH = ""


class SendingModel(IntakeModel):
    """The form of a new run; `fields` are what `POST /v1/runs` takes."""

    carrier = param.String(doc="The tray's own name, when type is tray.")
    columns = param.Integer(default=8, bounds=(1, 1000), doc="Columns of the tray, when type is tray.")
    label = param.String(doc="What people call the run.")
    lot = param.String(doc="Code of the lot; empty: none.")
    part_number = param.String(doc="Part number to judge by, while no recipe is chosen.")
    rows = param.Integer(default=5, bounds=(1, 1000), doc="Rows of the tray, when type is tray.")
    station = param.String(default=BENCH, doc="Name of the station; empty: the bench.")
    stations = param.List(default=[], item_type=str, doc="Names of the stations there are.")
    type = param.Selector(default="parts", objects=["parts", "tray"], doc="A part in each picture, or many.")

    def fields(self) -> dict[str, Any]:
        """Return what is said, without what is left out."""
        tray = {"carrier": self.carrier.strip(), "rows": self.rows, "columns": self.columns}
        said = {
            "type": self.type,
            "label": self.label.strip(),
            "recipe": self.recipe,
            "part_number": "" if self.recipe else self.part_number.strip(),
            "station": self.station,
            "lot": self.lot.strip(),
            **(tray if self.type == "tray" else {}),
        }
        return {name: value for name, value in said.items() if value != ""}

    @property
    def missing(self) -> str:
        """What must be filled in first, in words; empty: nothing."""
        return "Give the tray a name first: its carrier." if self.type == "tray" and not self.carrier.strip() else ""

    def clear(self) -> None:
        """Make ready for another run; what it is judged by and where it is taken stay."""
        self.param.update(carrier="", label="", lot="")
