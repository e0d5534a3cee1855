"""What each role may: denied unless the table says so, and narrowed, never widened, by scopes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rights import ACTIONS, PERSONS, RIGHTS, SIGNED_IN_ONLY, Role, may, token_scopes

CHANGES = [action for action in ACTIONS if not action.endswith(".read") and not action.startswith("own.")]

ALLOWED = {
    Role.VIEWER: set(),
    Role.REVIEWER: {"lot.hold"},
    Role.MANAGER: {"run.cancel", "lot.hold", "lot.release", "lot.close"},
    Role.MACHINE: {
        "inspection.submit",
        "unit.tell",
        "run.submit",
        "lot.start",
        "lot.hold",
        "lot.close",
        "trigger.count",
    },
    Role.ENGINEER: set(CHANGES) - {"people.edit", "token.edit"},
    Role.ADMIN: set(CHANGES),
}


def test_every_action_has_its_row() -> None:
    assert tuple(RIGHTS) == ACTIONS


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_named_by_what_and_how_and_told_in_words(action: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+", action)
    words = RIGHTS[action].words  # type: ignore[index]
    assert words
    assert not words.endswith(".")


@pytest.mark.parametrize("role", Role)
def test_a_role_may_change_just_this(role: Role) -> None:
    assert {action for action in CHANGES if may(role, action)} == ALLOWED[role]


@pytest.mark.parametrize("role", Role)
def test_everybody_may_see_the_parts_and_what_judges_them(role: Role) -> None:
    assert all(may(role, action) for action in ("inspection.read", "recipe.read", "plant.read", "own.read"))


def test_machines_read_metrics_and_nothing_else_of_the_system() -> None:
    assert {role for role in Role if may(role, "metrics.read")} == {
        Role.ENGINEER, Role.MANAGER, Role.ADMIN, Role.MACHINE,
    }  # fmt: skip


@pytest.mark.parametrize("action", ["audit.read", "system.read"])
def test_how_the_house_stands_is_for_those_who_look_after_it(action: str) -> None:
    assert {role for role in Role if may(role, action)} == {Role.ENGINEER, Role.MANAGER, Role.ADMIN}


@pytest.mark.parametrize("action", ["own.profile", "own.token"])
def test_a_machine_has_no_profile(action: str) -> None:
    assert {role for role in Role if may(role, action)} == set(PERSONS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ["", "inspection", "inspection.*", "Inspection.read", "nothing.read", "*"])
def test_what_is_no_action_nobody_may(role: Role, action: str) -> None:
    assert not may(role, action)
    assert not may(role, action, {action})


@given(st.sampled_from(Role), st.sampled_from(ACTIONS), st.sets(st.sampled_from([*ACTIONS, "*", "other"])))
def test_scopes_narrow_and_never_widen(role: Role, action: str, scopes: set[str]) -> None:
    assert may(role, action, scopes) == (may(role, action) and action in scopes)


def test_no_scope_at_all_allows_nothing() -> None:
    assert not any(may(Role.ADMIN, action, ()) for action in ACTIONS)


@given(st.sets(st.sampled_from([*ACTIONS, "*"])))
def test_no_token_lets_people_in_whatever_its_scopes(scopes: set[str]) -> None:
    allowed = {action for action in ACTIONS if may(Role.ADMIN, action, token_scopes(scopes))}
    assert allowed == (scopes or set(ACTIONS)) & set(ACTIONS) - SIGNED_IN_ONLY
