"""What a site, a line or a station may be called."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from core.errors import PlaceInvalid

MAX_LENGTH = 80


def place_name(text: str) -> str:
    """Return the name as it is kept: composed (Unicode NFC), without spaces around it.

    Raises:
        PlaceInvalid: it is empty, too long, holds what cannot be printed, or reads as an id.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= MAX_LENGTH:
        raise PlaceInvalid(f"expected 1 to {MAX_LENGTH} characters, got {len(name)}", "name")
    if not name.isprintable():
        raise PlaceInvalid("expected characters that can be printed, without tabs or line breaks", "name")
    if _is_id(name):
        raise PlaceInvalid("expected a name, got what reads as an id", "name")
    return name


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
