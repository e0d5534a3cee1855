"""The cells of people and of one's own account: what each shows, what it hands on, and that it works alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.cells.account import BROWSERS, PreferenceChoice, SignInTable, WhoOneIs, sign_in_row
from dashboard.cells.cell import Cell
from dashboard.cells.people import PeopleTable, person_row
from dashboard.cells.tokens import FOR_EVER, NEVER, TokenTable, token_row
from dashboard.models.account import AccountModel
from dashboard.models.people import PeopleModel
from dashboard.models.tokens import TokensModel
from tests.dashboard.cells.alone import shown_alone
from tests.dashboard.cells.test_inspection_cells import Event
from tests.dashboard.models.test_account import CHROME
from tests.dashboard.models.test_people import person, token
from tests.workers.programs import until


def sign_in(id_: str = "1", **fields: Any) -> dict[str, Any]:
    at = "2026-11-20T08:00:00Z"
    told = {"id": id_, "since": at, "last_seen_at": at, "expires_at": at, "address": "192.0.2.7"}
    return {**told, "user_agent": CHROME, "current": False, **fields}


def acts(table: Any) -> list[str]:
    return [one["act"] for one in table.actions]


@pytest.mark.parametrize(
    ("made", "shows"),
    [
        (lambda: PeopleTable(PeopleModel()), {"title": "People", "rows": [], "more": False}),
        (lambda: TokenTable(TokensModel()), {"title": "Your tokens", "rows": [], "more": False}),
        (lambda: SignInTable(AccountModel()), {"title": "Where you are signed in", "rows": [], "actions": []}),
        (lambda: WhoOneIs(AccountModel()), {"title": "Your account", "leaves": False}),
        (lambda: PreferenceChoice(AccountModel()), {"title": "Preferences"}),
    ],
    ids=["people", "tokens", "sign-ins", "who", "preferences"],
)
def test_every_cell_stands_alone_even_with_nothing_in_view(made: Callable[[], Cell], shows: dict[str, Any]) -> None:
    assert shown_alone(made(), *shows) == shows


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({}, ["role", "link", "rename", "disable", "add"]),
        ({"sign_ins": 2}, ["role", "link", "rename", "sign-out", "disable", "add"]),
        ({"active": False}, ["role", "rename", "enable", "add"]),
    ],
    ids=["signed in nowhere", "signed in", "disabled"],
)
def test_what_can_be_done_with_somebody_goes_by_how_they_stand(fields: dict[str, Any], offered: list[str]) -> None:
    model = PeopleModel(selected="0001")
    table = PeopleTable(model).table
    assert acts(table) == ["add"]
    model.take([person(1, **fields)], None)
    assert acts(table) == offered


def test_somebody_is_a_row_and_whoever_looks_is_marked() -> None:
    row = person_row(person(1, has_password=False), "p1")
    assert row["cells"]["person"] == {"top": "P 1 (you)", "under": "p1"}
    assert (row["cells"]["state"]["word"], row["says"]) == ("Invited", "P 1 (you), viewer, Invited")
    assert person_row(person(1), "p2")["cells"]["person"]["top"] == "P 1"


async def test_somebody_is_chosen_and_left_by_the_same_click_and_acted_on() -> None:
    asked: list[str] = []

    async def act(act: str) -> None:
        asked.append(act)

    async def more() -> None:
        asked.append("more")

    cell = PeopleTable(PeopleModel(), act, more)
    for selected in ("0001", ""):
        await cell.heard(Event(select="0001"))
        assert cell.model.selected == selected
    await cell.heard(Event(act="role"))
    await cell.heard(Event(more=True))
    assert asked == ["role", "more"]


@pytest.mark.parametrize(
    ("fields", "name", "cell"),
    [
        ({"user": "ada", "role": "engineer"}, "of", {"top": "ada, engineer", "under": "by boss"}),
        ({}, "of", {"top": "machine", "under": "by boss"}),
        ({"made_by": ""}, "of", {"top": "machine", "under": ""}),
        ({"scopes": ["lot.hold", "lot.start"]}, "may", {"top": "lot.hold, lot.start", "under": ""}),
        ({}, "may", {"top": "all of the role", "under": ""}),
        ({}, "until", FOR_EVER),
        ({"expires_at": "2027-01-01T00:00:00Z"}, "until", "2027-01-01T00:00:00Z"),
        ({}, "used", NEVER),
    ],
    ids=["of somebody", "of a role", "nobody knows who made it", "scopes", "no scopes", "for ever", "until", "never"],
)
def test_a_token_is_a_row(fields: dict[str, Any], name: str, cell: Any) -> None:
    assert token_row(token(1, **fields))["cells"][name] == cell


@pytest.mark.parametrize("stands", ["good", "expired", "revoked"])
async def test_a_token_can_be_revoked_once(stands: str) -> None:
    model = TokensModel(selected="0001", revoked=True)
    cell = TokenTable(model, everybodys=True)
    model.take([token(1, standing=stands)], None)
    assert acts(cell.table) == (["make-token"] if stands == "revoked" else ["revoke-token", "make-token"])
    await cell.heard(Event(filter={"revoked": "kept"}))
    assert (model.revoked, model.rows, acts(cell.table)) == (False, [], ["make-token"])


def test_other_sign_ins_can_be_ended_where_there_are_any() -> None:
    model = AccountModel()
    table = SignInTable(model).table
    model.take([sign_in("1", current=True)])
    assert acts(table) == []
    model.take([sign_in("1", current=True), sign_in("2")])
    assert acts(table) == ["end-others"]
    model.selected = "2"
    assert acts(table) == ["end", "end-others"]
    assert [row["cells"]["state"]["word"] for row in table.rows] == ["This one", "Elsewhere"]
    assert sign_in_row(sign_in())["cells"]["browser"] == {"top": "Chrome on Linux", "under": "192.0.2.7"}


def test_what_is_not_loaded_yet_is_not_said_to_be_empty_and_a_problem_is_said() -> None:
    people, tokens = PeopleModel(), TokensModel()
    tables = (PeopleTable(people).table, TokenTable(tokens).table)
    assert [table.empty_title for table in tables] == ["", ""]
    people.take([], None)
    tokens.take([], None)
    assert [table.empty_title for table in tables] == ["Nobody yet", "No tokens"]
    for model in (people, tokens):
        model.problem = "Away."
    assert [table.empty_text for table in tables] == ["Away.", "Away."]


def test_one_is_told_who_one_is_and_what_that_allows() -> None:
    model = AccountModel(name="ada", display_name="<Ada>", role="viewer", rights=["lot.hold"])
    facts = WhoOneIs(model).facts
    assert "&lt;Ada&gt;" in facts.html
    assert "put lots on hold" in facts.html
    assert acts(facts) == ["password"]
    model.has_account = False
    assert acts(facts) == []
    assert "there is no sign-in" in facts.html
    assert "Ada" not in facts.html


async def test_what_is_preferred_is_handed_on_as_it_is_chosen_and_shown_as_it_is_kept() -> None:
    said: list[dict[str, Any]] = []
    model = AccountModel()

    async def prefer(changes: dict[str, Any]) -> None:
        said.append(changes)

    cell = PreferenceChoice(model, prefer, ["Asia/Tokyo", "UTC"])
    model.prefer({"theme": "dark", "time_zone": "UTC"})
    assert (cell.theme.value, cell.zone.value, said) == ("dark", "UTC", [])
    for choose in (lambda: cell.theme.param.update(value="light"), lambda: cell.zone.param.update(value="Asia/Tokyo")):
        choose()
    cell.zone.value = BROWSERS
    await until(lambda: len(said) == 3)
    assert said == [{"theme": "light"}, {"time_zone": "Asia/Tokyo"}, {"time_zone": None}]
