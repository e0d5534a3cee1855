"""What people and tokens may be called.

1. Somebody signs in by a name of small letters, digits and `. _ - @ +`, however it is typed: no two differ in case
   alone, none holds what cannot be seen, and none is of an alphabet whose letters pass for others.
2. `1` and `l`, and `0` and `o`, pass for each other: of two that differ in these alone there is one (`look`;
   the database holds it).
3. What is shown beside it may be in any script; the audit trail names people by the name they sign in by.
"""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from core.errors import AccountInvalid

MOST_NAME = 64
MOST_SHOWN = 80
SIGN_IN_NAME = "[a-z0-9]([a-z0-9._@+-]*[a-z0-9])?"
"""The pattern of a name to sign in by, for PostgreSQL too."""

PASSING_FOR = ("01", "ol")
_LOOK = str.maketrans(*PASSING_FOR)


def folded(text: str) -> str:
    """Return a name to sign in by as it would be kept, whether or not it can be one."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def sign_in_name(text: str) -> str:
    """Return the name as it is kept.

    Raises:
        AccountInvalid: it cannot be one; the message says what was expected.
    """
    name = folded(text)
    if not 0 < len(name) <= MOST_NAME:
        raise AccountInvalid(f"expected 1 to {MOST_NAME} characters, got {len(name)}", "name")
    if not re.fullmatch(SIGN_IN_NAME, name):
        raise AccountInvalid(
            "expected letters a to z, digits and . _ - @ + with a letter or digit at both ends, such as ada.lovelace",
            "name",
        )
    if _is_id(name):
        raise AccountInvalid("expected a name, got what reads as an id", "name")
    return name


def look(name: str) -> str:
    """Return what a kept name looks like: the same for two that pass for each other."""
    return name.translate(_LOOK)


def shown_name(text: str, *, where: str = "display_name") -> str:
    """Return a name that is shown, of a person or a token: composed (Unicode NFC), without spaces around it.

    Raises:
        AccountInvalid: it is empty, too long, or holds what cannot be printed.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= MOST_SHOWN:
        raise AccountInvalid(f"expected 1 to {MOST_SHOWN} characters, got {len(name)}", where)
    if not name.isprintable():
        raise AccountInvalid("expected characters that can be printed, without tabs or line breaks", where)
    return name


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
