from __future__ import annotations

import asyncio

from dashboard.models.system import Part
from dashboard.pages.pulse import Pulse


def pulse(*parts: Part) -> Pulse:
    async def read() -> tuple[list[Part], str]:
        return list(parts), "2026-01-01T00:00:00Z"

    return Pulse(read)


async def test_followers_are_told_when_the_parts_were_read() -> None:
    beat, told = pulse(Part("PostgreSQL", "ok")), asyncio.Event()
    with beat.follow(told):
        await asyncio.wait_for(told.wait(), 5)
    assert [part.name for part in beat.parts] == ["PostgreSQL"]
    assert beat.read_at


async def test_a_dot_is_its_gravest_part_and_says_why() -> None:
    beat, told = (
        pulse(
            Part("Relay", "ok", dot="Workers"),
            Part("Worker 1", "down", reason="It was killed.", dot="Workers"),
            Part("PostgreSQL", "ok", "18.4", dot="Database"),
        ),
        asyncio.Event(),
    )
    with beat.follow(told):
        await asyncio.wait_for(told.wait(), 5)
    dots = {dot["word"]: (dot["state"], dot["says"]) for dot in beat.health()}
    assert dots == {
        "Database": ("ok", "18.4"),
        "Queue": ("unknown", "not known yet"),
        "Workers": ("down", "It was killed."),
    }


def test_before_anything_is_known_nothing_is_said_to_be_well() -> None:
    assert {dot["state"] for dot in pulse().health()} == {"unknown"}
