"""One's own account: who one is, what one may, where one is signed in, what one prefers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import param

from core.rights import ACTIONS, RIGHTS

View = Mapping[str, Any]
SYSTEM = "system"
OWN = "own."
HERE = ""
"""The time zone of the browser."""

_BROWSERS = (
    ("Edge", r"\bEdg"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\bFirefox/"),
    ("Chrome", r"Chrom"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux"),
)


class AccountModel(param.Parameterized):
    """One's own account; what it prefers is beside it (`dashboard.pages.preferring`)."""

    display_name = param.String(doc="The name that is shown.")
    has_account = param.Boolean(default=True, doc="Whether one signs in, and is not let in as the server's one user.")
    loaded = param.Boolean(doc="The sign-ins have come.")
    name = param.String(doc="The name by which one signs in.")
    problem = param.String(doc="Why what is shown is not fresh, in words; empty: it is.")
    rights = param.List(default=[], item_type=str, doc="The actions that one's role allows.")
    role = param.String(doc="One's role.")
    selected = param.String(doc="Id of the sign-in chosen; empty: none.")
    sign_ins = param.List(default=[], doc="Where one is signed in, as the API's OneSignInView tells it.")
    theme = param.String(default=SYSTEM, doc="The theme that is preferred: system, light or dark.")
    time_zone = param.String(default=HERE, doc="The time zone that is preferred; empty: that of the browser.")

    def take(self, sign_ins: Sequence[View]) -> None:
        """Take over where one is signed in now."""
        changed = {"sign_ins": list(sign_ins)} if list(sign_ins) != self.sign_ins else {}
        self.param.update(loaded=True, problem="", **changed)

    def prefer(self, document: Mapping[str, Any]) -> None:
        """Show what is preferred."""
        self.param.update(theme=document.get("theme") or SYSTEM, time_zone=document.get("time_zone") or HERE)

    @property
    def sign_in(self) -> View | None:
        """The sign-in chosen, if it is not over."""
        return next((each for each in self.sign_ins if each["id"] == self.selected), None)

    @property
    def allowed(self) -> list[str]:
        """What one's role allows, in words; what everybody may with their own account is on this very page."""
        return [RIGHTS[action].words for action in ACTIONS if action in self.rights and not action.startswith(OWN)]


def browser(user_agent: str) -> str:
    """Return in words what a browser says of itself, as far as it is understood."""
    name = next((word for word, pattern in _BROWSERS if re.search(pattern, user_agent)), "")
    system = next((word for word, piece in _SYSTEMS if piece in user_agent), "")
    if not name:
        return user_agent.partition(" ")[0][:40] or "A browser that says nothing of itself"
    return f"{name} on {system}" if system else name
