"""What the server that speaks Redis' protocol is: Redis itself, or one that says its own name beside."""

from __future__ import annotations

from collections.abc import Mapping


def name_and_version(info: Mapping[str, object]) -> str:
    """Return the server's true name and version, from the `server` section of its INFO.

    Valkey gives as `redis_version` the last version of Redis that it is compatible with.
    """
    name = str(info.get("server_name") or "redis")
    version = info.get(f"{name}_version") or info.get("redis_version") or "of unknown version"
    return f"{name.capitalize()} {version}"
