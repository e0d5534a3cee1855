"""Checks of the machine: Python and platform, settings, state folder, disk, bundled programs, port."""

from __future__ import annotations

import difflib
import os
import platform
import shutil
import stat
import sys
from pathlib import Path

from data import embedded_urls
from data.settings import Settings, unknown_names
from workers import child, status
from workers.child import Program
from workers.claim import free_port
from workers.embedded import binaries, home
from workers.embedded.service_user import ServiceUser
from workers.errors import PortTaken, ServiceError
from workers.finding import Finding, note, ok, wrong
from workers.parts import answers_health, servers_user

GIB = 2**30
NO_SPACE, LITTLE_SPACE = 0.5 * GIB, 5 * GIB
OLDEST_PYTHON = (3, 11)
SYSTEMS = {"Linux", "Darwin"}


async def check_platform(_: Settings) -> list[Finding]:
    """Is this a system that Marksight runs on?"""
    here = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST_PYTHON:
        return [wrong("platform", here, "install Python 3.11 or newer, then: make install")]
    if platform.system() not in SYSTEMS:
        return [wrong("platform", here, "use Linux, or Linux in WSL2")]
    return [ok("platform", here)]


async def check_settings(_: Settings) -> list[Finding]:
    """Does every MARKSIGHT_ variable mean something? (Values were checked when the settings were read.)"""
    unknown = unknown_names()
    return [_unknown(name) for name in unknown] or [ok("settings", "every MARKSIGHT_ variable is known")]


def _unknown(name: str) -> Finding:
    prefix = "MARKSIGHT_"
    known = [field.upper() for field in Settings.model_fields]
    near = difflib.get_close_matches(name.upper().removeprefix(prefix), known, 1)
    mend = f"did you mean {prefix}{near[0]}?" if near else "remove it; docs/configuration.md lists all there are"
    return wrong("settings", f"{name} is no setting and does nothing", mend)


async def check_home(settings: Settings) -> list[Finding]:
    """Can the state folder be used, and are its secrets ours alone?"""
    folder, user = settings.home.absolute(), servers_user(settings)
    if not folder.exists():
        return [note("state folder", f"{folder} is not there yet; it is made at the first start")]
    try:
        home.check_path(folder)
        home.check_reachable(folder, user)
    except ServiceError as error:
        return [wrong("state folder", *_halves(error))]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [wrong("state folder", f"{folder} cannot be written", "become its owner, or set MARKSIGHT_HOME")]
    return _open_secrets(folder) or [ok("state folder", str(folder))]


def _open_secrets(folder: Path) -> list[Finding]:
    files = [embedded_urls.password_file(folder, name) for name in home.PASSWORDS]
    loose = [file for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    return [wrong("secrets", f"{file} can be read by others", f"chmod 600 {file}") for file in loose]


async def check_space(settings: Settings) -> list[Finding]:
    """Is there room for pictures?"""
    folder = next(path for path in (settings.home.absolute(), *settings.home.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    found = f"{free / GIB:.1f} GiB free"
    if free < NO_SPACE:
        return [wrong("disk", found, "free some space, or set MARKSIGHT_HOME to another disk")]
    if free < LITTLE_SPACE:
        return [note("disk", found, "pictures take about 1 MB each; think of more room")]
    return [ok("disk", found)]


async def check_programs(settings: Settings) -> list[Finding]:
    """Do the bundled PostgreSQL and Valkey run here, as the user they will run as?"""
    folder, user = settings.home.absolute(), servers_user(settings)
    findings = []
    if settings.database_url is None:
        findings.append(await _runs("PostgreSQL", folder, user))
    if settings.redis_url is None:
        findings.append(await _runs("Valkey", folder, user))
    return findings or [ok("bundled programs", "not used: database and queue run outside")]


async def _runs(name: str, folder: Path, user: ServiceUser | None) -> Finding:
    try:
        path = (
            binaries.valkey(folder, user) if name == "Valkey" else binaries.postgres(folder, user) / "bin" / "postgres"
        )
        version = await child.run(Program(name, (str(path), "--version"), Path("/"), user))
    except ServiceError as error:
        return wrong("bundled programs", f"{name}: {error}", "make install; or use outside services")
    return ok("bundled programs", version.split(" sha=")[0])


async def check_port(settings: Settings) -> list[Finding]:
    """Is the port free, or held by our own page server?"""
    running = status.read(settings.home.absolute())
    if running is not None:
        serves = await answers_health(settings.host, int(running.address.rsplit(":", 1)[1]))
        if serves:
            return [ok("page server", f"answers at {running.address}")]
        return [wrong("page server", f"{running.address} does not answer", f"see {settings.home}/logs/server.log")]
    try:
        port = free_port(settings.host, settings.port)
    except PortTaken as error:
        return [wrong("port", *_halves(error))]
    return [ok("port", f"{settings.host}:{port} is free")]


def _halves(error: ServiceError) -> tuple[str, str]:
    """Split one of our messages, which say what was found; and what to do."""
    found, _, mend = str(error).partition("; ")
    return found, mend or "see docs/configuration.md"
