"""Watching one folder: what lies in it is taken when it has settled, in the order of its times of change.

1. The system's events only make it quick. What counts is the sweep, every `SWEEP_S`: network drives tell of nothing.
2. A file has settled when neither its size nor its time of change has moved for `settle_s` of our own clock that never
   jumps; what the file's time says, or the wall's, does not matter.
3. One file, or a few small ones together (`workers.taking_together`), are in flight for a folder at a time, and `gate`
   bounds that over all folders.
4. From a folder in which nothing can be put away nothing is taken: it would be taken again for ever.
5. A file that cannot be taken yet rests, longer each time; after `patience_s` it is refused.
6. A folder is looked through in pieces, between which others get their turn, and the end is heeded.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import watchfiles

from core.errors import NamingInvalid
from core.naming import PUT_AWAY, parse
from data.alongside import alongside
from data.errors import FolderUnfit, StoreError
from data.outage import is_away
from data.queries.watched import Watch
from workers.composition import Services
from workers.drop_folder import DropFolder, Sighting
from workers.errors import SpoolFull
from workers.sightings import Seen, Sightings
from workers.taking import File, Unfit, refuse, take
from workers.taking_together import slices, take_together
from workers.watched_folders import check_place

log = logging.getLogger(__name__)

SWEEP_S = 5.0
PATIENCE_S = 300.0
DEBOUNCE_MS = 200
LOOKED_AT_ONCE = 500
"""Files in a piece of a look: some milliseconds on a disk of one's own, half a second on a slow network drive."""

RESTS_S = (1.0, 2.0, 5.0, 15.0, 30.0)
PUT_OFF_S = 5.0

Clock = Callable[[], float]


@dataclass(frozen=True)
class State:
    """How a folder stands: what is wrong with it, if anything, and how many files wait, were taken and refused."""

    trouble: str = ""
    waiting: int = 0
    taken: int = 0
    refused: int = 0


class PutOff(Exception):
    """Nothing can be taken in now; the message says why."""


