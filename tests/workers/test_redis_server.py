from __future__ import annotations

import pytest
from redis import Redis

from workers.redis_server import name_and_version


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"server_name": "valkey", "valkey_version": "9.1.2", "redis_version": "7.2.4"}, "Valkey 9.1.2"),
        ({"redis_version": "7.4.1"}, "Redis 7.4.1"),
        ({"server_name": "other", "redis_version": "7.2.4"}, "Other 7.2.4"),
        ({}, "Redis of unknown version"),
    ],
    ids=["Valkey", "Redis", "one that gives no version of its own", "nothing said"],
)
def test_a_server_is_called_by_its_true_name(info: dict[str, object], told: str) -> None:
    assert name_and_version(info) == told


async def test_the_embedded_server_is_valkey(valkey: str) -> None:
    with Redis.from_url(valkey) as client:
        assert name_and_version(client.info("server")) == f"Valkey {client.info('server')['valkey_version']}"
