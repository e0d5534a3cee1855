"""From where pages may open sockets and ask for changes."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

ANY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, never bound to
HTTP, HTTPS = 80, 443
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SEEN = dict.fromkeys(ANY_ADDRESS, "127.0.0.1") | {"::": "::1"}


def address(host: str, port: int) -> str:
    """Return where a browser on this machine finds the server that is bound to `host`."""
    return f"http://{_named(_SEEN.get(host, host))}:{port}"


def allowed_hosts(host: str, port: int, more: Iterable[str] = (), *, unsaid_port: int = HTTP) -> frozenset[str]:
    """Return the `host:port` names under which the server's own pages are seen by browsers.

    `host` is the address bound to. A server bound to every address goes by this machine's name too; other names it has
    are for the setting `allowed_hosts` (`more`), where a name without a port means `unsaid_port`.
    """
    own = {*LOOPBACK, socket.gethostname()} if host in ANY_ADDRESS else {_named(host), *_loopback(host)}
    return frozenset(f"{name}:{port}".lower() for name in own) | {_with_port(name, unsaid_port) for name in more}


def is_loopback(host: str) -> bool:
    """Return whether a server bound to `host` is reached from its own machine alone."""
    return host in LOOPBACK or host == "::1"


def is_among(name: str, hosts: frozenset[str], *, unsaid_port: int = HTTP) -> bool:
    """Return whether `name`, a `Host` header's value, is one of `hosts`; browsers leave out their scheme's port."""
    return _with_port(name, unsaid_port) in hosts


def is_own(origin: str, hosts: Collection[str]) -> bool:
    """Return whether a page of `origin` (the header's value) is one of the server's own."""
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"}:
        return False
    return _with_port(parts.netloc, HTTPS if parts.scheme == "https" else HTTP) in hosts


def _named(host: str) -> str:
    """Return a host as addresses have it, an IPv6 one in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _loopback(host: str) -> tuple[str, ...]:
    return LOOPBACK if is_loopback(host) else ()


def _with_port(name: str, port: int) -> str:
    has_port = name.rpartition("]")[2].count(":") == 1
    return (name if has_port else f"{name}:{port}").lower()
