"""What the README tells a newcomer to type works as it stands there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.browser.conftest import Program

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg"
CURL = re.compile(r"^curl .*$", re.MULTILINE)


def test_the_curl_example_brings_a_verdict(program: Program, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "part.jpg")
    (example,) = CURL.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    command = shlex.split(example.replace("http://127.0.0.1:8080", program.url))
    done = subprocess.run(
        [*command, "--silent", "--show-error"], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["verdict"], answer["state"]) == ("pass", "done")
    assert answer["recipe"]["name"] == "MC74HC32AN DIP-14"
