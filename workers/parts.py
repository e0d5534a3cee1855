"""The parts that `up` runs, and what each needs, as the settings say.

    postgres ─┬─ migrate ─┬─ relay
    valkey ───┤           ├─ watch
              │           └─ worker-1 .. worker-N
              └─ server (which loads for seconds before it asks anything of them, so it is started at once)

What runs outside (`MARKSIGHT_DATABASE_URL`, `MARKSIGHT_REDIS_URL`) is no part of ours.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from data.settings import Settings
from workers.child import Program, Ready
from workers.embedded import postgres, valkey
from workers.embedded.service_user import ServiceUser, service_user
from workers.supervisor import Part

SERVER_READY_S = 120.0
WORKER_NICE = 5
"""Workers take all that is free, and give way to the page server: pages stay quick, and come up first."""


def parts(settings: Settings, port: int, user: ServiceUser | None) -> tuple[Part, ...]:
    """Return the parts in the order of their start."""
    services = tuple(_services(settings, user))
    names = tuple(part.name for part in services)
    steps = tuple(_steps(settings, names))
    loaded = (*names, *(step.name for step in steps))
    answers = partial(answers_health, settings.host, port)
    command = partial(marksight, settings, port)
    return (
        *services,
        *steps,
        Part("relay", command("relay", "relay"), loaded),
        Part("watch", command("watch", "watch", nice=WORKER_NICE), loaded),
        *(
            Part(name, command(name, "worker", "--name", name, nice=WORKER_NICE), loaded)
            for name in _worker_names(settings)
        ),
        Part("server", command("server", "serve", ready=answers), names, early=True),
    )


def servers_user(settings: Settings) -> ServiceUser | None:
    """Return the user of the bundled servers, who must reach the state folder; None where both run outside."""
    return service_user() if settings.database_url is None or settings.redis_url is None else None


def marksight(
    settings: Settings, port: int, name: str, *arguments: str, ready: Ready | None = None, nice: int = 0
) -> Callable[[], Awaitable[Program]]:
    """Return a maker of the program `marksight ARGUMENTS...` with the state folder and port that were resolved.

    It runs where we run, so that it finds the same `.env`; `-P` keeps that folder from being searched for modules.
    """
    program = Program(
        name=name,
        argv=(sys.executable, "-P", "-m", "dashboard.cli", *arguments),
        cwd=Path.cwd(),
        environment={
            "MARKSIGHT_HOME": str(settings.home.absolute()),
            "MARKSIGHT_LOG_FORMAT": "json",  # for the files; the journal puts it in words for a terminal
            "MARKSIGHT_PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        },
        ready=ready,
        ready_s=SERVER_READY_S,
        nice=nice,
    )

    async def make() -> Program:
        return program

    return make


async def answers_health(host: str, port: int) -> bool:
    """Tell whether the page server answers `GET /health` with 200."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked, not bound
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(address, port)
            named = f"[{address}]" if ":" in address else address
            writer.write(f"GET /health HTTP/1.0\r\nHost: {named}:{port}\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


def _services(settings: Settings, user: ServiceUser | None) -> list[Part]:
    home = settings.home.absolute()

    async def make_postgres() -> Program:
        await postgres.prepare(home, user)
        return postgres.program(home, user)

    async def make_valkey() -> Program:
        valkey.prepare(home, user)
        return valkey.program(home, user)

    wanted = {
        "postgres": (settings.database_url, make_postgres),
        "valkey": (settings.redis_url, make_valkey),
    }
    return [Part(name, make, quiet=True) for name, (url, make) in wanted.items() if url is None]


def _steps(settings: Settings, services: tuple[str, ...]) -> list[Part]:
    """Return the steps before work begins; without the owner's URL an outside database is migrated by its owner."""
    if settings.database_url is not None and settings.owner_url is None:
        return []
    both = marksight(
        settings, settings.port, "migrate", "seed", "--migrate"
    )  # one process: a second saved at each start
    return [Part("migrate", both, services, once=True)]


def _worker_names(settings: Settings) -> list[str]:
    return [f"worker-{number}" for number in range(1, settings.workers + 1)]
