"""The embedded Valkey, which speaks Redis' protocol: one Unix socket, a password, and a log of what was written.

The password stands in a configuration file that only the server's user can read, never in the arguments, which every
user of the machine can.
"""

from __future__ import annotations

from pathlib import Path

from redis import asyncio as redis
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError  # noqa: A004

from data import embedded_urls
from workers.child import Program
from workers.embedded import binaries
from workers.embedded.service_user import ServiceUser, give

FOLDER = "valkey"


def prepare(home: Path, user: ServiceUser | None) -> None:
    """Make the server's folder and configuration."""
    folder = home / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    give(folder, user)
    password = embedded_urls.password_file(home, "redis").read_text(encoding="utf-8").strip()
    file = folder / "valkey.conf"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(configuration(home, password), encoding="utf-8")
    give(file, user)


def configuration(home: Path, password: str) -> str:
    """Return the configuration file's text."""
    directives = {
        "port": "0",
        "unixsocket": _quoted(str(embedded_urls.redis_socket(home))),
        "unixsocketperm": "700",
        "requirepass": _quoted(password),
        "dir": _quoted(str(home / FOLDER)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',  # the append-only log is enough
        "maxmemory-policy": "noeviction",  # a queue that forgets by itself would be no queue
        "loglevel": "warning",
    }
    return "".join(f"{name} {value}\n" for name, value in directives.items())


def program(home: Path, user: ServiceUser | None) -> Program:
    """Return the server; `prepare` comes first."""
    return Program(
        name="valkey",
        argv=(str(binaries.valkey(home, user)), str(home / FOLDER / "valkey.conf")),
        cwd=home,
        user=user,
        ready=lambda: answers(home),
    )


async def answers(home: Path) -> bool:
    """Tell whether the server takes commands now."""
    client = redis.Redis.from_url(embedded_urls.redis_url(home), socket_timeout=5)
    try:
        await client.ping()
    except (BusyLoadingError, ConnectionError, TimeoutError):
        return False
    finally:
        await client.aclose()
    return True


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
