"""What `.ci/packages` does on a machine that lacks programs; `apt-get` and the others are stand-ins on its PATH."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("chromium-headless-shell", "curl", "tesseract", "redis-server", "nginx", "python3")


class Machine:
    """A PATH of stand-ins; `calls` is what `apt-get` was asked."""

    def __init__(self, folder: Path, *, root: bool = True) -> None:
        self.folder = folder
        self.log = folder / "calls"
        self.log.touch()
        for name in PROGRAMS:
            self.has(name)
        self.has("id", f"echo {0 if root else 1000}")

    def has(self, name: str, does: str = "true") -> None:
        file = self.folder / name
        file.write_text(f"#!/bin/bash\n{does}\n", "utf-8")
        file.chmod(0o755)

    def lacks(self, name: str) -> None:
        (self.folder / name).unlink()

    def apt_fails(self, times: int) -> None:
        self.has("apt-get", f'echo "$@" >>{self.log}; [ $(grep -c update {self.log}) -gt {times} ]')

    @property
    def calls(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines()

    def packages(self) -> subprocess.CompletedProcess[str]:
        (self.folder / "sleep").exists() or self.has("sleep")
        for name in ("bash", "grep"):
            link = self.folder / name
            link.exists() or link.symlink_to(f"/bin/{name}")
        environment = {**os.environ, "PATH": str(self.folder)}
        environment.pop("PYTHON", None)
        command = ["/bin/bash", str(ROOT / ".ci" / "packages")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_has_everything_installs_nothing(machine: Machine) -> None:
    machine.apt_fails(0)
    assert machine.packages().returncode == 0
    assert machine.calls == []


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("chromium-headless-shell", "chromium-headless-shell"),
        ("curl", "curl"),
        ("tesseract", "tesseract-ocr"),
        ("redis-server", "redis-server"),
    ],
)
def test_what_is_missing_is_installed(machine: Machine, program: str, package: str) -> None:
    machine.lacks(program)
    machine.apt_fails(0)
    assert machine.packages().returncode == 0
    assert machine.calls == ["update -qq", f"install -y -qq --no-install-recommends {package}"]


def test_a_python_without_venv_gets_it(machine: Machine) -> None:
    machine.has("python3", "false")
    machine.apt_fails(0)
    assert machine.packages().returncode == 0
    assert machine.calls[-1].endswith(" python3-venv")


def test_an_apt_that_fails_once_is_asked_again_and_that_is_said(machine: Machine) -> None:
    machine.lacks("curl")
    machine.apt_fails(1)
    done = machine.packages()
    assert done.returncode == 0
    assert "trying once more" in done.stderr
    assert machine.calls[-1].endswith(" curl")


def test_an_apt_that_fails_twice_ends_it_with_words(machine: Machine) -> None:
    machine.lacks("curl")
    machine.apt_fails(2)
    done = machine.packages()
    assert done.returncode == 1
    assert "apt-get failed twice, so these are not installed: curl." in done.stderr
    assert len(machine.calls) == 2


def test_who_is_not_root_is_told_what_to_install(tmp_path: Path) -> None:
    machine = Machine(tmp_path, root=False)
    machine.lacks("curl")
    machine.apt_fails(0)
    done = machine.packages()
    assert done.returncode == 1
    assert "sudo apt-get install curl" in done.stderr
    assert machine.calls == []
