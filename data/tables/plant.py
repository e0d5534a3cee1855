"""Where parts are inspected: sites, their lines, and the stations of a line."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Id


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
