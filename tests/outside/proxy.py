"""nginx with the configuration that is shipped, but for its addresses, its certificate and its folders."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.outside.authority import Signed
from workers.child import Child, Program
from workers.claim import free_port
from workers.parts import answers_health

NAME = "marksight.plant.example"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """The proxy as its clients reach it, by the name `NAME`."""

    port: int
    plain_port: int

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.port}"


def configured(folder: Path, proxy: Proxy, signed: Signed, servers: Mapping[str, int]) -> str:
    """Return the shipped configuration with ports on this machine in the place of the servers' names."""
    text = (ROOT / "ops" / "nginx.conf").read_text("utf-8")
    changes = {
        r"listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        r"listen 443 ": f"listen 127.0.0.1:{proxy.port} ",
        r"/etc/nginx/marksight\.crt": str(signed.certificate),
        r"/etc/nginx/marksight\.key": str(signed.key),
        r"/var/log/nginx/marksight\.log": str(folder / "access.log"),
        r"^http \{": "http {\n" + "".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY),
        **{rf"server {re.escape(name)}:\d+": f"server 127.0.0.1:{port}" for name, port in servers.items()},
    }
    for pattern, change in changes.items():
        text, count = re.subn(pattern, lambda _, to=change: to, text, flags=re.MULTILINE)  # type: ignore[misc]
        assert count, f"{pattern} is not in the shipped configuration"
    assert ".plant.example:" not in text, "a server was left as it is shipped"
    return text


@asynccontextmanager
async def proxied(folder: Path, signed: Signed, servers: Mapping[str, int]) -> AsyncIterator[Proxy]:
    """Have nginx run before `servers`, the ports of those that the shipped configuration names."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "nginx is not installed; .ci/packages does that"
    folder.mkdir()  # noqa: ASYNC240
    proxy = Proxy(free_port("127.0.0.1", 0), free_port("127.0.0.1", 0))
    file = folder / "nginx.conf"
    file.write_text(configured(folder, proxy, signed, servers), "utf-8")
    directives = f"daemon off; pid {folder}/pid; error_log {folder}/error.log warn;"
    argv = (found, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file), "-g", directives)

    async def answers() -> bool:
        return not await answers_health("127.0.0.1", proxy.plain_port) and (folder / "pid").exists()

    nginx = Child(Program("nginx", argv, folder, ready=answers))
    await nginx.start()
    try:
        await nginx.until_ready()
        yield proxy
    finally:
        await nginx.stop()
