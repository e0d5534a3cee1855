"""The bundled database for a command that needs it: the one that runs, or one started for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from data.settings import Settings
from workers import status
from workers.child import Child
from workers.claim import claimed
from workers.embedded import home, postgres
from workers.parts import servers_user


@asynccontextmanager
async def database_there(settings: Settings) -> AsyncIterator[None]:
    """Let the database of the settings answer while the context lasts; one that was never started is not made.

    Raises:
        AlreadyRunning: another command holds the state folder.
        ChildFailed: the bundled server does not start.
    """
    folder = settings.home.absolute()
    runs = settings.database_url is not None or status.read(folder) is not None
    if runs or not (folder / postgres.FOLDER).is_dir():
        yield
        return
    with claimed(folder):
        async with _running(settings):
            yield


@asynccontextmanager
async def database_alone(settings: Settings) -> AsyncIterator[None]:
    """Hold the state folder, made if there is none, with its database answering, so that nothing else runs on it.

    Raises:
        AlreadyRunning: Marksight runs on the state folder.
        HomeUnusable: the state folder cannot be used.
        ChildFailed: the bundled server does not start.
    """
    folder, user = settings.home.absolute(), servers_user(settings)
    home.make(folder, user)
    with claimed(folder):
        if settings.database_url is not None:
            yield
            return
        home.prepare(folder, user)
        async with _running(settings):
            yield


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[None]:
    folder, user = settings.home.absolute(), servers_user(settings)
    await postgres.prepare(folder, user)
    child = Child(postgres.program(folder, user))
    await child.start()
    try:
        await child.until_ready()
        yield
    finally:
        await child.stop()
