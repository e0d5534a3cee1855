"""PostgreSQL as a factory has it: the system's own, over TCP, encrypted, with passwords alone."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.conftest import ROOT
from tests.outside.authority import Signed
from workers import child
from workers.child import Child, Program
from workers.embedded import postgres as embedded
from workers.embedded.service_user import give, service_user

SUPERUSER, SUPERUSERS_PASSWORD = "postgres", "the administrator's own"
OWNER, APP = "marksight_owner", "marksight_app"
PASSWORDS = {SUPERUSER: SUPERUSERS_PASSWORD, OWNER: "owns/it @ll", APP: "it's :only: the app?"}
"""Hard ones, that show whether each is quoted where it must be."""

HOST = "localhost"
ENCRYPTED = "hostssl all all all scram-sha-256\n"
PLAIN = "host all all all scram-sha-256\n"


def debians() -> Path:
    """The folder of the programs of the newest PostgreSQL that the system has."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    assert found, "PostgreSQL is not installed; .ci/packages does that"
    return found[-1].parent


@dataclass
class DatabaseServer:
    """A server in a folder of its own: `programs` holds its programs, `signed` its certificate, if it has one."""

    folder: Path
    port: int
    programs: Path
    signed: Signed | None = None

    def __post_init__(self) -> None:
        self._child: Child | None = None

    async def make(self) -> None:
        """Make the cluster, with passwords for everybody."""
        user = service_user()
        self.folder.mkdir(mode=0o700)
        password = self.folder.with_suffix(".password")
        password.write_text(SUPERUSERS_PASSWORD, "utf-8")
        for path in (self.folder, password):
            give(path, user)
        options = (f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8")
        argv = (str(self.programs / "initdb"), "-D", str(self.folder), *options, "--locale=C.UTF-8", "--no-sync")
        await child.run(Program("initdb", argv, self.folder, user))
        (self.folder / "pg_hba.conf").write_text(ENCRYPTED if self.signed else PLAIN, "utf-8")

    async def start(self) -> None:
        """Start it, and return when it takes connections."""
        user = service_user()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options |= self._tls()
        settings = (argument for name, value in options.items() for argument in ("-c", f"{name}={value}"))
        argv = (str(self.programs / "postgres"), "-D", str(self.folder), *settings)
        self._child = Child(
            Program("postgres", argv, self.folder, user, stops=embedded.STOPS, ready=self._answers, ready_s=60.0)
        )
        await self._child.start()
        await self._child.until_ready()

    async def stop(self) -> None:
        """Stop it as an administrator does; one that has stopped stays so."""
        if self._child is not None:
            await self._child.stop()
        self._child = None

    def url(self, role: str, *, database: str = "marksight", password: str | None = None, **query: str) -> str:
        """Return the URL by which a role connects, with what is behind its question mark."""
        secret = quote(PASSWORDS[role] if password is None else password, safe="")
        behind = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"postgresql://{role}:{secret}@{HOST}:{self.port}/{database}{'?' if behind else ''}{behind}"

    async def administrate(self, url: str, file: Path, environment: Mapping[str, str]) -> str:
        """Run the statements of a file as an administrator does; return what psql said."""
        process = await asyncio.create_subprocess_exec(
            *(str(self.programs / "psql"), url, "--no-psqlrc", "-f", str(file)),
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async def make_roles(self, **query: str) -> str:
        """Make database and roles by the statements of `ops/roles.sql`."""
        url = self.url(SUPERUSER, database="postgres", **query)
        secrets = {"OWNER_PASSWORD": PASSWORDS[OWNER], "APP_PASSWORD": PASSWORDS[APP]}
        return await self.administrate(url, ROOT / "ops" / "roles.sql", secrets)

    def _tls(self) -> dict[str, str]:
        """Give the server its certificate; it takes a key that is its own alone."""
        if self.signed is None:
            return {}
        options = {"ssl": "on"}
        for name, file in (("ssl_cert_file", self.signed.certificate), ("ssl_key_file", self.signed.key)):
            own = self.folder / f"{name}.pem"
            own.unlink(missing_ok=True)
            shutil.copy(file, own)
            own.chmod(0o600)
            give(own, service_user())
            options[name] = str(own)
        return options

    async def _answers(self) -> bool:
        argv = (str(self.programs / "pg_isready"), "--quiet", f"--host={HOST}", f"--port={self.port}")
        process = await asyncio.create_subprocess_exec(*argv)
        return await process.wait() == 0
