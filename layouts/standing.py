"""How people, sign-ins and tokens stand: by shape and word, without a colour, which means a verdict."""

from __future__ import annotations

from layouts.lot_state import LotLook
from layouts.verdict import DOTS, STRUCK, Look, shape

_DISC = '<circle cx="8" cy="8" r="5.4" fill="currentColor"/>'
_RING = '<circle cx="8" cy="8" r="5.4" fill="none" stroke="currentColor" stroke-width="2"/>'


def _look(word: str, css: str, inner: str) -> LotLook:
    return LotLook(word, css, shape(Look(word, css, inner)))


STANDING_LOOKS = {
    "active": _look("Active", "open", _DISC),
    "invited": _look("Invited", "waiting", DOTS),
    "disabled": _look("Disabled", "closed", STRUCK),
    "good": _look("Good", "open", _DISC),
    "expired": _look("Expired", "closed", _RING),
    "revoked": _look("Revoked", "closed", STRUCK),
    "here": _look("This one", "open", _DISC),
    "elsewhere": _look("Elsewhere", "open", _RING),
}
"""Of people: active, invited (without a password yet), disabled; of tokens: good, expired, revoked; of sign-ins."""


def standing_cell(standing: str, says: str = "") -> dict[str, str]:
    """Return it as a cell of a table (`layouts.table`)."""
    look = STANDING_LOOKS[standing]
    return {"word": look.word, "css": look.css, "shape": look.svg, "says": says}
