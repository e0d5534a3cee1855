"""A lot's life: started with what its parts take over, held, released, closed.

1. What a lot is started with never changes once something came for it: the same said again is the same lot, anything
   else is refused. So a request may be sent again, under whatever key; but one key is for one request. Until
   then it may be corrected, or deleted.
2. A lot that pictures merely named may be started later; what came in before took nothing over from it.
3. A text that the recipe has no place for, or that does not fit its place in some variant, is refused at the start.
4. A lot's state goes as `data.tables.LOT_TRANSITIONS` says; asked for what is already so, nothing changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import LotTextInvalid
from core.lot_texts import NOTHING_SAID, LotTexts, bound
from core.recipe import Recipe
from data.errors import LotDisagrees, LotNotOpen, NothingPublished
from data.queries import lots, recipes
from data.queries.lots import LotSummary
from data.queries.recipes import VersionView
from data.repositories.lots import Lots, in_use
from data.tables import Lot, LotState
from data.unit_of_work import UnitOfWork
from workers.composition import Services

_STATES: dict[LotState, str] = {"open": "open", "hold": "on hold", "closed": "closed"}


@dataclass(frozen=True)
class LotStart:
    """What a lot is started with. All but the code may be left out.

    `recipe` is a recipe's id or name, or a part number: its version in force; `recipe_version` one version's id.
    """

    code: str
    station: str | None = None
    recipe: str | None = None
    recipe_version: UUID | None = None
    texts: LotTexts = NOTHING_SAID


@dataclass(frozen=True)
class Started:
    """A lot that is started; `new` tells whether it was just now."""

    lot: LotSummary
    new: bool


async def start(services: Services, said: LotStart, *, key: str | None = None, caller: str = "local") -> Started:
    """Start a lot, or find it started with just this.

    Raises:
        IdempotencyMismatch: the caller's key came before, with another request.
        NotFound: no recipe, version or station is called so.
        NothingPublished, PartAmbiguous: as `data.queries.recipes` says.
        LotTextInvalid: a text does not fit the recipe, or there is none that could verify it.
        LotDisagrees: the lot was started with something else.
        LotNotOpen: the lot is closed.
    """
    async with services.database.unit_of_work() as work:
        if key is not None:
            await work.idempotency.say(caller, key, _digest(said))
        version = await _version(work, said)
        if said.texts:
            _check_texts(version, said.texts)
        station_id = await work.plant.station_id(said.station) if said.station else None
        lot_id = await work.parts.open_lot(said.code)
        lot = await Lots(work.session).lock(lot_id)
        new = lot.started_at is None
        if new:
            await _bind(work, lot, said, version=version, station_id=station_id)
        else:
            await _check_same(work, lot, said, version=version, station_id=station_id)
        await work.commit()
    return Started(await _summary(services, str(lot_id)), new)


async def correct(services: Services, reference: str, said: Mapping[str, Any]) -> LotSummary:
    """Say otherwise what a lot, by its code or id, was started with, before anything came for it.

    `said` holds `station`, `recipe`, `recipe_version` and `texts` as `LotStart` does; what is left out stays.

    Raises:
        NotFound: there is no such lot, or no recipe, version or station is called so.
        NothingPublished, PartAmbiguous, LotDisagrees, LotTextInvalid: as `start` says.
        LotNotOpen: it is closed, or was never started.
        LotInUse: something came for it.
    """
    async with services.database.unit_of_work() as work:
        lot = await _unused(work, reference)
        if lot.state == "closed" or lot.started_at is None:
            why = "is closed and cannot be corrected" if lot.started_at else "was not started yet; start it"
            raise LotNotOpen(f"Lot {lot.code} {why}.")
        version_id, station_id = lot.recipe_version_id, lot.station_id
        if said.keys() & {"recipe", "recipe_version"}:
            named = LotStart(lot.code, recipe=said.get("recipe"), recipe_version=said.get("recipe_version"))
            version = await _version(work, named)
            version_id = version.id if version else None
        if "station" in said:
            station_id = await work.plant.station_id(said["station"]) if said["station"] else None
        texts: LotTexts = said.get("texts", LotTexts.from_document(lot.texts))
        if texts:
            _check_texts(await recipes.version(work.session, version_id) if version_id else None, texts)
        await Lots(work.session).bind_anew(
            lot.id, station_id=station_id, recipe_version_id=version_id, texts=texts.to_document()
        )
        await work.commit()
    return await _summary(services, str(lot.id))


async def delete(services: Services, reference: str) -> None:
    """Delete a lot, by its code or id, for which nothing came.

    Raises:
        NotFound: there is no such lot.
        LotInUse: something came for it.
    """
    async with services.database.unit_of_work() as work:
        await Lots(work.session).remove(await _unused(work, reference))
        await work.commit()


async def _unused(work: UnitOfWork, reference: str) -> Lot:
    found = await lots.summary(work.session, reference)
    lot = await Lots(work.session).lock(found.id)
    if await Lots(work.session).is_used(lot.id):
        raise in_use(lot)
    return lot


async def hold(services: Services, reference: str, *, reason: str) -> LotSummary:
    """Put a lot, by its code or id, on hold: its parts fail for it from now on. Raises as `_move` does."""
    return await _move(services, reference, "hold", reason)


async def release(services: Services, reference: str, *, reason: str) -> LotSummary:
    """Take a lot off hold; what came in meanwhile stays failed. Raises as `_move` does."""
    return await _move(services, reference, "open", reason)


async def close(services: Services, reference: str, *, reason: str = "") -> LotSummary:
    """Close a lot for ever: it takes no more parts. Raises as `_move` does."""
    return await _move(services, reference, "closed", reason)


async def _move(services: Services, reference: str, to: LotState, reason: str) -> LotSummary:
    """Bring a lot to a state; it may be there already.

    Raises:
        NotFound: there is no such lot.
        LotNotOpen: it is closed.
    """
    async with services.database.unit_of_work() as work:
        found = await lots.summary(work.session, reference)
        repository = Lots(work.session)
        lot = await repository.lock(found.id)
        if lot.state != to and not await repository.move(lot.id, to, reason=reason):
            raise LotNotOpen(f"Lot {found.code} is {_STATES[lot.state]} and cannot be {_STATES[to]} any more.")
        await work.commit()
    return await _summary(services, str(found.id))


def _digest(said: LotStart) -> bytes:
    named = (said.code, said.station, said.recipe, said.recipe_version and str(said.recipe_version))
    return hashlib.sha256(json.dumps(["lot", *named, said.texts.to_document()]).encode()).digest()


async def _summary(services: Services, reference: str) -> LotSummary:
    async with services.database.session() as session:
        return await lots.summary(session, reference)


async def _version(work: UnitOfWork, said: LotStart) -> VersionView | None:
    if said.recipe_version is not None:
        return await _named_version(work, said.recipe_version, said.recipe)
    return await recipes.in_force(work.session, said.recipe) if said.recipe else None


async def _named_version(work: UnitOfWork, version_id: UUID, recipe: str | None) -> VersionView:
    version = await recipes.version(work.session, version_id)
    if version.state != "published":
        raise NothingPublished(f"That version of the recipe {version.name} is a draft; publish it first.")
    if recipe and (await recipes.in_force(work.session, recipe)).recipe_id != version.recipe_id:
        raise LotDisagrees(f"That version is one of the recipe {version.name}, not of {recipe}.")
    return version


def _check_texts(version: VersionView | None, texts: LotTexts) -> None:
    if version is None:
        raise LotTextInvalid("expected a recipe that says where on the mark these stand, got none")
    bound(Recipe.from_document(version.document), texts)


async def _bind(
    work: UnitOfWork, lot: Lot, said: LotStart, *, version: VersionView | None, station_id: UUID | None
) -> None:
    if lot.state == "closed":
        raise LotNotOpen(f"Lot {lot.code} is closed and cannot be started.")
    version_id = version.id if version else None
    texts = said.texts.to_document()
    await Lots(work.session).bind(lot.id, station_id=station_id, recipe_version_id=version_id, texts=texts)


async def _check_same(
    work: UnitOfWork, lot: Lot, said: LotStart, *, version: VersionView | None, station_id: UUID | None
) -> None:
    own = await recipes.version(work.session, lot.recipe_version_id) if lot.recipe_version_id else None
    same_recipe = (own and own.recipe_id) == (version and version.recipe_id)  # in force may be a later version by now
    same_version = said.recipe_version is None or lot.recipe_version_id == said.recipe_version
    differing = {
        "recipe": not (same_recipe and same_version),
        "station": lot.station_id != station_id,
        "texts": lot.texts != said.texts.to_document(),
    }
    if any(differing.values()):
        names = " and ".join(name for name, differs in differing.items() if differs)
        verb = "another" if names != "texts" else "other"
        raise LotDisagrees(f"Lot {lot.code} was started before, with {verb} {names}.")
