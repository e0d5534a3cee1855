"""The examples of docs/api.md work as they stand there, one after the other in one shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Program
from tests.browser.signing_in import command
from tests.browser.test_readme import SAMPLE
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def told(program: Program, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the examples were run, and what they printed."""
    folder = tmp_path_factory.mktemp("api")
    shutil.copy(SAMPLE, folder / "part.jpg")
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(SAMPLE, "reel/one.jpg")
    (token,) = re.findall(r"^ms_\S+$", command(program, "token", "add", "examples", "--role", "engineer"), re.MULTILINE)
    environment = {**os.environ, "SERVER": program.url, "TOKEN": token}
    script = "set -euo pipefail\n" + "\n".join(EXAMPLES)
    done = subprocess.run(
        ["bash", "-c", script], check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def answer(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_a_picture_gets_its_verdict_and_is_what_was_sent(told: tuple[Path, str]) -> None:
    folder, printed = told
    assert printed == "pass done\n"
    assert answer(folder, "inspection.json")["evidence"]["lines"][0]["text"] == "MC74HC32AN"
    assert (folder / "overlay.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_page_leads_to_the_next(told: tuple[Path, str]) -> None:
    first, following = ({item["id"] for item in answer(told[0], name)["items"]} for name in ("page.json", "next.json"))
    assert len(first) == 2
    assert following
    assert first.isdisjoint(following)


def test_a_run_ends_with_a_row_for_each_picture(told: tuple[Path, str]) -> None:
    folder, _ = told
    assert '"state":"done"' in (folder / "events.txt").read_text(encoding="utf-8").replace(" ", "")
    rows = (folder / "results.csv").read_text(encoding="utf-8").splitlines()
    assert sum("pass" in row for row in rows) == 2


def test_a_lot_is_verified_and_closed(told: tuple[Path, str]) -> None:
    folder, _ = told
    assert answer(folder, "of-the-lot.json")["verdict"] == "pass"
    assert answer(folder, "closed.json")["state"] == "closed"


def test_recipes_and_the_trail_are_told(told: tuple[Path, str]) -> None:
    folder, _ = told
    assert "MC74HC32AN DIP-14" in {item["name"] for item in answer(folder, "recipes.json")["items"]}
    assert answer(folder, "audit.json")["items"][0]["operation"] == "update"


def test_a_refusal_leads_to_its_page(told: tuple[Path, str]) -> None:
    folder, _ = told
    assert answer(folder, "problem.json")["status"] == 422
    assert "<h1>" in (folder / "explained.html").read_text(encoding="utf-8")
