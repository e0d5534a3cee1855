"""Whether a part lives on this machine is told by what it says itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workers import heartbeat
from workers.claim import free_port
from workers.composition import Services
from workers.heartbeat import Role
from workers.liveness import LivingPart, lives

ROLES: dict[LivingPart, Role] = {
    LivingPart.WORKER: "worker",
    LivingPart.RELAY: "relay",
    LivingPart.WATCHER: "watcher",
}


@pytest.mark.parametrize(("part", "role"), ROLES.items())
async def test_a_part_lives_where_it_says_so_and_until_it_leaves(
    services: Services, part: LivingPart, role: Role
) -> None:
    redis, life = services.queue.connection, heartbeat.first(role, "one")
    assert not await lives(services.settings, part)
    heartbeat.beat(redis, replace(life, host="another-machine"))
    assert not await lives(services.settings, part)
    heartbeat.beat(redis, life)
    assert [each for each in ROLES if await lives(services.settings, each)] == [part]
    heartbeat.leave(redis, life)
    assert not await lives(services.settings, part)


async def test_a_server_lives_that_answers(services: Services) -> None:
    free = services.settings.model_copy(update={"port": free_port("127.0.0.1", 0)})
    assert not await lives(free, LivingPart.SERVER)


def test_every_part_that_beats_can_be_asked_after() -> None:
    assert set(ROLES) | {LivingPart.SERVER} == set(LivingPart)
