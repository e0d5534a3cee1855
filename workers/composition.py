"""The composition root: everything a process works with, made from its settings. Production and tests build here.

A process makes its services once. What is dear (connections, engines) is made at first use, so that composing costs
nothing, and a process that forks first makes its own afterwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from core.archive import ArchiveLimits
from core.engines import Engines, Reader
from core.image import ImageLimits
from data.database import Database
from data.incoming import Incoming
from data.settings import Settings
from data.store import ImageStore, open_store
from data.urls import app_url, redis_url, store_url
from workers.counted_store import CountedStore
from workers.counting import Counting
from workers.readers import catalogue
from workers.spool import Spool
from workers.tracing import Tracing

if TYPE_CHECKING:
    from rq import Queue

    from workers.passwords import Passwords

WallClock = Callable[[], datetime]
"""Tells the time, timezone-aware, UTC."""

QUEUE = "inspections"
"""The one queue of RQ's that workers listen to; it carries batch ids."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(tz=UTC)


class Services:
    """What a process works with: settings, database, image store, queue, engines and clock."""

    def __init__(
        self, settings: Settings, *, clock: WallClock = utc_now, load_engines: Callable[[], Engines] | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.database = Database(app_url(settings))
        self._load_engines = load_engines or _installed_engines

    @cached_property
    def store(self) -> ImageStore:
        """The image store.

        Raises:
            StoreError: it cannot be used.
        """
        return CountedStore(open_store(store_url(self.settings)), self.counting, self.tracing)

    @cached_property
    def counting(self) -> Counting:
        """What this process counts."""
        return Counting(self.database.ids())

    @cached_property
    def tracing(self) -> Tracing:
        """What tells of what this process does, once it has begun to, if that is wanted."""
        return Tracing(self.settings.otlp_endpoint)

    @cached_property
    def incoming(self) -> Incoming:
        """The files that are being received."""
        return Incoming(self.settings.home / "incoming")

    @cached_property
    def engines(self) -> Engines:
        """The engines, loaded at first use: a second or so."""
        return self._load_engines()

    @cached_property
    def passwords(self) -> Passwords:
        """What hashes passwords and verifies them."""
        from workers.passwords import Passwords  # noqa: PLC0415  # only servers and commands need it

        return Passwords()

    @cached_property
    def queue(self) -> Queue:
        """RQ's queue of batch ids. A hint that there is work, no more: the truth is the outbox."""
        return self._queue()

    def queue_to_wait_at(self, wait_s: float) -> Queue:
        """Return the same queue, on connections of its own, for who waits at it for up to `wait_s` at a time.

        Those of `queue` give up after a few seconds: what Redis had handed out just then would be lost on its way.
        """
        return self._queue(socket_timeout=wait_s)

    def _queue(self, **options: float) -> Queue:
        from redis import Redis  # noqa: PLC0415  # only relay and workers need it
        from rq import Queue  # noqa: PLC0415
        from rq.serializers import JSONSerializer  # noqa: PLC0415  # the default would run what Redis holds

        connection = Redis.from_url(redis_url(self.settings), **options)
        return Queue(QUEUE, connection=connection, serializer=JSONSerializer)

    @cached_property
    def spool(self) -> Spool:
        """What was taken in here while the database was away."""
        settings = self.settings
        bounds = {"max_items": settings.spool_max_items, "max_bytes": settings.spool_max_bytes}
        return Spool(settings.home.absolute() / "spool", **bounds)

    @property
    def image_limits(self) -> ImageLimits:
        """The bounds a picture must keep."""
        settings = self.settings
        return ImageLimits(settings.max_image_bytes, settings.max_image_pixels, settings.min_image_side_px)

    @property
    def archive_limits(self) -> ArchiveLimits:
        """The bounds an archive must keep."""
        settings = self.settings
        return ArchiveLimits(settings.max_archive_members, settings.max_archive_bytes, settings.max_archive_ratio)

    async def close(self) -> None:
        """Close every connection; hand over what is left to be told."""
        await self.database.close()
        if "tracing" in self.__dict__ and self.tracing.on:
            await asyncio.to_thread(self.tracing.end)
        if "passwords" in self.__dict__:
            self.passwords.close()
        if "queue" in self.__dict__:
            self.queue.connection.close()


def compose(
    settings: Settings, *, clock: WallClock = utc_now, load_engines: Callable[[], Engines] | None = None
) -> Services:
    """Return the services that the settings describe; a test may hand in its own clock and engines.

    Raises:
        DataError: a URL in the settings names nothing that there is.
        FileNotFoundError: the embedded services are meant, but were never set up.
    """
    return Services(settings, clock=clock, load_engines=load_engines)


class _InstalledReaders(dict[str, Reader]):
    """The readers installed here; each is built, its models loaded, when a recipe first names it."""

    def __missing__(self, name: str) -> Reader:
        self[name] = catalogue.build(name)
        return self[name]


def _installed_engines() -> Engines:
    readers = _InstalledReaders({catalogue.DEFAULT: catalogue.build()})
    return Engines(readers, time.perf_counter)
