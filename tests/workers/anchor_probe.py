"""What tests of anchors stand on: a trail to anchor, and the anchors that lie somewhere."""

from __future__ import annotations

import asyncpg

from core.audit_anchor import Anchor, anchor_of
from data import embedded_urls
from data.anchors import AnchorPlace, open_place
from data.settings import Settings
from data.urls import anchor_url
from tests.hook_server import Hook
from workers.composition import Services


async def lots(services: Services, count: int = 6, *, called: str = "L") -> None:
    """One lot after another, each in a transaction of its own, so that all are in one chain."""
    for number in range(count):
        async with services.database.unit_of_work() as work:
            await work.parts.open_lot(f"{called}{number}")
            await work.commit()


def place_of(services: Services) -> AnchorPlace:
    return open_place(anchor_url(services.settings))


async def lying(services: Services) -> list[Anchor]:
    """The anchors that lie where they should, by number."""
    place = place_of(services)
    return [anchor_of(await place.read(number)) for number in await place.numbers()]


def told(hook: Hook) -> list[int]:
    """The numbers of the anchors that a webhook heard of."""
    return [anchor_of(body).number for body in hook.heard]


async def superuser_does(settings: Settings, statements: str) -> None:
    """Have somebody do something who may do everything, and whom no trigger holds up."""
    connection = await asyncpg.connect(embedded_urls.postgres_url(settings.home, embedded_urls.SUPERUSER))
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(statements)
    finally:
        await connection.close()


REWRITTEN = """
DO $$
DECLARE
    entry record;
    last bytea := decode(repeat('00', 32), 'hex');
BEGIN
    UPDATE audit.lots SET actor = 'user:eve' WHERE position = {position};
    FOR entry IN SELECT * FROM audit.lots ORDER BY id LOOP
        last := sha256(last || sha256(convert_to(
            audit.field('lots') || audit.field(entry.lane::text) || audit.field(entry.position::text)
            || audit.field(entry.id::text) || audit.field(entry.operation) || audit.field(entry.row_id::text)
            || audit.field(entry.actor) || audit.field(entry.request_id)
            || audit.field((extract(epoch FROM entry.at) * 1000000)::bigint::text)
            || audit.field(entry.before::text) || audit.field(entry.after::text), 'UTF8')));
        UPDATE audit.lots SET hash = last WHERE id = entry.id;
    END LOOP;
    UPDATE audit.heads SET hash = last WHERE relation = 'lots' AND lane = 0;
END $$
"""
"""A chain whose entry at `position` is changed, and every hash behind it and the head computed anew."""
