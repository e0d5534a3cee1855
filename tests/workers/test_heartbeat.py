"""Signs of life: seen while a process lives, forgotten when it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from workers import heartbeat
from workers.heartbeat import Heartbeat, beat, first, leave, living

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def client(valkey: str) -> Iterator[Redis]:
    client = Redis.from_url(valkey)
    client.flushall()
    yield client
    client.close()


def test_nobody_lives_in_an_empty_redis(client: Redis) -> None:
    assert living(client) == ()


def test_what_was_beaten_is_seen_with_its_figures(client: Redis) -> None:
    own = replace(first("worker", "worker-1"), done=3, doing="batch 1")
    beat(client, own)
    (seen,) = living(client)
    assert (seen.role, seen.name, seen.done, seen.doing, seen.pid) == ("worker", "worker-1", 3, "batch 1", own.pid)
    assert seen.since == own.since
    assert seen.seen >= own.seen
    assert seen.rss_mb > 0


def test_it_is_forgotten_without_another_beat(client: Redis) -> None:
    own = first("worker", "worker-1")
    beat(client, own)
    assert 0 < client.ttl(own.key) <= heartbeat.FORGOTTEN_S  # type: ignore[operator]
    assert heartbeat.FORGOTTEN_S > 3 * heartbeat.EVERY_S


def test_who_is_forgotten_leaves_nothing(client: Redis) -> None:
    own = first("worker", "worker-1")
    beat(client, own)
    client.delete(own.key)  # as Redis does when the time is over
    assert living(client) == ()
    assert client.keys("marksight:*") == []


def test_a_wiped_redis_knows_everyone_again(client: Redis) -> None:
    own = first("worker", "worker-1")
    beat(client, own)
    client.flushall()
    beat(client, own)
    assert [each.name for each in living(client)] == ["worker-1"]


def test_what_a_newer_program_says_beside_is_left_out(client: Redis) -> None:
    own = first("worker", "a")
    beat(client, own)
    client.set(own.key, json.dumps({**json.loads(client.get(own.key)), "mood": "fine"}))  # type: ignore[arg-type]
    assert [each.name for each in living(client)] == ["a"]


def test_leaving_is_seen_at_once(client: Redis) -> None:
    own = first("relay", "relay")
    beat(client, own)
    leave(client, own)
    assert living(client) == ()


def test_two_processes_of_one_name_are_two(client: Redis) -> None:
    for pid in (1, 2):
        beat(client, replace(first("worker", "w"), pid=pid))
    assert [each.pid for each in living(client)] == [1, 2]


def test_they_are_told_by_role_and_name(client: Redis) -> None:
    for role, name in (("worker", "b"), ("relay", "z"), ("worker", "a")):
        beat(client, first(role, name))  # type: ignore[arg-type]
    assert [(each.role, each.name) for each in living(client)] == [("relay", "z"), ("worker", "a"), ("worker", "b")]


def test_one_without_a_name_is_called_by_host_and_process() -> None:
    own = first("worker", "")
    assert own.name == f"{own.host}-{own.pid}"


@pytest.mark.parametrize(
    ("since", "seen"), [(NOW.replace(tzinfo=None), NOW), (NOW, NOW.replace(tzinfo=None))], ids=["since", "seen"]
)
def test_times_have_their_zones(since: datetime, seen: datetime) -> None:
    with pytest.raises(ValueError, match="zone"):
        Heartbeat("worker", "a", since, seen)


def test_the_time_seen_is_the_time_of_the_beat(client: Redis) -> None:
    old = replace(first("worker", "a"), seen=NOW - timedelta(days=1))
    beat(client, old)
    assert living(client)[0].seen > NOW - timedelta(days=1)
