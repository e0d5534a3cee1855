"""How the parts of the system are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import param

PartState = Literal["ok", "degraded", "down", "unknown", "none"]
STATE_WORDS: dict[PartState, str] = {
    "ok": "Working",
    "degraded": "Slow or short",
    "down": "Not working",
    "unknown": "Not known",
    "none": "",
}


@dataclass(frozen=True)
class Part:
    """One part: `figure` is its one number with its unit, `since` ISO 8601 with zone, `reason` says what is wrong.

    A part that is only told of, such as a version, has the state `none`. `dot` names the dot in the strip that the
    part counts to; empty: none.
    """

    name: str
    state: PartState
    figure: str = ""
    reason: str = ""
    since: str = ""
    group: str = "Services"
    dot: str = ""

    def __post_init__(self) -> None:
        if self.state not in get_args(PartState):
            raise ValueError(f"expected one of {', '.join(get_args(PartState))}, got {self.state!r}")

    def document(self) -> dict[str, Any]:
        """Return the part as plain values."""
        return {**asdict(self), "word": STATE_WORDS[self.state]}


class SystemModel(param.Parameterized):
    """Every part, as last seen."""

    parts = param.List(default=[], item_type=Part, doc="The parts, in the order they are told.")
    problem = param.String(doc="Why the state is not known, in words; empty: it is.")
    read_at = param.String(doc="When it was last read, ISO 8601 with zone; empty: never.")

    def show(self, parts: Iterable[Part], read_at: str) -> None:
        """Take over how the parts are now."""
        self.param.update(parts=list(parts), read_at=read_at, problem="")

    @property
    def worst(self) -> PartState:
        """The gravest state of any part."""
        order: tuple[PartState, ...] = ("down", "degraded", "unknown", "ok")
        states = {part.state for part in self.parts}
        return next((state for state in order if state in states), "unknown")
