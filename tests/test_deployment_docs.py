"""What `docs/deployment.md` says to be done is what the files in `ops` do, and what the tests run."""

from __future__ import annotations

import configparser
import re

import pytest

from data.settings import Settings
from tests.conftest import ROOT
from tests.image_file import assert_parses

TEXT = (ROOT / "docs" / "deployment.md").read_text("utf-8")


def block(kind: str) -> str:
    """Return the one block of code of a kind."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_statements_for_the_administrator_are_those_that_the_tests_run() -> None:
    file = (ROOT / "ops" / "roles.sql").read_text("utf-8")
    assert block("sql").splitlines() == [line for line in file.splitlines() if not line.startswith("--")]


def test_the_unit_runs_a_command_of_the_program_and_leaves_it_time() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block("ini"))
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert program.endswith("/marksight")
    assert_parses(arguments)
    assert float(unit["Service"]["TimeoutStopSec"]) > Settings.model_fields["step_timeout_s"].default


@pytest.mark.parametrize("file", ["docs/deployment.md", "ops/nginx.conf", "compose.yaml", "Dockerfile"])
def test_every_setting_that_is_named_exists(file: str) -> None:
    named = set(re.findall(r"\bMARKSIGHT_([A-Z_]+)\b", (ROOT / file).read_text("utf-8")))
    assert named
    assert {name.lower() for name in named} - set(Settings.model_fields) == set()


def test_every_file_of_ops_is_told_of() -> None:
    told = "".join(
        (ROOT / name).read_text("utf-8") for name in ("docs/deployment.md", "docs/metrics.md", "compose.yaml")
    )
    assert [path.name for path in (ROOT / "ops").iterdir() if path.name not in told] == []
