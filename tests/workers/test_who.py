"""Who has come in, what they may, and as whom the audit trail names them."""

from __future__ import annotations

from uuid import UUID

from core.rights import ACTIONS, Role, may
from data.acting import Actor
from workers.who import Who

ID = UUID("0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d")


def test_a_person_acts_by_the_name_they_sign_in_by() -> None:
    assert Who("ada", "Ada L.", Role.ENGINEER, user_id=ID).actor("r-1") == Actor("user:ada", "r-1")


def test_a_token_of_nobody_acts_as_a_machine() -> None:
    assert Who("AOI-1", "AOI-1", Role.MACHINE, token_id=ID).actor() == Actor("machine:AOI-1")


def test_they_may_what_their_role_may_and_their_scopes_name() -> None:
    assert Who("ada", "Ada", Role.ENGINEER, user_id=ID).may("recipe.publish")
    viewer = Who("ada", "Ada", Role.VIEWER, user_id=ID)
    assert not viewer.may("recipe.publish")
    assert viewer.rights == {action for action in ACTIONS if may(Role.VIEWER, action)}
    narrowed = Who("ada", "Ada", Role.ENGINEER, user_id=ID, scopes=frozenset({"recipe.read"}))
    assert (narrowed.may("recipe.read"), narrowed.may("recipe.publish")) == (True, False)
    assert narrowed.rights == {"recipe.read"}
