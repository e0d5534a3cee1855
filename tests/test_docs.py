"""The docs say what is there: links lead somewhere, commands exist, lock files hold names, versions and hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code(path: Path) -> str:
    return "\n".join(block or inline for block, inline in CODE.findall(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_link_leads_to_a_file_that_exists(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", code(page)))
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_marksight_command_that_is_named_exists(page: Path) -> None:
    from dashboard.cli import COMMANDS  # noqa: PLC0415  the one import of the program here

    named = set(re.findall(r"\bmarksight ([a-z]+)\b", code(page)))
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("lock", LOCKS, ids=page_id)
def test_a_lock_file_names_versions_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==\S+", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(blocks) > 50
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_the_test_lock_holds_the_very_versions_that_are_shipped() -> None:
    shipped, tested = (
        set(re.findall(r"^(\S+==\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)) for lock in LOCKS
    )
    assert shipped - tested == set()


def test_the_gate_runs_the_command_that_the_readme_names() -> None:
    assert "make test" in code(ROOT / "README.md")
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
