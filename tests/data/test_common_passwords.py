"""The passwords that everybody tries first are known, in any case, and the list is the one that was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.password import LEAST
from data import common_passwords
from data.bundled import BundleBroken
from data.common_passwords import WIDTH, holds, is_common, packed

FOLDER = Path(__file__).resolve().parents[2] / "data" / "assets" / "passwords"
LISTED = (FOLDER / "common.bin").read_bytes()


@pytest.mark.parametrize(
    "password",
    [
        "qwertyuiop",
        "1234567890",
        "password123",
        "1q2w3e4r5t",
        "iloveyou123",
        "passwort123",
        "administrator",
        "0123456789",
    ],
)
def test_what_everybody_tries_is_known(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["correct horse battery staple", "seven green kites", "", "xq" * LEAST, "密码"])
def test_what_few_would_try_is_not(password: str) -> None:
    assert not is_common(password)


def test_the_list_is_long_enough_sorted_and_holds_nothing_twice() -> None:
    entries = [LISTED[place : place + WIDTH] for place in range(0, len(LISTED), WIDTH)]
    assert len(entries) >= 3000
    assert len(LISTED) % WIDTH == 0
    assert entries == sorted(set(entries))


def test_the_manifest_counts_what_is_there_and_names_a_licence_for_each_source() -> None:
    [row] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["lists"]
    assert f"{len(LISTED) // WIDTH:,} common passwords" in row["holds"]
    assert all(source["licence"] in {"MIT", "BSD-3-Clause"} for source in row["sources"])
    notice = (FOLDER.parents[2] / "NOTICE").read_text("utf-8")
    assert all(f"{source['package']} {source['version']}" in notice for source in row["sources"])


@given(st.sets(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=40), st.text("abc", max_size=3))
def test_a_packed_list_holds_what_was_packed_and_nothing_else(folded: set[str], other: str) -> None:
    listed = packed(folded)
    assert all(holds(listed, each) for each in folded)
    assert holds(listed, other) == (other in folded)
    assert len(listed) == WIDTH * len(folded)


def test_a_list_that_was_changed_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "assets" / "passwords"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text((FOLDER / "manifest.json").read_text("utf-8"))
    (folder / "common.bin").write_bytes(LISTED[:-1] + b"x")
    common_passwords._bundled.cache_clear()
    monkeypatch.setattr(common_passwords, "files", lambda _: tmp_path)
    with pytest.raises(BundleBroken, match="install again"):
        is_common("qwertyuiop")
    common_passwords._bundled.cache_clear()
