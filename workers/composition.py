"""The composition root: everything a process works with, made from its settings. Production and tests build here.

A process makes its services once. What is dear (connections, engines) is made at first use, so that composing costs
nothing, and a process that forks first makes its own afterwards.
"""

from __future__ import annotations

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
from workers.readers import catalogue
from workers.spool import Spool

if TYPE_CHECKING:
    from rq import Queue

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
        return open_store(store_url(self.settings))

    @cached_property
    def incoming(self) -> Incoming:
        """The files that are being received."""
        return Incoming(self.settings.home / "incoming")

    @cached_property
    def engines(self) -> Engines:
        """The engines, loaded at first use: a second or so."""
        return self._load_engines()

    @cached_property
    def queue(self) -> Queue:
        """RQ's queue of batch ids. A hint that there is work, no more: the truth is the outbox."""
        from redis import Redis  # noqa: PLC0415  # only relay and workers need it
        from rq import Queue  # noqa: PLC0415
        from rq.serializers import JSONSerializer  # noqa: PLC0415  # the default would run what Redis holds

        return Queue(QUEUE, connection=Redis.from_url(redis_url(self.settings)), serializer=JSONSerializer)

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
        """Close every connection."""
        await self.database.close()
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
