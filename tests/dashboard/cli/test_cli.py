"""The command line: every command there, errors in one line, the right exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import typer
from alembic.util.exc import CommandError
from pydantic import ValidationError
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.exc import OperationalError

from core.errors import ImageRefused, MarksightError
from dashboard import cli
from dashboard.cli.errors import in_one_line
from data.settings import Settings
from workers.errors import PortTaken

ISSUED = {"up", "serve", "worker", "relay", "watch", "migrate", "seed", "read", "inspect", "doctor", "bench", "audit"}
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
WITH_THEIR_OWN = {
    (name, under): command
    for name, group in COMMANDS.items()
    for under, command in getattr(group, "commands", {}).items()
}
"""What is said behind a command that has commands of its own."""


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `marksight` as a user would."""
    command = [sys.executable, "-P", "-m", "dashboard.cli", *arguments]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **variables}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)


def code_of(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    return ended.value.code


def test_every_command_is_there() -> None:
    assert set(cli.COMMANDS) >= ISSUED
    assert set(COMMANDS) == set(cli.COMMANDS)
    assert set(WITH_THEIR_OWN) >= {("audit", "verify"), ("audit", "anchor"), ("audit", "show")}


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_a_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(name, "--help") == 0
    printed = capsys.readouterr().out
    assert f"marksight {name}" in printed
    assert "--help" in printed


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_option_has_its_words(name: str) -> None:
    assert without_words(COMMANDS[name]) == []


@pytest.mark.parametrize("names", sorted(WITH_THEIR_OWN), ids=" ".join)
def test_what_is_said_behind_a_command_has_its_words_too(names: tuple[str, str]) -> None:
    assert without_words(WITH_THEIR_OWN[names]) == []


def without_words(command: Any) -> list[str]:
    """Return what of a command is not explained: itself, or parameters."""
    said = {command.name: command.help} | {each.name: getattr(each, "help", "") for each in command.params}
    return [name for name, words in said.items() if not words]


def test_help_shows_every_command_but_the_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of("--help") == 0
    printed = capsys.readouterr().out
    shown = {name for name in cli.COMMANDS if re.search(rf"│ {name}\s", printed)}
    assert shown == {name for name, panel in cli.COMMANDS.items() if panel}


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; import dashboard.cli;"
        "heavy = {'numpy', 'cv2', 'panel', 'sqlalchemy', 'fastapi', 'onnxruntime', 'redis', 'asyncpg', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_said() -> None:
    done = run("--version")
    assert (done.returncode, bool(re.fullmatch(r"marksight \d+\.\d+\.\d+\n", done.stdout))) == (0, True)


USER_ERRORS = {
    "no such command": (("workr",), "Did you mean"),
    "no such option": (("doctor", "--jsno"), "No such option"),
    "a file that is not there": (("read", "/no/such/photo.jpg"), "/no/such/photo.jpg"),
    "a name that no file can have": (("read", "x" * 300), "file name too long"),
    "a recipe that is neither a file nor bundled": (("inspect", "a.jpg", "-r", '{"x": 1}' * 50), "no recipe"),
}


@pytest.mark.parametrize(("arguments", "words"), USER_ERRORS.values(), ids=USER_ERRORS.keys())
def test_a_users_error_is_said_without_a_traceback(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 4
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_and_its_value_is_not() -> None:
    done = run("relay", MARKSIGHT_PORT="hunter2")
    assert done.returncode == 4
    assert done.stderr.startswith("marksight: MARKSIGHT_PORT: ")
    assert "hunter2" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_failure_of_ours_is_shown_whole_and_is_no_verdict() -> None:
    code = "from dashboard import cli\n@cli.app.command()\ndef boom():\n    {}['x']\ncli.main(['boom'])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr, "KeyError: 'x'" in done.stderr) == (4, True, True)


def test_debug_shows_the_traceback_wherever_it_stands() -> None:
    for arguments in (("--debug", "relay"), ("relay", "--debug")):
        done = run(*arguments, MARKSIGHT_PORT="x")
        assert ("Traceback" in done.stderr, done.returncode) == (True, 4)


def test_who_logs_for_machines_says_its_end_in_a_line_too(tmp_path: Path) -> None:
    done = run("relay", MARKSIGHT_HOME=str(tmp_path), MARKSIGHT_LOG_FORMAT="json")
    line = json.loads(done.stderr)
    assert (done.returncode, line["level"], line["part"]) == (4, "CRITICAL", "relay")
    assert line["message"].startswith("marksight: ")
    assert "error" not in line
    debugged = json.loads(run("relay", "--debug", MARKSIGHT_HOME=str(tmp_path), MARKSIGHT_LOG_FORMAT="json").stderr)
    assert debugged["error"]["traceback"].startswith("Traceback")


@pytest.mark.parametrize("command", ["relay", "worker", "watch", "migrate", "seed"])
def test_before_the_first_start_a_part_says_what_is_missing(command: str, tmp_path: Path) -> None:
    done = run(command, MARKSIGHT_HOME=str(tmp_path), MARKSIGHT_LOG_FORMAT="human")
    assert done.returncode == 4
    assert done.stderr.startswith("marksight: the bundled database and queue were never started")


def _wrong_settings() -> Exception:
    with pytest.raises(ValidationError) as caught:
        Settings(port="web", workers=0)  # type: ignore[arg-type]
    return caught.value


LINES: dict[str, tuple[Callable[[], Exception], str | None]] = {
    "ours": (lambda: MarksightError("The recipe is gone."), "The recipe is gone."),
    "a child of ours": (lambda: ImageRefused("not-an-image", "This is no picture."), "This is no picture."),
    "another child": (lambda: PortTaken("taken"), "taken"),
    "settings": (_wrong_settings, "MARKSIGHT_PORT: Input should be a valid integer"),
    "no such file": (lambda: FileNotFoundError(2, "No such file or directory", "a.jpg"), "a.jpg: no such file"),
    "not ours to read": (lambda: PermissionError(13, "Permission denied", "a.jpg"), "a.jpg: permission denied"),
    "database": (lambda: OperationalError("SELECT 1", {}, Exception("gone")), "the database does not answer"),
    "password": (lambda: asyncpg.InvalidPasswordError("wrong password"), "the database does not answer"),
    "redis": (lambda: RedisAway("refused"), "Redis does not answer (refused)"),
    "refused": (lambda: ConnectionRefusedError(111, "Connection refused"), "the database does not answer"),
    "a disk": (lambda: OSError(28, "No space left on device", "a.json"), "a.json: no space left on device"),
    "a pipe": (lambda: BrokenPipeError(32, "Broken pipe"), "Broken pipe"),
    "migrations": (lambda: CommandError("Can't locate revision identified by 'x'"), "Can't locate revision"),
    "a fault of ours": (lambda: KeyError("x"), None),
    "a wrong statement": (lambda: asyncpg.UndefinedTableError("no table"), None),
}


@pytest.mark.parametrize(("make", "line"), LINES.values(), ids=LINES.keys())
def test_an_error_is_the_users_or_ours(make: Callable[[], Exception], line: str | None) -> None:
    said = in_one_line(make())
    assert (said is None) == (line is None)
    assert line is None or (said is not None and line in said and "\n" not in said)
