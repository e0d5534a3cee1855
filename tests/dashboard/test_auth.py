"""Until there is a sign-in, everybody is the one local user."""

from __future__ import annotations

import pytest

from dashboard.auth import Role, resolve


@pytest.mark.parametrize("credentials", [{}, {"cookie": "x"}, {"token": "y"}, {"cookie": "x", "token": "y"}])
def test_whoever_asks_is_the_local_administrator(credentials: dict[str, str]) -> None:
    user = resolve(**credentials)
    assert (user.name, user.role) == ("local", Role.ADMIN)


def test_the_roles_are_the_six_of_the_house() -> None:
    assert {role.value for role in Role} == {"viewer", "reviewer", "engineer", "manager", "admin", "machine"}
