"""One supervisor a state folder, and one program a port."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers import status
from workers.errors import AlreadyRunning, PortTaken

PORT_PATIENCE_S = 1.0
"""A server that was just killed lets go of its port within this time."""


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Hold the state folder for this process; the kernel lets go of it whatever ends us.

    Raises:
        AlreadyRunning: another process holds it.
    """
    descriptor = os.open(home / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, home)
        try:
            yield
        finally:  # closing is not enough while a child of ours is between fork and exec
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(_holder(home)) from None


def free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0.

    Raises:
        PortTaken: somebody listens there, or `host` is no address of this machine.
    """
    deadline = time.monotonic() + PORT_PATIENCE_S
    while True:
        try:
            return _try_port(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortTaken(
                    f"cannot listen on {host}:{port}: {error.strerror or error}; see MARKSIGHT_HOST"
                ) from error
            if time.monotonic() > deadline:
                raise PortTaken(
                    f"port {port} on {host} is taken by another program; stop it, or take another port: "
                    f"MARKSIGHT_PORT={port + 1} marksight up"
                ) from error
        time.sleep(0.05)


def _try_port(host: str, port: int) -> int:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closed connections do not count
        probe.bind(address)
        probe.listen(1)
        return int(probe.getsockname()[1])


def _holder(home: Path) -> str:
    running = status.read(home)
    where = f" (process {running.pid}, {running.address})" if running else ""
    return f"Marksight already runs on {home}{where}; stop it first, or set MARKSIGHT_HOME to another folder"
