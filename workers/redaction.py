"""Takes secrets out of what is about to be logged: by how they look, and those that this program itself knows.

1. Text goes through here whole; who cuts it, cuts it afterwards, so that no secret loses the end by which it is known.
2. Too much is taken out rather than too little.
3. Every pattern has bounds, so that no text, however hostile, takes long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from data.errors import DataError
from data.settings import Settings
from data.urls import app_url, owner_url, redis_url, store_url

TAKEN_OUT = "***"
LEAST_SECRET = 6
"""Characters; shorter ones would take words out that are none."""

_NAMES = (
    r"pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signature|credential|authorization|cookie|session"
)
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:.{0,8000}?-----END [A-Z ]{0,30}KEY-----|.{0,8000})", re.DOTALL
        ),
        TAKEN_OUT,
    ),
    (re.compile(r"""://[^\s"'<>]{1,400}@"""), f"://{TAKEN_OUT}@"),  # up to the last @: a password may hold some
    (
        re.compile(r"\b((?:set-)?cookie|(?:proxy-)?authorization)(\s{0,8}:\s{0,8})[^\r\n\"']+", re.I),
        rf"\1\2{TAKEN_OUT}",
    ),
    (re.compile(r"\b(bearer|basic|digest)\s{1,8}[\w.~+/=-]{6,}", re.I), rf"\1 {TAKEN_OUT}"),
    (
        re.compile(
            rf"""((?:{_NAMES})[\w-]{{0,40}}(?:\\{{0,3}}["'])?\s{{0,8}}[:=]\s{{0,8}}\\{{0,3}})"""
            r"""(?:[bu]?"[^"\n]{0,2000}"|[bu]?'[^'\n]{0,2000}'|[^\s"',;&)}\]]+)""",
            re.I,
        ),
        rf"\1{TAKEN_OUT}",
    ),
    (re.compile(r"\beyJ[\w-]{5,2000}\.[\w-]{1,4000}\.[\w-]*"), TAKEN_OUT),  # a JSON web token
    (re.compile(r"\$(?:argon2\w{0,3}|2[aby]|scrypt|pbkdf2[\w-]{0,20})\$[^\s'\"]+"), TAKEN_OUT),
    (re.compile(r"SCRAM-SHA-256\$[^\s'\"]+"), TAKEN_OUT),
    (re.compile(r"\b(ms[sl]?_)[\w-]{20,}"), rf"\1{TAKEN_OUT}"),  # our own (`workers.secret`)
)
"""How secrets look, and what is left of them."""


class Redaction:
    """Takes secrets out: those of `PATTERNS`, and `known` ones wherever they stand."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        forms = {form for secret in known for form in (secret, quote(secret, safe=""), unquote(secret))}
        listed = sorted((form for form in forms if len(form) >= LEAST_SECRET), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, listed))) if listed else None

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        if self._known is not None:
            text = self._known.sub(TAKEN_OUT, text)
        for pattern, left in PATTERNS:
            text = pattern.sub(left, text)
        return text


def known_secrets(settings: Settings) -> frozenset[str]:
    """Return the passwords in the URLs that this process uses, and the secret settings that are no such URL.

    What is not set up yet has none.
    """
    urls = list(filter(None, (_url(url_of, settings) for url_of in (app_url, owner_url, redis_url, store_url))))
    secret = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    pieces = [piece for value in secret for piece in value.split()]
    whole = [piece for piece in pieces if not re.match(r"(?!https?:)[a-z0-9+]+://", piece)]  # a webhook's path too
    return frozenset(filter(None, (*map(_password, (*urls, *pieces)), *whole)))


def _url(url_of: Callable[[Settings], str], settings: Settings) -> str:
    try:
        return url_of(settings)
    except (OSError, DataError):
        return ""


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
