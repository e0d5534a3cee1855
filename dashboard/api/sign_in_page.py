"""The pages of those who are not signed in yet: sign in, set a first password, and "this link leads nowhere"."""

from __future__ import annotations

from core.password import LEAST
from dashboard.api.html import page
from layouts.brand import BRAND
from layouts.elements import element, text

NEXT_MOST = 2000
HOME = "/"

EXPIRED = "You were signed out after a while without use. Sign in to go on where you were."
SIGNED_OUT = "You are signed out."
ENDED = "Your sign-in was ended, here or by an administrator. Sign in to go on."
REASONS = {"expired": EXPIRED, "out": SIGNED_OUT, "ended": ENDED}
"""Why somebody finds this page, by the word in the address."""


def local_path(path: str | None) -> str:
    """Return where to go after signing in: `path`, if it is one of our own addresses, else the first page.

    A browser takes `//host` and `/\\host` for another server, and leaves out control characters before it looks.
    """
    if not path or not path.startswith("/") or len(path) > NEXT_MOST:
        return HOME
    if path[1:2] in {"/", "\\"} or any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        return HOME
    return path


def sign_in_page(*, go_on_to: str = HOME, name: str = "", notice: str = "", wrong: str = "") -> str:
    """Return the page to sign in; `notice` says why it is shown, `wrong` what was wrong with the last try."""
    form = element(
        "form",
        _hidden("next", go_on_to),
        _field("Name", "name", kind="text", value=name, complete="username", first=not name),
        _field("Password", "password", kind="password", complete="current-password", first=bool(name)),
        element("button", "Sign in", type="submit"),
        method="post",
        action="/sign-in",
    )
    help_ = element("p", "No account, or the password forgotten? An administrator can make you a link.", class_="soft")
    return _card("Sign in", _notice(notice), _wrong(wrong), form, help_)


def welcome_page(*, name: str | None, role: str, secret: str, wrong: str = "") -> str:
    """Return the page that a one-time link leads to: choose a password, and a name where none was given."""
    says = f"Choose a password for {name}." if name else f"Choose a name and a password for the first {role}."
    rule = f"At least {LEAST} characters; longer is better than stranger. A few words in a row are fine."
    asked = [] if name else [_field("Name", "name", kind="text", complete="username", first=True)]
    form = element(
        "form",
        *([_hidden("username", name)] if name else []),
        *asked,
        _field("Password", "password", kind="password", complete="new-password", first=bool(name)),
        _field("The same again", "again", kind="password", complete="new-password"),
        element("p", text(rule), class_="soft"),
        element("button", "Set password and sign in", type="submit"),
        method="post",
        action=f"/welcome/{secret}",
    )
    return _card("Welcome", element("p", text(says)), _wrong(wrong), form)


def dead_link_page() -> str:
    """Return the page that a used, expired or unknown one-time link leads to."""
    says = element("p", "This link was used already, or its time is over. An administrator can make another one.")
    return _card("This link leads nowhere", says, element("p", element("a", "Sign in", href="/sign-in")))


def _card(title: str, *body: str) -> str:
    brand = element("p", BRAND, element("span", "Marksight"), class_="brand")
    card = element("main", brand, element("h1", text(title)), *body, class_="card")
    return page(title, card, css="plain entrance", sheets=("entrance",))


def _notice(words: str) -> str:
    return element("p", text(words), class_="notice", role="status") if words else ""


def _wrong(words: str) -> str:
    return element("p", text(words), class_="wrong", role="alert") if words else ""


def _hidden(name: str, value: str) -> str:
    return _input(type="hidden", name=name, value=value)


def _field(label: str, name: str, *, kind: str, complete: str, value: str = "", first: bool = False) -> str:
    entry = _input(
        id=f"f-{name}",
        type=kind,
        name=name,
        autocomplete=complete,
        autocapitalize="none",
        spellcheck="false",
        required=True,
        autofocus=first,
        value=value or None,
    )
    return element("label", element("span", text(label)), entry, for_=f"f-{name}")


def _input(**attributes: str | bool | None) -> str:
    return element("input", **attributes).removesuffix("</input>")
