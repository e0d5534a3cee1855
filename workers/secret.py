"""Secrets that stand for somebody: of a sign-in, a token, a one-time link.

1. A secret is 256 bits of chance behind letters that say what it is, so that programs looking for leaked ones find it.
2. Only its SHA-256 is kept, and by that it is found: there is nothing to compare letter by letter.
3. What is not of this form is nobody's, and the database is not asked.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

BYTES = 32
SHOWN = 6
"""So many letters behind its kind are shown of a secret, to tell it by; they leave 220 bits."""


class Kind(StrEnum):
    """What a secret is for; with these letters it begins."""

    TOKEN = "ms_"  # noqa: S105 - no secret, but how each begins
    SIGN_IN = "mss_"
    LINK = "msl_"


@dataclass(frozen=True)
class Secret:
    """A secret that was just made: told once (`text`, left out when this is printed), kept by its digest."""

    text: str = field(repr=False)
    digest: bytes

    @property
    def prefix(self) -> str:
        """Its first letters."""
        return self.text[: self.text.index("_") + 1 + SHOWN]


def make(kind: Kind) -> Secret:
    """Return a new secret."""
    text = kind + secrets.token_urlsafe(BYTES)
    return Secret(text, hashlib.sha256(text.encode()).digest())


def digest_of(text: str, kind: Kind) -> bytes | None:
    """Return the digest by which a secret would be found, or None if it cannot be one of that kind."""
    if not re.fullmatch(rf"{kind}[A-Za-z0-9_-]{{43}}", text):
        return None
    return hashlib.sha256(text.encode()).digest()
