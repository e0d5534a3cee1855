"""The ground of every table: constraint names, column types, and the partitioning of what grows for ever.

Every `uuid` primary key is a UUIDv7 that the program makes (`data.ids`), so that ids sort by time and say when a row
was made; no table keeps that time a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, LargeBinary, MetaData, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Document = dict[str, Any]
"""A JSON object; the module that writes it says what is in it."""

Id = Annotated[UUID, mapped_column(primary_key=True)]
Small = Annotated[int, mapped_column(SmallInteger)]
Score = Annotated[int, mapped_column(SmallInteger, server_default="-1")]
"""Ten-thousandths, 0..10000; -1 where nothing was measured."""

MISSING = -1


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        str: Text,
        bytes: LargeBinary,
        Document: JSONB,
    }


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Return the check that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def between(column: str, least: int, most: int) -> CheckConstraint:
    """Return the check that `column` lies between two numbers, both included."""
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=f"{column}_in_range")


def sha256(column: str) -> CheckConstraint:
    """Return the check that `column` holds a SHA-256 digest."""
    return CheckConstraint(f"octet_length({column}) = 32", name=f"{column}_is_sha256")


def uuid7_only(column: str) -> CheckConstraint:
    """Return the check that `column` is a UUIDv7; any other would land in a month at random."""
    return CheckConstraint(f"get_byte(uuid_send({column}), 6) >> 4 = 7", name=f"{column}_is_uuid7")
