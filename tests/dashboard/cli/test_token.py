"""`marksight token`: printed once, alone; listed without its secret; revoked for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.queries import people
from data.queries.people import TokenView
from data.settings import Settings, settings
from tests.dashboard.cli.commands import Commands
from tests.workers.people import trail
from workers import tokens
from workers.composition import Services, utc_now


@pytest.fixture
def marksight(
    emptied: None, postgres: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    yield Commands(postgres, monkeypatch, capsys)
    settings.cache_clear()


def kept(marksight: Commands, name: str) -> TokenView:
    async def found(services: Services) -> TokenView:
        async with services.database.session() as session:
            return await people.token(session, name)

    return marksight.look(found)


def test_a_machines_token_is_printed_once_and_alone(marksight: Commands) -> None:
    done = marksight("token", "add", "AOI-1", "--role", "machine")
    assert done.code == 0
    secret = done.out.removesuffix("\n")
    assert "it is not shown again" in done.err
    assert secret not in done.err
    who = marksight.look(lambda services: tokens.resolve(services, secret))
    assert who is not None
    assert (who.name, who.role) == ("AOI-1", "machine")
    listed = marksight("token", "list").out
    assert secret not in listed
    assert secret[:9] in listed
    [entry] = marksight.look(lambda services: trail(services, "tokens"))
    assert entry.actor == "system:token"


@pytest.mark.parametrize(("options", "days"), [((), 365), (("--days", "7"), 7)])
def test_it_is_good_for_a_year_unless_it_is_said(marksight: Commands, options: tuple[str, ...], days: int) -> None:
    marksight("token", "add", "AOI-1", "--role", "machine", *options)
    expires_at = kept(marksight, "AOI-1").expires_at
    assert expires_at is not None
    assert abs(expires_at - utc_now() - timedelta(days=days)) < timedelta(hours=1)


def test_no_days_are_for_ever(marksight: Commands) -> None:
    assert "good for ever" in marksight("token", "add", "AOI-1", "--role", "machine", "--days", "0").err
    assert kept(marksight, "AOI-1").expires_at is None


def test_scopes_and_whose_it_is_are_kept(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", "--link")
    done = marksight("token", "add", "mine", "--user", "ada", "--scope", "recipe.read", "--scope", "plant.read")
    assert done.code == 0
    view = kept(marksight, "mine")
    assert (view.user, view.scopes) == ("ada", ("recipe.read", "plant.read"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("AOI-2",), "role: expected one of"),
        (("AOI-2", "--role", "admin"), "role: expected one of"),
        (("AOI-2", "--role", "machine", "--scope", "recipe.publish"), "scopes: expected what the role machine may"),
        (("AOI-2", "--user", "nobody"), "There is no user nobody."),
        (("aoi-1", "--role", "machine"), "There is a token called aoi-1 already"),
        (("AOI-2", "--role", "machine", "--days", "-1"), "Invalid value for '--days'"),
    ],
    ids=["no role", "an admin", "beyond its role", "nobody's", "taken", "in the past"],
)
def test_what_cannot_be_is_said(marksight: Commands, arguments: tuple[str, ...], words: str) -> None:
    marksight("token", "add", "AOI-1", "--role", "machine")
    done = marksight("token", "add", *arguments)
    assert (done.code, done.out) == (4, "")
    assert words in done.err


def test_what_is_revoked_is_good_for_nothing_and_listed_if_it_is_asked_for(marksight: Commands) -> None:
    secret = marksight("token", "add", "AOI-1", "--role", "machine").out.strip()
    marksight("token", "add", "AOI-2", "--role", "viewer", "--scope", "plant.read")
    assert marksight("token", "revoke", "aoi-1").out == "AOI-1 is revoked\n"
    assert marksight.look(lambda services: tokens.resolve(services, secret)) is None
    assert marksight("token", "revoke", "AOI-1").code == 4
    names = [
        [line.split()[0] for line in marksight("token", "list", *more).out.splitlines()]
        for more in ((), ("--revoked",))
    ]
    assert names == [["name", "AOI-2"], ["name", "AOI-2", "AOI-1"]]


def test_the_list_says_when_each_was_used(marksight: Commands) -> None:
    secret = marksight("token", "add", "AOI-1", "--role", "machine").out.strip()
    assert marksight("token", "list").out.splitlines()[1].endswith("never")
    marksight.look(lambda services: tokens.resolve(services, secret))
    assert not marksight("token", "list").out.splitlines()[1].endswith("never")
