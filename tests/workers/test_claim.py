"""One supervisor a state folder, one program a port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers import claim, status
from workers.claim import claimed, free_port
from workers.errors import AlreadyRunning, PortTaken

HOLD = """
import sys, time
from pathlib import Path
from workers.claim import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def is_held(home: Path) -> bool:
    """Whether a folder is refused to whoever comes now."""
    try:
        with claimed(home):
            return False
    except AlreadyRunning:
        return True


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder."""
    command = [sys.executable, "-P", "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_held_folder_is_refused(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(AlreadyRunning, match=r"already runs on .*MARKSIGHT_HOME"), claimed(tmp_path):
        pass


def test_the_message_names_who_holds_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    status.write(tmp_path, status.SupervisorStatus(holder.pid, "http://127.0.0.1:8080", ()))
    with (
        pytest.raises(AlreadyRunning, match=rf"process {holder.pid}, http://127\.0\.0\.1:8080"),
        claimed(tmp_path),
    ):
        pass


def test_a_killed_holder_holds_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert is_held(tmp_path)
    holder.kill()
    holder.wait()
    assert not is_held(tmp_path)


def test_it_can_be_claimed_again_and_another_folder_meanwhile(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for _ in range(2):
        with claimed(tmp_path):
            assert (is_held(tmp_path), is_held(other)) == (True, False)
            with claimed(other):
                assert (is_held(tmp_path), is_held(other)) == (True, True)
            assert (is_held(tmp_path), is_held(other)) == (True, False)
        assert not is_held(tmp_path)


def test_an_error_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claimed(tmp_path):
        raise ZeroDivisionError
    assert not is_held(tmp_path)


def test_children_do_not_inherit_the_hold(tmp_path: Path) -> None:
    with claimed(tmp_path):
        child = subprocess.Popen(["/bin/sleep", "600"], close_fds=False)
    try:
        assert child.poll() is None
        assert not is_held(tmp_path)
    finally:
        child.kill()
        child.wait()


def test_port_0_gives_a_free_one() -> None:
    port = free_port("127.0.0.1", 0)
    assert free_port("127.0.0.1", port) == port


def test_a_taken_port_is_said_with_the_next_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "PORT_PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} on 127\.0\.0\.1 is taken.*MARKSIGHT_PORT={port + 1}"):
            free_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"], ids=["not ours", "no address"])
def test_a_host_that_is_not_this_machine_is_said(host: str) -> None:
    with pytest.raises(PortTaken, match="MARKSIGHT_HOST"):
        free_port(host, 8080)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may take any port")
def test_a_port_for_root_alone_is_said() -> None:
    with pytest.raises(PortTaken, match="Permission denied"):
        free_port("127.0.0.1", 80)
