"""Where parts are inspected: sites, their lines, and the stations of a line, with what comes in at each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Id, sha256


class Site(Base):
    """A plant, by its name."""

    __tablename__ = "sites"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str] = mapped_column(server_default="UTC")


class Line(Base):
    """A production line of a site."""

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[Id]
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]


class Station(Base):
    """Where pictures are taken. Its name is what machines send, so it is unique in the whole plant."""

    __tablename__ = "stations"

    id: Mapped[Id]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"), index=True)
    name: Mapped[str] = mapped_column(unique=True)


class WatchedFolder(Base):
    """A folder in which a station drops its pictures; `workers.watching` takes them in."""

    __tablename__ = "watched_folders"
    __table_args__ = (CheckConstraint("settle_s > 0", name="settle_s_positive"),)

    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    path: Mapped[str] = mapped_column(unique=True)
    """An absolute path on the machine that watches."""
    naming: Mapped[str] = mapped_column(server_default="")
    """How file names say lot and unit (`core.naming`), such as `{lot}_{serial}`; empty: they say nothing."""
    recipe: Mapped[str] = mapped_column(server_default="")
    """A recipe's name or a part number, for pictures without a started lot; empty: read and not judged."""
    settle_s: Mapped[float] = mapped_column(server_default="2")
    """A file is whole when it has not changed for so long."""
    active: Mapped[bool] = mapped_column(server_default=true())


class StationTriggers(Base):
    """How often a station says it has triggered, hour by hour; held against the pictures and results that came."""

    __tablename__ = "station_triggers"
    __table_args__ = (CheckConstraint("triggers >= 0", name="triggers_not_negative"),)

    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    triggers: Mapped[int] = mapped_column(BigInteger)


class WatchedRefusal(Base):
    """A file of a watched folder that could not be taken in, and why; the file itself lies in `refused` there."""

    __tablename__ = "watched_refusals"
    __table_args__ = (sha256("key"), Index(None, "station_id", "refused_at"))

    key: Mapped[bytes] = mapped_column(primary_key=True)
    """Of station, path, size and time of change: refused twice, by a crash in between, it is counted once."""
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id"))
    name: Mapped[str]
    code: Mapped[str]
    detail: Mapped[str]
    refused_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
