"""Naming a station's watched folder, letting it rest, and watching it no more."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.naming import parse
from data.channels import WATCHED
from data.errors import FolderUnfit, NotFound
from data.queries import plant, recipes
from data.queries.watched import Watch
from data.repositories.watched import Drop, check_apart
from data.settings import Settings
from data.urls import store_url
from workers.composition import Services


@dataclass(frozen=True)
class NamedFolder:
    """A watched folder as it is kept, and whether the station had none before."""

    watch: Watch
    new: bool


async def name_folder(services: Services, station: str, drop: Drop, *, elsewhere: bool = False) -> NamedFolder:
    """Name the folder in which a station (its id or name) drops its pictures; return it as it is kept.

    A folder that is not on this machine, but on the one that watches, is said to be `elsewhere`.

    Raises:
        NotFound: there is no such station or recipe.
        NothingPublished, PartAmbiguous: the recipe cannot judge.
        NamingInvalid: the naming rule is none.
        FolderUnfit: the folder is not there, or may not be watched.
    """
    parse(drop.naming)
    path = drop.path if elsewhere else await asyncio.to_thread(_checked, drop.path)
    drop = replace(drop, path=str(Path(path)))
    _check_roots(services.settings, drop.path)
    async with services.database.unit_of_work() as work:
        found = await plant.station(work.session, station)
        if drop.recipe:
            await recipes.in_force(work.session, drop.recipe)
        new = await work.watched.set(found.id, drop, apart_from=_own_folders(services.settings))
        await work.notify(WATCHED, {"station": str(found.id)})
        await work.commit()
    return NamedFolder(Watch(found.id, found.name, drop), new)


async def forget_folder(services: Services, station: str) -> None:
    """Watch a station's folder no more; what lies in it stays there.

    Raises:
        NotFound: there is no such station, or it has no folder.
    """
    async with services.database.unit_of_work() as work:
        station_id = (await plant.station(work.session, station)).id
        if not await work.watched.remove(station_id):
            raise NotFound("watched folder of station", station)
        await work.notify(WATCHED, {"station": str(station_id)})
        await work.commit()


async def rest_folder(services: Services, station: str, *, active: bool) -> None:
    """Let a station's folder rest, or be watched again.

    Raises:
        NotFound: there is no such station, or it has no folder.
    """
    async with services.database.unit_of_work() as work:
        station_id = (await plant.station(work.session, station)).id
        if not await work.watched.pause(station_id, active=active):
            raise NotFound("watched folder of station", station)
        await work.notify(WATCHED, {"station": str(station_id)})
        await work.commit()


def _checked(path: str) -> str:
    """Return the real path of a folder that can be watched here, links followed."""
    if not Path(path).is_absolute():
        return path  # what an absolute path is, the repository says
    real = os.path.realpath(path)  # this and isdir have an answer to any path: a loop of links, one that is too long
    if not os.path.isdir(real):  # noqa: PTH112
        raise FolderUnfit(f"There is no folder {path} on this machine; make it, or say that it is elsewhere.")
    if not os.access(real, os.R_OK | os.W_OK | os.X_OK):
        raise FolderUnfit(f"Marksight may not read and write {path}; handled files are moved within the folder.")
    return real


def check_place(settings: Settings, path: str) -> None:
    """See that a folder, by its real path, lies where one may be watched on this machine.

    Raises:
        FolderUnfit: it lies in, or around, what is ours; or below none of the roots that are named.
    """
    check_apart(path, _own_folders(settings))
    _check_roots(settings, path)


def _check_roots(settings: Settings, path: str) -> None:
    roots = [root.resolve() for root in settings.watch_roots]
    if roots and not any(Path(path).is_relative_to(root) for root in roots):
        listed = ", ".join(map(str, roots))
        raise FolderUnfit(f"Watched folders lie below {listed} (MARKSIGHT_WATCH_ROOTS); {path} does not.")


def _own_folders(settings: Settings) -> dict[str, str]:
    own = {str(settings.home.resolve()): "the state folder"}
    store = urlsplit(store_url(settings))
    if store.scheme == "file":
        own |= {str(Path(unquote(store.path)).resolve()): "the image store"}
    return own
