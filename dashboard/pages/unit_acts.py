"""What can be done with the units of the lot in view: each a question, and a use case for its answer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from dashboard.models.asking import AnswerRefused, AskingModel, Field, Question, Values
from dashboard.models.lots import UnitsModel
from dashboard.pages.refusals import refusing
from data.repositories.parts import Seat
from workers import units as use_cases
from workers.composition import Services
from workers.units import NewUnit

MAX_WORD = 200
MOST_PLACES = 2**31


class UnitActs:
    """Asks, and does, with the units of a page; then `changed` is called. `leave` puts their lot out of view."""

    def __init__(
        self,
        services: Services,
        asking: AskingModel,
        *,
        units: UnitsModel,
        changed: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        self.services = services
        self.asking = asking
        self.units = units
        self.changed = changed
        self.leave = leave

    async def act(self, act: str) -> None:
        """Ask for what is called so; anything else is nothing."""
        if act == "leave":
            self.leave()
        elif act == "tell" and self.units.lot is not None:
            self._ask_tell(str(self.units.lot["code"]))
        elif act == "take-back" and self.units.unit is not None:
            self._ask_take_back(UUID(str(self.units.unit["id"])))

    def _ask_tell(self, code: str) -> None:
        async def tell(said: Values) -> None:
            with refusing("unit.tell"):
                unit_id = await use_cases.tell(self.services, _unit(code, said))
            self.units.selected = str(unit_id)
            self.changed()

        fields = (
            Field("serial", "Serial", help="As its pictures will say it.", mono=True),
            Field("carrier", "Carrier", help="The tray or strip it lies in, if it is known by its place.", mono=True),
            Field("row", "Row", help="From 1."),
            Field("column", "Column", help="From 1."),
        )
        intro = "Its first picture will be its first attempt. Units that pictures name are added by themselves."
        self.asking.ask(Question(f"Add a unit to lot {code}", "Add unit", tell, fields, intro))

    def _ask_take_back(self, unit_id: UUID) -> None:
        async def take_back(_: Values) -> None:
            with refusing("unit.tell"):
                await use_cases.take_back(self.services, unit_id)
            self.units.selected = ""
            self.changed()

        intro = "It cannot be undone. A unit that was inspected is not deleted."
        self.asking.ask(Question("Delete the unit?", "Delete", take_back, intro=intro, danger=True))


def _unit(code: str, said: Values) -> NewUnit:
    """Return what was answered.

    Raises:
        AnswerRefused: it says no unit.
    """
    serial, carrier = _word(said, "serial"), _word(said, "carrier")
    if not carrier and not serial:
        raise AnswerRefused("Say its serial, or its carrier with row and column.", "serial")
    if not carrier and (said["row"].strip() or said["column"].strip()):
        raise AnswerRefused("Say the carrier too.", "carrier")
    seat = Seat(carrier, _place(said, "row"), _place(said, "column")) if carrier else None
    return NewUnit(code, serial or None, seat)


def _word(said: Values, name: str) -> str:
    word = said[name].strip()
    if len(word) > MAX_WORD or not word.isprintable():
        raise AnswerRefused(f"Expected at most {MAX_WORD} characters that can be printed.", name)
    return word


def _place(said: Values, name: str) -> int:
    text = said[name].strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text) < MOST_PLACES):
        raise AnswerRefused("Expected a whole number from 1.", name)
    return int(text)
