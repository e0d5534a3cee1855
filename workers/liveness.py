"""Whether a part of Marksight lives on this machine, as those ask who start it again: containers, service managers."""

from __future__ import annotations

import asyncio
import socket
from enum import StrEnum

from redis import Redis

from data import urls
from data.settings import Settings
from workers import heartbeat
from workers.parts import answers_health

ANSWER_S = 5.0


class LivingPart(StrEnum):
    """What can be asked after."""

    SERVER = "server"
    WORKER = "worker"
    RELAY = "relay"
    WATCHER = "watcher"


async def lives(settings: Settings, part: LivingPart) -> bool:
    """Tell whether a part lives on this machine: the server answers there, the others have just said so in Redis.

    Raises:
        RedisError: Redis does not answer.
    """
    if part is LivingPart.SERVER:
        return await answers_health(settings.host, settings.port)
    return await asyncio.to_thread(_has_beaten, settings, part)


def _has_beaten(settings: Settings, part: LivingPart) -> bool:
    client = Redis.from_url(urls.redis_url(settings), socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        here = socket.gethostname()
        return any(each.role == part and each.host == here for each in heartbeat.living(client))
    finally:
        client.close()
