"""What the browser is given: everything from our own server, and every script sound enough to be parsed."""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from layouts.component import ASSETS, script, styles
from layouts.file_sender import FileSender

SCRIPTS = sorted((ASSETS / "js").glob("*.js"))
SHEETS = sorted((ASSETS / "css").glob("*.css"))
TEXTS = [*SCRIPTS, *SHEETS, ASSETS / "shell.html", ASSETS / "fonts" / "fonts.css"]
NAMESPACES = {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_nothing_asks_another_host(path: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"')]*", path.read_text(encoding="utf-8")))
    assert addresses - NAMESPACES == set()


def test_every_font_named_lies_beside_its_sheet_with_its_licence() -> None:
    sheet = (ASSETS / "fonts" / "fonts.css").read_text(encoding="utf-8")
    files = re.findall(r"url\(([^)]+)\)", sheet)
    assert len(files) == 6
    assert all((ASSETS / "fonts" / name).read_bytes().startswith(b"wOF2") for name in files)
    assert len(list((ASSETS / "fonts").glob("LICENSE*"))) == 2


OVER_A_PHOTO = "picture.css"
"""Drawn over a photo, which has no theme."""


@pytest.mark.parametrize("path", [path for path in SHEETS if path.name != OVER_A_PHOTO], ids=lambda path: path.name)
def test_colours_come_from_the_tokens(path: Path) -> None:
    css = path.read_text(encoding="utf-8")
    assert set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", css)) <= {"#101214"}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_every_token_used_exists(path: Path) -> None:
    local = {"--level", "--first", "--second", "--stacked", "--ms-rail"}
    used = set(re.findall(r"var\((--[a-z-]+)", path.read_text(encoding="utf-8"))) - local
    defined = set(re.findall(r"(--[a-z-]+):", styles()[0])) | set(re.findall(r"(--ms-[a-z-]+)", styles()[0]))
    assert used <= defined


def test_every_sheet_and_script_is_looked_at() -> None:
    assert len(SHEETS) > 20
    assert len(SCRIPTS) > 20


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_is_written_smaller_than_12_px(path: Path) -> None:
    sizes = re.findall(r"(?:font-size:|font:[^;}]*?)\s*([0-9.]+)px", path.read_text(encoding="utf-8"))
    assert [size for size in sizes if float(size) < 12] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.name != "dom.js"], ids=lambda path: path.name)
def test_every_script_parses(path: Path, tmp_path: Path) -> None:
    whole = tmp_path / "module.mjs"
    text = path.read_text(encoding="utf-8")
    whole.write_text(script(path.stem) if "export function render" in text else text, encoding="utf-8")
    done = subprocess.run(["node", "--check", str(whole)], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_what_others_built_lies_here_as_they_built_it() -> None:
    """The file `dist/tus.min.js` of the npm package tus-js-client 4.3.1, byte by byte, with its licences."""
    vendor = ASSETS / "js" / "vendor"
    pinned = {"tus-4.3.1.min.js": "8cbb1b63fccc3bba0ae73ad1deb160ce046c3750851d0c3e94921ae3ef070eb8"}
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in vendor.glob("*.js")} == pinned
    assert "MIT License" in (vendor / "LICENSE.tus-js-client.txt").read_text(encoding="utf-8")
    notice = (ASSETS.parents[1] / "NOTICE").read_text(encoding="utf-8")
    assert all(f"sha256\n  {digest}" in notice for digest in pinned.values())


def test_the_sender_of_files_takes_the_library_that_lies_here() -> None:
    assert (ASSETS / "js" / "vendor" / FileSender.library.rpartition("/")[2]).is_file()
