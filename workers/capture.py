"""Capture: what a picture takes over, when it comes in, from what was said beside it and from its lot.

A picture, a run's file, a watched file and one that was spooled all take over the same, by these rules:

1. What is taken over is fixed then: a lot held, released or closed later, a recipe published later, change nothing.
2. A started lot says which recipe version judges its parts, and at which station. What is said beside the picture must
   agree: naming the lot's recipe, in whatever version, or its part number, means the version that the lot binds.
3. On hold, a lot takes parts, which fail for it (`LOT_ON_HOLD`). Closed, it takes those alone that are said to have
   been taken before it was closed.
4. A lot that is merely named is begun, and binds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import LotDisagrees, LotNotOpen
from data.queries import lots, recipes
from data.queries.lots import Binding
from data.tables import Document
from data.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Capture:
    """What a picture takes over; `lot_texts` (`core.lot_texts`) is None unless its lot was started with some."""

    station_id: UUID
    lot_id: UUID | None
    recipe_version_id: UUID | None
    lot_texts: Document | None
    lot_on_hold: bool


async def capture(  # noqa: PLR0913  # all said by name
    work: UnitOfWork,
    *,
    recipe: str | None = None,
    part_number: str | None = None,
    station: str | None = None,
    lot: str | None = None,
    captured_at: datetime | None = None,
    in_force_at: datetime | None = None,
) -> Capture:
    """Return what a picture takes over; the default station and a lot never heard of are made.

    `recipe` is a recipe's id or name, or a part number; `part_number` a part number alone; neither: the lot's, or none.
    `captured_at` (timezone-aware) is when the picture was taken, if that is known; None: now. Where no lot binds a
    recipe version, the one judges that was in force at `in_force_at`; None: now.

    Raises:
        NotFound: no recipe, part or station is called so.
        NothingPublished: the recipe has drafts only.
        PartAmbiguous: several recipes judge that part number.
        LotNotOpen: the lot is closed.
        LotDisagrees: the lot was started with another recipe, or at another station.
    """
    bound = await _bound(work.session, lot, captured_at)
    version_id = await _version_id(work.session, bound, (recipe, part_number), in_force_at)
    station_id = await _station_id(work, bound, station)
    if not lot:
        return Capture(station_id, None, version_id, None, lot_on_hold=False)
    if bound is None:
        return Capture(station_id, await work.parts.open_lot(lot), version_id, None, lot_on_hold=False)
    return Capture(station_id, bound.id, version_id, bound.texts, lot_on_hold=bound.state == "hold")


async def _bound(session: AsyncSession, code: str | None, captured_at: datetime | None) -> Binding | None:
    bound = await lots.binding(session, code, hold=True) if code else None
    if bound is None or bound.state != "closed":
        return bound
    if captured_at is None or bound.closed_at is None or captured_at >= bound.closed_at:
        raise LotNotOpen(f"Lot {bound.code} takes no more parts: it is closed.")
    return bound


async def _version_id(
    session: AsyncSession, bound: Binding | None, said: tuple[str | None, str | None], at: datetime | None
) -> UUID | None:
    """Return the recipe version that judges: the one that a started lot binds, or the one in force."""
    recipe, part_number = said
    if bound is not None and bound.recipe_version_id is not None:
        await _check_recipe(session, bound, recipe, part_number)
        return bound.recipe_version_id
    if recipe:
        return (await recipes.in_force(session, recipe, at)).id
    if part_number:
        return (await recipes.for_part(session, part_number, at)).id
    return None


async def _check_recipe(session: AsyncSession, bound: Binding, recipe: str | None, part_number: str | None) -> None:
    said = recipe or part_number
    if not said or bound.recipe_version_id is None:
        return
    own = await recipes.version(session, bound.recipe_version_id)
    named = await recipes.called(session, said) if recipe else None
    agrees = named == own.recipe_id if named is not None else own.part_number.lower() == said.lower()
    if not agrees:
        raise LotDisagrees(f"Lot {bound.code} was started with the recipe {own.name}; the picture names {said}.")


async def _station_id(work: UnitOfWork, bound: Binding | None, station: str | None) -> UUID:
    if bound is None or bound.station_id is None:
        return await work.plant.station_id(station)
    if station and station != bound.station:
        await work.plant.station_id(station)  # one that does not exist is told first
        raise LotDisagrees(f"Lot {bound.code} was started at the station {bound.station}; the picture names {station}.")
    return bound.station_id
