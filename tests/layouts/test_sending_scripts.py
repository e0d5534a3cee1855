"""The rules in the scripts that gather and send files, run by node on values."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from layouts.component import ASSETS

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
PIECES = ("dom", "sizes", "problem", "uploading")


def run(tmp_path: Path, expression: str) -> Any:
    """Return what an expression over the pieces gives."""
    module = tmp_path / "run.mjs"
    pieces = "\n".join((ASSETS / "js" / f"{piece}.js").read_text(encoding="utf-8") for piece in PIECES)
    module.write_text(f"{pieces}\nconsole.log(JSON.stringify({expression}))", encoding="utf-8")
    done = subprocess.run(["node", str(module)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (99_960, "100 kB"), (999_600, "1.0 MB"),
     (2_500_000_000, "2.5 GB")],
)  # fmt: skip
def test_sizes_read_as_people_say_them(tmp_path: Path, size: int, said: str) -> None:
    assert run(tmp_path, f"size({size})") == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "under 1 s"), (59, "59 s"), (61, "1 min 01 s"), (3720, "1 h 02 min"), ("Infinity", "")]
)
def test_what_is_left_is_said_in_two_units_at_most(tmp_path: Path, seconds: object, said: str) -> None:
    assert run(tmp_path, f"span({seconds})") == said


@pytest.mark.parametrize(
    "path",
    ["a.jpg", "a/b.jpg", "../../etc/a.jpg", "a\\b.jpg", "/a//./b.jpg", "a\x01\tb.jpg", "", "x" * 1200, " /a.jpg"],
    ids=["plain", "folder", "out of it", "backslash", "empty steps", "control", "nothing", "long", "blank folder"],
)
def test_a_file_is_called_here_as_the_server_calls_it(tmp_path: Path, path: str) -> None:
    from dashboard.api.upload import path_name  # noqa: PLC0415  the other side of the same rule

    assert run(tmp_path, f"pathName({json.dumps(path)})") == path_name(path)


@pytest.mark.parametrize(
    ("status", "again"), [(0, True), (409, True), (423, True), (460, True), (503, True), (507, False), (413, False)]
)
def test_what_passes_is_tried_again_and_what_stays_is_said(tmp_path: Path, status: int, again: bool) -> None:
    assert run(tmp_path, f"passes({status})") is again


def test_speed_is_that_of_the_last_seconds(tmp_path: Path) -> None:
    marks = "for (let t = 0; t <= 20; t += 1) s.mark(t < 10 ? t * 1000 : 10000 + (t - 10) * 5000, t * 1000)"
    assert run(tmp_path, f"(() => {{ const s = new Speed(); {marks}; return s.perSecond }})()") == 5000


def test_files_that_the_run_has_are_not_sent_again(tmp_path: Path) -> None:
    body = """(() => {
      const batch = new Batch({changed: () => {}, idle: () => {}})
      batch.here = new Map([["a.jpg\\n3", 1]])
      for (const path of ["a.jpg", "a.jpg", "b.jpg"]) batch.add({size: 3}, path)
      return [batch.tally, batch.queue.map((one) => one.path), batch.sentBytes, batch.over]
    })()"""
    assert run(tmp_path, body) == [
        {"waiting": 2, "sending": 0, "stored": 1, "failed": 0}, ["a.jpg", "b.jpg"], 3, False,
    ]  # fmt: skip