class FolderWatch:
    """Watches the folder of one station; `for_ever` does, `turn` once."""

    def __init__(
        self,
        services: Services,
        watch: Watch,
        *,
        gate: asyncio.Semaphore,
        clock: Clock = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.watch = watch
        self.state = State()
        self._services = services
        self._folder = DropFolder(Path(watch.drop.path))
        self._gate, self._clock, self._patience_s = gate, clock, patience_s
        self._seen = Sightings(watch.drop.settle_s)
        self._alarm = asyncio.Event()

    async def for_ever(self) -> None:
        """Watch until cancelled."""
        while True:
            identity = await asyncio.to_thread(self._folder.identity)
            async with self._events(identity):
                while await asyncio.to_thread(self._folder.identity) == identity:
                    pause_s = await self._one_turn()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause_s):
                            await self._alarm.wait()
                    self._alarm.clear()

    async def turn(self) -> float:
        """Take all that has settled; return in how many seconds to look again."""
        trouble = await asyncio.to_thread(self._trouble)
        if trouble:
            self._note(trouble)
            self._seen.forget_all()
            return SWEEP_S
        rule = parse(self.watch.drop.naming)
        try:
            await self._look()
        except OSError as error:  # what was seen before is still known
            self._note(str(error))
            return SWEEP_S
        ready = await asyncio.to_thread(self._seen.ready, self._clock())
        try:
            for some in slices(File(self.watch, self._folder, rule, name, self._seen[name].sighting) for name in ready):
                async with self._gate:
                    await self._handle_together(some)
                self._note("")
        except PutOff as error:
            self._note(str(error))
            return PUT_OFF_S
        self._note("")
        return self._pause_s()

    async def _one_turn(self) -> float:
        try:
            return await self.turn()
        except Exception as error:  # a folder's boundary: whatever it is, the others go on, and this one too
            log.exception("watching %s", self._folder.root)
            self._note(f"{type(error).__name__}: {error}")
            return PUT_OFF_S

    def _trouble(self) -> str:
        """Return why nothing can be taken here, in words; empty when it can be."""
        try:
            parse(self.watch.drop.naming)
            if self._folder.identity() is None:
                return f"there is no folder {self._folder.root}"
            self._folder.look_in()
            # Looked at here: where it was named, a folder on another machine was not to be seen.
            check_place(self._services.settings, os.path.realpath(self._folder.root))
            return self._folder.can_be_emptied()
        except (NamingInvalid, FolderUnfit, OSError) as error:  # a share that is gone may fail at any of these
            return str(error)

    async def _look(self) -> None:
        """See what lies there; what has changed settles anew, what is gone is forgotten."""
        found = self._folder.scan()
        self._seen.begin()
        while await asyncio.to_thread(self._see_some, found):
            pass
        await asyncio.to_thread(self._seen.end)
        self._count()

    def _see_some(self, found: Iterator[tuple[str, Sighting]]) -> bool:
        """See one piece of what lies there; False where it was the last."""
        some = list(islice(found, LOOKED_AT_ONCE))
        self._seen.see(some, self._clock())
        return len(some) == LOOKED_AT_ONCE

    async def _handle_together(self, files: list[File]) -> None:
        """Take files together, as far as that goes; those that are left one by one, in their order."""
        fresh = [file for file in files if not self._seen[file.name].tries]
        taken = await self._taken_together(fresh) if len(fresh) > 1 else []
        for file in taken:
            self._handled(file, "taken")
        done = {file.name for file in taken}
        for file in files:
            if file.name not in done:
                await self._handle(file)

    async def _taken_together(self, files: list[File]) -> list[File]:
        try:
            return await take_together(self._services, files)
        except Exception as error:  # noqa: BLE001  # a file's boundary: the one that it is about meets it again, alone
            if not (is_away(error) or isinstance(error, (StoreError, SpoolFull))):
                log.warning("%d files in %s could not be taken together: %s", len(files), self._folder.root, error)
            return []

    async def _handle(self, file: File) -> None:
        """Take a file, or refuse it, or let it rest."""
        seen = self._seen[file.name]
        try:
            outcome = await self._taken(file, seen)
        except (Unfit, OSError) as error:
            if is_away(error):
                raise PutOff(_first_line(error)) from error
            log.warning("%s in %s rests: %s", file.shown, self._folder.root, error)
            seen.tries += 1
            seen.again = self._clock() + RESTS_S[min(seen.tries, len(RESTS_S)) - 1]
            return
        self._handled(file, outcome)

    def _handled(self, file: File, outcome: str) -> None:
        self._seen.forget(file.name)
        taken, refused = outcome == "taken", outcome == "refused"
        self._count(taken=self.state.taken + taken, refused=self.state.refused + refused)

    async def _taken(self, file: File, seen: Seen) -> str:
        try:
            return await take(self._services, file)
        except Unfit as unfit:
            if unfit.passing and self._clock() - seen.since < self._patience_s:
                raise
            log.warning("%s in %s is refused: %s", file.shown, self._folder.root, unfit)
            return await self._refused(file, unfit)
        except (StoreError, SpoolFull) as error:
            raise PutOff(str(error)) from error
        except OSError:
            raise
        except Exception as error:
            if is_away(error):
                raise PutOff(_first_line(error)) from error
            if self._clock() - seen.since < self._patience_s:
                raise Unfit("unfit", f"{type(error).__name__}: {error}", passing=True) from error
            return await self._refused(file, Unfit("unfit", f"It could not be taken in: {type(error).__name__}."))

    async def _refused(self, file: File, unfit: Unfit) -> str:
        try:
            return await refuse(self._services, file, unfit)
        except Exception as error:
            if is_away(error):
                raise PutOff(_first_line(error)) from error
            raise

    def _pause_s(self) -> float:
        """Return when the next file settles or has rested, or the next sweep is due."""
        due = self._seen.next_due()
        return SWEEP_S if due is None else max(min(SWEEP_S, due - self._clock()), 0.05)

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self.state.trouble:
            log.warning("the folder of station %s waits: %s", self.watch.station, trouble)
        self._count(trouble=trouble)

    def _count(self, **changes: object) -> None:
        told: dict[str, Any] = {**vars(self.state), "waiting": len(self._seen), **changes}
        self.state = State(**told)

    @asynccontextmanager
    async def _events(self, identity: tuple[int, int] | None) -> AsyncIterator[None]:
        """Be alarmed by the system while the context lasts, as far as it tells of anything."""
        async with nullcontext() if identity is None else alongside(self._be_told()):
            yield

    async def _be_told(self) -> None:
        away = tuple(f"{self._folder.root / kind}/" for kind in PUT_AWAY)
        try:
            async for _ in watchfiles.awatch(
                self._folder.root,
                watch_filter=lambda _, path: not path.startswith(away),
                debounce=DEBOUNCE_MS,
                ignore_permission_denied=True,
            ):
                self._alarm.set()
        except (OSError, RuntimeError) as error:  # no more watches to be had, or a drive that has none
            log.info("the system does not tell of %s (%s); it is looked at every %g s", away[0], error, SWEEP_S)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
