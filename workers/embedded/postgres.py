"""The embedded PostgreSQL: made once, started as our own child in the foreground.

1. A cluster is whole or not there: it is made in a folder beside it, with roles, database and extension, and renamed.
2. It listens on a Unix socket only, and everyone needs a password (scram-sha-256), the same user included.
3. The application's role owns nothing; the owner's role is no superuser; `vector` is made by the superuser, once.
4. A pid file left by a process that is gone, or whose number went to another program, does not keep us from starting.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path

import asyncpg

from data import embedded_urls
from data.durable import flush_folder
from workers import child
from workers.child import Program, Stop
from workers.embedded import binaries
from workers.embedded.service_user import ServiceUser, give
from workers.errors import AlreadyRunning, ClusterMismatch, HomeUnusable

FOLDER = "postgres"
ORPHAN_PATIENCE_S = 10.0
"""How long to wait for a server whose parent was just killed: it is told so by the kernel, and is on its way out."""

STOPS = (Stop(signal.SIGINT, 5.0), Stop(signal.SIGQUIT, 5.0), Stop(signal.SIGKILL, 5.0))
"""Fast shutdown, in which PostgreSQL 18 can hang when a backend was just killed; so then immediate shutdown."""

SETTINGS = {
    "cluster_name": "marksight",
    "jit": "off",  # our queries are short; compiling them costs more than it gains
    "listen_addresses": "",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "max_connections": "100",
    "random_page_cost": "1.1",  # SSD
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    "wal_compression": "on",
}

_LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--builtin-locale=C.UTF-8")
# The builtin provider sorts the same after an upgrade of the system's C library, so indexes stay right.


def program(home: Path, user: ServiceUser | None) -> Program:
    """Return the server of a cluster that `prepare` has made."""
    folder = str(embedded_urls.run_folder(home)).replace('"', '""')
    options = SETTINGS | {"unix_socket_directories": f'"{folder}"'}  # a list, whose members may be quoted
    return Program(
        name="postgres",
        argv=(
            str(binaries.postgres(home, user) / "bin" / "postgres"),
            *("-D", str(home / FOLDER)),
            *(argument for name, value in options.items() for argument in ("-c", f"{name}={value}")),
        ),
        cwd=home,
        user=user,
        death_signal=signal.SIGQUIT,  # takes the backends along; recovered at the next start
        stops=STOPS,
        ready=lambda: answers(home),
        ready_s=120.0,  # after a crash the log is replayed first
    )


async def answers(home: Path) -> bool:
    """Tell whether the application's role can connect now."""
    try:
        connection = await asyncpg.connect(embedded_urls.database_url(home), timeout=5)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    await connection.close()
    return True


async def prepare(home: Path, user: ServiceUser | None) -> None:
    """Make the cluster where there is none, and see that the one there can be started.

    Raises:
        AlreadyRunning: a server that is not ours runs on the cluster.
        ClusterMismatch: the cluster was made by another major version.
        HomeUnusable: the cluster's folder holds something else.
    """
    cluster = home / FOLDER
    if not cluster.exists():
        await _make(cluster, user, binaries.postgres(home, user))
        return
    _check_version(cluster)
    await _clear_pid_file(cluster / "postmaster.pid")


def _check_version(cluster: Path) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise HomeUnusable(f"{cluster} holds no database; move it away, and it is made anew") from None
    if found != str(binaries.POSTGRES_MAJOR):
        raise ClusterMismatch(
            f"the database in {cluster} was made by PostgreSQL {found}, this is {binaries.POSTGRES_MAJOR}; "
            f"dump it with {found} and load it anew, or run that version yourself and set MARKSIGHT_DATABASE_URL"
        )


async def _clear_pid_file(path: Path) -> None:
    """Wait for a server that is just ending, and remove what it or a crash left behind."""
    for _ in range(int(ORPHAN_PATIENCE_S / 0.05)):
        server = _server(path)
        if server is None:
            return
        await asyncio.sleep(0.05)
    raise AlreadyRunning(
        f"a PostgreSQL with the process id {server} runs on {path.parent}; end it with: kill -INT {server}"
    )


def _server(pid_file: Path) -> int | None:
    """Return the process id of the server that runs on the cluster; when there is none, remove the file that lies.

    PostgreSQL asks only whether *some* process of its user has that number; after a reboot, or in a container, that is
    often another program, and it would refuse to start. Without /proc (macOS) we leave the question to PostgreSQL.
    """
    if not pid_file.exists() or not Path("/proc/self").exists():
        return None
    try:
        pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        if os.fsencode(pid_file.parent) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return pid
    except (ValueError, FileNotFoundError, ProcessLookupError):
        pass
    pid_file.unlink(missing_ok=True)
    return None


async def _make(cluster: Path, user: ServiceUser | None, install: Path) -> None:
    new = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    give(new, user)
    await _initdb(new, user, install)
    await _single(new, user, install, database="postgres", statements=_roles(cluster.parent))
    await _single(new, user, install, database=embedded_urls.DATABASE, statements=("CREATE EXTENSION vector",))
    new.rename(cluster)
    flush_folder(cluster.parent)


async def _initdb(new: Path, user: ServiceUser | None, install: Path) -> None:
    password = new.with_name(new.name + ".password")
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    secret = embedded_urls.password_file(new.parent, embedded_urls.SUPERUSER)
    password.write_text(secret.read_text(encoding="utf-8"), encoding="utf-8")
    give(password, user)
    options = (f"--username={embedded_urls.SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256", *_LOCALE)
    try:
        await child.run(Program("initdb", (str(install / "bin" / "initdb"), "-D", str(new), *options), new, user))
    finally:
        password.unlink()


async def _single(
    new: Path, user: ServiceUser | None, install: Path, *, database: str, statements: tuple[str, ...]
) -> None:
    """Run statements in PostgreSQL's single-user mode: no socket, nobody else, and nothing half done to come upon."""
    argv = (str(install / "bin" / "postgres"), "--single", "-j", "-D", str(new), "-c", "exit_on_error=on", database)
    script = "".join(f"{statement};\n\n" for statement in statements)
    await child.run(Program("postgres --single", argv, new, user), script.encode())


def _roles(home: Path) -> tuple[str, ...]:
    owner, app, database = embedded_urls.OWNER_ROLE, embedded_urls.APP_ROLE, embedded_urls.DATABASE
    passwords = {role: embedded_urls.password_file(home, role).read_text(encoding="utf-8") for role in (owner, app)}
    return (
        *(f"CREATE ROLE {role} LOGIN PASSWORD {_literal(text.strip())}" for role, text in passwords.items()),
        f"CREATE DATABASE {database} OWNER {owner}",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
