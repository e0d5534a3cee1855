"""What may be a password: long, and not what everybody would try first.

1. Length counts, not composition (NIST SP 800-63B-4, 3.1.1.2): at least `LEAST` characters of any kind, spaces too;
   nothing is cut off. Over `MOST_BYTES` bytes of UTF-8 it is refused before anything else is done with it.
2. It is the same password however a keyboard composes it: Unicode NFKC, as it is checked and as it is hashed.
3. Passwords that are common, or known from breaches, are refused in any case; so is what says little more than the
   user's name or ours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from core.errors import PasswordUnfit

LEAST = 10
MOST_BYTES = 1024
PRODUCT = "marksight"
LEAST_BESIDE = 6
"""So many characters a password has beside the user's name or ours, if it holds one of them."""

LEAST_NAME = 3
"""Shorter names stand in many a good password by chance."""

IsCommon = Callable[[str], bool]
"""Tells whether a password, folded by `folded`, is one that many have."""


def normalised(text: str) -> str:
    """Return a password as it is checked and hashed.

    Raises:
        PasswordUnfit: it is too long, or no text.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise PasswordUnfit("not-text", "The password holds half of a character; type it again.") from error
    if size > MOST_BYTES:
        raise PasswordUnfit("too-long", f"A password has at most {MOST_BYTES} bytes; this one has {size}.")
    return unicodedata.normalize("NFKC", text)


def folded(password: str) -> str:
    """Return what a normalised password is looked up by among the common ones."""
    return password.casefold()


def check(text: str, *, name: str, is_common: IsCommon) -> str:
    """Return the password as it is hashed, if somebody who signs in as `name` may have it.

    Raises:
        PasswordUnfit: it may not be one; the message says why, and never what it was.
    """
    password = normalised(text)
    if len(password) < LEAST:
        raise PasswordUnfit(
            "too-short", f"A password has at least {LEAST} characters; this one has {len(password)}. Take a few words."
        )
    plain = folded(password)
    for word in (name.casefold(), PRODUCT):
        if len(word) >= LEAST_NAME and word in plain and len(plain.replace(word, "")) < LEAST_BESIDE:
            raise PasswordUnfit("says-the-name", "The password says little more than a name anybody knows.")
    if is_common(plain):
        raise PasswordUnfit("common", "This password is among those that everybody tries first; take a few words.")
    return password
