"""`marksight user`: passwords are never arguments, and the trail says that the command did it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer

from dashboard.cli import asking
from data.queries import people
from data.settings import Settings, settings
from tests.dashboard.cli.commands import Commands
from tests.workers.people import HERE, OTHER, PASSWORD, trail
from workers import invitations, signing_in
from workers.composition import Services
from workers.errors import SignInRefused
from workers.signing_in import Whence


@pytest.fixture
def marksight(
    emptied: None, postgres: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    yield Commands(postgres, monkeypatch, capsys)
    settings.cache_clear()


def can_sign_in(marksight: Commands, password: str = PASSWORD, name: str = "ada") -> bool:
    async def tried(services: Services) -> bool:
        try:
            await signing_in.sign_in(services, name, password, HERE)
        except SignInRefused:
            return False
        return True

    return marksight.look(tried)


def test_somebody_is_let_in_with_a_password_that_is_piped_in(marksight: Commands) -> None:
    done = marksight("user", "add", "Ada", "--role", "engineer", "--display-name", "Ada L.", piped=f"{PASSWORD}\n")
    assert (done.code, done.out, done.err) == (0, "ada may sign in as engineer\n", "")
    assert can_sign_in(marksight)
    [entry] = marksight.look(lambda services: trail(services, "users"))
    assert entry.actor == "system:user"


def test_a_link_is_printed_alone_and_lets_them_set_their_password(marksight: Commands) -> None:
    done = marksight("user", "add", "ada", "--role", "viewer", "--link")
    assert done.code == 0
    assert "ada may sign in as viewer" in done.err
    assert "it works once, until" in done.err
    [line] = done.out.splitlines()
    secret = line.removeprefix("/welcome/")
    assert marksight.look(lambda services: invitations.use(services, secret, PASSWORD)).name == "ada"
    assert can_sign_in(marksight)


@pytest.mark.parametrize(
    ("arguments", "piped", "words"),
    [
        (("add", "bob", "--role", "king"), PASSWORD, "role: expected one of viewer"),
        (("add", "b b", "--role", "viewer"), PASSWORD, "name: expected letters"),
        (("add", "bob", "--role", "viewer"), "", "at least 10 characters; this one has 0"),
        (("add", "bob", "--role", "viewer"), "short\n", "at least 10 characters; this one has 5"),
        (("add", "ADA", "--role", "viewer"), PASSWORD, "Somebody is called ada already"),
        (("role", "nobody", "viewer"), "", "There is no user nobody."),
        (("role", "ada", "machine"), "", "role: expected one of viewer"),
        (("role", "ada", "viewer"), "", "the only admin who can sign in"),
        (("disable", "ada"), "", "the only admin who can sign in"),
        (("enable", "nobody"), "", "There is no user nobody."),
        (("password", "nobody"), PASSWORD, "There is no user nobody."),
        (("password", "nobody", "--link"), "", "There is no user nobody."),
        (("sign-out", "nobody"), "", "There is no user nobody."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_is_said_in_one_line(
    marksight: Commands, arguments: tuple[str, ...], piped: str, words: str
) -> None:
    assert marksight("user", "add", "ada", "--role", "admin", piped=PASSWORD).code == 0
    done = marksight("user", *arguments, piped=piped)
    assert (done.code, done.out) == (4, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert len(marksight.look(lambda services: trail(services, "users"))) == 1


def test_a_role_is_changed(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", "--link")
    assert marksight("user", "role", "ada", "manager").out == "ada has the role manager\n"


def test_another_password_signs_out_everywhere(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", piped=PASSWORD)
    done = marksight("user", "password", "ada", piped=f"{OTHER}\r\n")
    assert done.out == "ada has another password, and is signed out everywhere\n"
    assert (can_sign_in(marksight), can_sign_in(marksight, OTHER)) == (False, True)


def test_a_link_for_another_password_leaves_the_old_one_until_it_is_followed(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", piped=PASSWORD)
    assert marksight("user", "password", "ada", "--link").out.startswith("/welcome/msl_")
    assert can_sign_in(marksight)


def test_who_is_disabled_comes_in_no_more_until_they_are_enabled(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", piped=PASSWORD)
    assert marksight("user", "disable", "ada").out == "ada comes in no more\n"
    assert not can_sign_in(marksight)
    assert marksight("user", "enable", "ada").out == "ada may come in again\n"
    assert can_sign_in(marksight)


def test_everything_somebody_is_signed_in_with_ends(marksight: Commands) -> None:
    marksight("user", "add", "ada", "--role", "viewer", piped=PASSWORD)
    for each in range(2):
        marksight.look(lambda services, n=each: signing_in.sign_in(services, "ada", PASSWORD, Whence(f"192.0.2.{n}")))
    assert marksight("user", "sign-out", "ADA").out == "2 sign-ins have ended\n"
    assert marksight("user", "sign-out", "ada").out == "0 sign-ins have ended\n"


def test_everybody_is_listed(marksight: Commands) -> None:
    assert marksight("user", "list").out.split() == ["name", "shown", "as", "role"]
    marksight("user", "add", "bob", "--role", "viewer", "--link")
    marksight("user", "add", "ada", "--role", "engineer", "--display-name", "Ada L.", piped=PASSWORD)
    marksight("user", "add", "eve", "--role", "viewer", "--link")
    marksight("user", "disable", "eve")
    assert marksight("user", "list").out.splitlines()[1:] == [
        "ada   Ada L.    engineer",
        "bob   bob       viewer    has no password yet",
        "eve   eve       viewer    disabled",
    ]


def test_everybody_is_listed_however_many(marksight: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ada", "bob", "eve"):
        marksight("user", "add", name, "--role", "viewer", "--link")
    real = people.users
    monkeypatch.setattr(people, "users", lambda session, *, cursor, limit: real(session, cursor=cursor, limit=1))
    assert [line.split()[0] for line in marksight("user", "list").out.splitlines()[1:]] == ["ada", "bob", "eve"]


@pytest.mark.parametrize(
    "arguments", [("add", "ada"), ("add",), ("role", "ada"), ("password", "ada", PASSWORD), ("x",)]
)
def test_what_is_missing_or_too_much_is_said(marksight: Commands, arguments: tuple[str, ...]) -> None:
    assert marksight("user", *arguments).code == 4


class Terminal:
    """What somebody types at."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_it_is_typed_twice_and_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(typer, "prompt", lambda words, **how: asked.update(how) or PASSWORD)
    assert asking.password("Password") == PASSWORD
    assert asked == {"hide_input": True, "confirmation_prompt": True}
