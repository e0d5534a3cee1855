"""`docs/security.md` says what the program does: every right of every role, every setting and number it names."""

from __future__ import annotations

import pytest

from core.password import LEAST, MOST_BYTES
from core.rights import RIGHTS, Role, may
from data.common_passwords import WIDTH, _bundled
from data.settings import Settings
from tests.conftest import ROOT
from workers.secret import Kind
from workers.throttling import BY_ADDRESS, BY_NAME

TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
PLAIN = " ".join(TEXT.split())
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## Roles")[2].splitlines()
    if line.startswith("|")
]
HEAD, _, *ROWS = TABLE


def test_every_action_and_every_role_has_its_place() -> None:
    assert tuple(HEAD) == ("action", "what it is", *Role)
    assert [row[0] for row in ROWS] == [f"`{action}`" for action in RIGHTS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_a_row_says_who_may(row: list[str]) -> None:
    action, words, *told = row
    assert words == RIGHTS[action.strip("`")].words  # type: ignore[index]
    assert told == ["yes" if may(role, action.strip("`")) else "" for role in Role]


@pytest.mark.parametrize(
    "words",
    [
        f"at least {LEAST} characters",
        f"at most {MOST_BYTES:,} bytes",
        f"the {len(_bundled()) // WIDTH:,} most common",
        f"`{Kind.TOKEN}` a token, `{Kind.SIGN_IN}` a sign-in, `{Kind.LINK}` a link",
    ],
)
def test_a_number_is_the_one_that_holds(words: str) -> None:
    assert words in PLAIN


def test_the_defaults_are_those_of_the_settings() -> None:
    fields = Settings.model_fields
    assert (fields["session_idle_s"].default, fields["session_max_s"].default) == (12 * 3600, 7 * 86_400)
    assert fields["invitation_s"].default == 3 * 86_400
    for words in ("without use (12 hours)", "after it began (a week)", "(three days)"):
        assert words in PLAIN


def test_the_rules_of_guessing_are_those_that_hold() -> None:
    assert (BY_NAME.free, BY_NAME.longest_s, BY_ADDRESS.free, BY_ADDRESS.longest_s) == (5, 900, 30, 60)
    for words in ("five tries may fail", "up to 15 minutes", "thirty may fail", "grow to a minute"):
        assert words in PLAIN
