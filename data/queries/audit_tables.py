"""Holds the tables that are followed against the audit trail: their triggers, and what their rows say now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import metadata
from data.tables.audit import FOLLOWED, Follow

OPERATIONS = ("insert", "update", "delete", "truncate")

_LISTENED_TO = text("""
SELECT substr(tgname, 7) FROM pg_trigger
WHERE tgrelid = CAST(CAST(:relation AS text) AS regclass) AND tgenabled IN ('O', 'A') AND starts_with(tgname, 'audit_')
""")


@dataclass(frozen=True)
class Difference:
    """A row that is not as the trail says of it last."""

    row_id: UUID
    is_there: bool
    was_there: bool

    @property
    def words(self) -> str:
        """What is different."""
        if self.is_there and self.was_there:
            return "it is not what the trail says of it last"
        return "the trail says that it is there, and it is not" if self.was_there else "the trail does not know of it"


async def listened_to(session: AsyncSession, relation: str) -> set[str]:
    """Return the operations on a table that an enabled trigger listens to."""
    return set(await session.scalars(_LISTENED_TO, {"relation": f"public.{relation}"}))


async def first_difference(session: AsyncSession, relation: str) -> Difference | None:
    """Return the first row of a table, by its id, that is not as its last entry says, or None."""
    row = (await session.execute(_difference(relation))).one_or_none()
    return None if row is None else Difference(*row)


@cache
def _difference(relation: str) -> TextClause:
    follow = FOLLOWED[relation]
    return text(f"""
    SELECT coalesce(told.row_id, now.row_id), now.row_id IS NOT NULL, told.after IS NOT NULL
    FROM (
        SELECT DISTINCT ON (row_id) row_id, after::jsonb AS after FROM audit.entries
        WHERE relation = '{relation}' AND row_id IS NOT NULL ORDER BY row_id, id DESC
    ) AS told
    FULL JOIN (
        SELECT {follow.row_id} AS row_id, (SELECT to_jsonb(kept) FROM (SELECT {_image(relation)}) AS kept) AS image
        FROM {relation}
    ) AS now ON now.row_id = told.row_id
    WHERE (now.row_id IS NULL) <> (told.after IS NULL)
    OR EXISTS (SELECT FROM jsonb_each(told.after) AS each WHERE now.image->each.key IS DISTINCT FROM each.value)
    AND NOT ({_silently(relation, follow)})
    ORDER BY 1 LIMIT 1
    """)  # noqa: S608 - put together of our own tables and columns


def _image(relation: str) -> str:
    """Return the columns of a row as an entry keeps them."""
    follow, kept = FOLLOWED[relation], [each.name for each in metadata.tables[relation].columns if not each.computed]
    return ", ".join(_digest(relation, name) if name in follow.digested else f"{relation}.{name}" for name in kept)


def _digest(relation: str, name: str) -> str:
    return f"encode(sha256(convert_to({relation}.{name}::text, 'UTF8')), 'hex') AS {name}_sha256"


def _silently(relation: str, follow: Follow) -> str:
    """Return whether a row may have come without an entry from where its last one left it."""
    if follow.silent == "false":
        return "false"
    # A null of JSON would become one in a column of JSON, and not a missing value.
    return f"""SELECT {follow.silent} FROM jsonb_populate_record(NULL::{relation}, (
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(told.after) WHERE value <> 'null'
        )) AS o, {relation} AS n WHERE n.{follow.row_id} = told.row_id"""  # noqa: S608 - as above
