"""Writes lots and units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from data.repositories.lot_marks import LotMarks
from data.tables import Lot, Unit


@dataclass(frozen=True)
class Seat:
    """A place in a carrier (a tray, a strip), by row and column from 1."""

    carrier: str
    row: int
    column: int

    def __post_init__(self) -> None:
        if not self.carrier or self.row < 1 or self.column < 1:
            raise ValueError(f"expected a carrier, and a row and a column from 1, got {self}")


@dataclass(frozen=True)
class Attempt:
    """One look at a unit: the unit, and the how-manyth this is, from 1."""

    unit_id: UUID
    number: int


@dataclass(frozen=True)
class Sought:
    """A unit as a picture names it: within its lot by its serial, or else by its seat; by neither, a loose part."""

    lot_id: UUID | None
    serial: str | None = None
    seat: Seat | None = None

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether it is named by a serial, and by a seat."""
        return self.serial is not None, self.seat is not None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of its row that tell it from others."""
        return {"lot_id": self.lot_id, "serial": self.serial, **_place(self.seat)}


Known = tuple[tuple[str, ...], str]
"""The columns by which a unit is known, and which units are known by them."""

_SERIAL: Known = (("lot_id", "serial"), "serial IS NOT NULL")
_SEAT: Known = (("lot_id", "carrier", "place_row", "place_column"), "carrier IS NOT NULL")

_KINDS: dict[tuple[bool, bool], Known | None] = {
    (False, False): None,
    (True, False): _SERIAL,
    (False, True): _SEAT,
    (True, True): None,
}
"""By what a unit is known, by whether it is named by a serial and by a seat; None: not by one thing alone."""

_LOOSE = insert(cast("Table", Unit.__table__))


def _counting(known_by: Known) -> ReturningInsert[*tuple[Any, ...]]:
    columns, where = known_by
    more = _LOOSE.on_conflict_do_update(
        index_elements=columns,
        index_where=text(where),
        set_={"attempts": Unit.attempts + _LOOSE.excluded.attempts},
    )
    return more.returning(Unit.id, Unit.attempts, *(getattr(Unit, name) for name in columns))


_COUNTED = {known_by: _counting(known_by) for known_by in (_SERIAL, _SEAT)}


class Parts:
    """Lots and units as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self.marks = LotMarks(session)
        self._session = session
        self._new_id = new_id

    async def open_lot(self, code: str) -> UUID:
        """Return the id of the lot called `code`, whatever its state; one never heard of is begun, and binds nothing.

        Whether it takes parts is for `workers.capture` to say.
        """
        row = {"id": self._new_id(), "code": code}
        await self._session.execute(insert(Lot).values(row).on_conflict_do_nothing(index_elements=["code"]))
        return (await self._session.scalars(select(Lot.id).where(Lot.code == code))).one()

    async def begin_attempt(self, lot_id: UUID | None, serial: str | None = None, seat: Seat | None = None) -> Attempt:
        """Count one more attempt on a unit, known within its lot by its serial, or else by its seat in a carrier.

        With both, the serial tells it from others, and the seat says where it was first seen. With neither it is a
        loose part, and a unit is made up for it. The unit's row stays locked until the unit of work ends, so attempts
        are numbered without gaps or doubles.
        """
        row = {"id": self._new_id(), "lot_id": lot_id, "serial": serial, "attempts": 1}
        if seat is None:
            return await self._count(row, _SERIAL if serial is not None else None)
        place = _place(seat)
        if serial is None:
            return await self._count(row | place, _SEAT)
        if await self._is_taken(lot_id, place):
            return await self._count(row, _SERIAL)
        try:
            async with self._session.begin_nested():
                return await self._count(row | place, _SERIAL)
        except IntegrityError:  # another serial came to that seat at this very moment
            return await self._count(row, _SERIAL)

    async def begin_attempts(self, sought: Sequence[Sought]) -> list[Attempt]:
        """Count one more attempt on each of these units, in their order, at the cost of one; see `begin_attempt`.

        Their rows are written in one order, whoever asks, so that no two who write wait crosswise. Only those that are
        named by a serial and a seat at once are counted one by one.
        """
        begun = {kind: await self._begin([each for each in sought if each.kind == kind]) for kind in _KINDS}
        following = {kind: iter(attempts) for kind, attempts in begun.items()}
        return [next(following[each.kind]) for each in sought]

    async def _begin(self, sought: Sequence[Sought]) -> list[Attempt]:
        """Count attempts on units that are all named by the same."""
        if not sought:
            return []
        kind = sought[0].kind
        if kind == (True, True):
            return [await self.begin_attempt(each.lot_id, each.serial, each.seat) for each in sought]
        known_by = _KINDS[kind]
        if known_by is None:
            rows: list[dict[str, Any]] = [
                {"id": self._new_id(), "lot_id": each.lot_id, "attempts": 1} for each in sought
            ]
            await self._session.execute(_LOOSE, rows)
            return [Attempt(row["id"], 1) for row in rows]
        return await self._begin_known(sought, known_by)

    async def _begin_known(self, sought: Sequence[Sought], known_by: Known) -> list[Attempt]:
        columns, _ = known_by
        rows = [{**each.columns, "id": self._new_id(), "attempts": times} for each, times in Counter(sought).items()]
        rows.sort(key=lambda row: tuple(map(str, (row[name] for name in columns))))
        counted: dict[tuple[Any, ...], list[Any]] = {}
        for id_, attempts, *key in await self._session.execute(_COUNTED[known_by], rows):
            counted[tuple(key)] = [id_, attempts]
        numbered = []
        for each in reversed(sought):
            unit_of = counted[tuple(each.columns[name] for name in columns)]
            numbered.append(Attempt(*unit_of))
            unit_of[1] -= 1
        return numbered[::-1]

    async def _count(self, row: dict[str, Any], known_by: Known | None) -> Attempt:
        if known_by is None:
            await self._session.execute(_LOOSE, row)
            return Attempt(row["id"], 1)
        counted = (await self._session.execute(_COUNTED[known_by], [row])).one()
        return Attempt(counted.id, counted.attempts)

    async def _is_taken(self, lot_id: UUID | None, place: Mapping[str, object]) -> bool:
        """Tell whether a unit of the lot was seen in that seat before: carriers are filled again."""
        seen = select(Unit.id).where(Unit.lot_id.is_not_distinct_from(lot_id)).filter_by(**place)
        return await self._session.scalar(seen.limit(1)) is not None


def _place(seat: Seat | None) -> dict[str, Any]:
    return {} if seat is None else {"carrier": seat.carrier, "place_row": seat.row, "place_column": seat.column}
