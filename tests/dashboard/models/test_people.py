"""People and tokens in tables: fresh ones at the head, who is chosen, how they stand."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.people import PeopleModel, standing
from dashboard.models.tokens import TokensModel


def person(number: int, **fields: Any) -> dict[str, Any]:
    told = {"id": f"{number:04d}", "name": f"p{number}", "display_name": f"P {number}", "role": "viewer"}
    return {**told, "active": True, "has_password": True, "sign_ins": 0, "last_seen_at": None, **fields}


def token(number: int, **fields: Any) -> dict[str, Any]:
    told = {"id": f"{number:04d}", "name": f"AOI-{number}", "user": None, "role": "machine", "scopes": []}
    times = {"since": "2026-11-20T08:00:00Z", "expires_at": None, "revoked_at": None, "last_used_at": None}
    return {**told, **times, "prefix": "ms_Zk3u", "standing": "good", "made_by": "user:boss", **fields}


@pytest.mark.parametrize("model", [PeopleModel(), TokensModel()], ids=["people", "tokens"])
def test_new_rows_come_in_at_the_head_and_older_ones_stay(model: PeopleModel | TokensModel) -> None:
    make = person if isinstance(model, PeopleModel) else token
    model.take([make(3), make(2)], "0002")
    model.append([make(1)], None)
    model.take([make(4), make(3), make(2)], "0002")
    assert [row["id"] for row in model.rows] == ["0004", "0003", "0002", "0001"]
    assert (model.loaded, model.cursor, model.problem) == (True, None, "")


@pytest.mark.parametrize(
    ("fields", "stands"),
    [
        ({}, "active"),
        ({"has_password": False}, "invited"),
        ({"active": False}, "disabled"),
        ({"active": False, "has_password": False}, "disabled"),
    ],
    ids=["active", "invited", "disabled", "disabled before they came"],
)
def test_a_person_stands_as_they_may_come_in(fields: dict[str, bool], stands: str) -> None:
    assert standing(person(1, **fields)) == stands


def test_who_is_not_shown_is_not_chosen() -> None:
    model = PeopleModel(selected="0002")
    model.take([person(1)], None)
    assert model.person is None
    model.take([person(2), person(1)], None)
    assert model.person == person(2)


def test_other_tokens_are_asked_for_anew() -> None:
    model = TokensModel(selected="0001")
    model.take([token(1)], "0001")
    model.show_revoked(revoked=True)
    assert (model.revoked, model.rows, model.cursor, model.loaded, model.selected) == (True, [], None, False, "")
