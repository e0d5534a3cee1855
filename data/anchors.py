"""Where anchors of the audit trail lie, outside the database: behind one Protocol, with one adapter a file.

1. An anchor (`core.audit_anchor`) lies under its number, `anchor-0000000012.json`: by name is by time.
2. It is there whole, and on the disk, or not at all; what is there is never written over. So of two who add one of the
   same number, one is told `AnchorTaken`, and nothing else keeps them apart.
3. A webhook (`data.anchor_webhook`) is told of anchors and cannot be read: it is no such place.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from data.errors import AnchorError

WEBHOOKS = ("https", "http")
_NAME = re.compile(r"anchor-(\d{10})\.json", re.ASCII)


class AnchorPlace(Protocol):
    """A place where anchors are kept; `name` is what messages call it."""

    name: str

    async def numbers(self) -> list[int]:
        """Return the numbers of the anchors that lie there, the least first; none where there is no place yet.

        Raises:
            AnchorError: it cannot be looked through.
        """
        ...

    async def read(self, number: int) -> bytes:
        """Return the bytes of an anchor.

        Raises:
            AnchorError: it is not there, or cannot be read.
        """
        ...

    async def add(self, number: int, data: bytes) -> None:
        """Keep an anchor; once this returns, it survives the loss of power.

        Raises:
            AnchorTaken: one of that number is there.
            AnchorError: it cannot be kept; nothing was.
        """
        ...


def name_of(number: int) -> str:
    """Return the name under which an anchor lies."""
    return f"anchor-{number:010}.json"


def number_at(name: str) -> int | None:
    """Return the number of the anchor that lies under a name, or None for what is none."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else None


def is_webhook(url: str) -> bool:
    """Tell whether a URL is one that is told of anchors, and not a place where they lie."""
    return urlsplit(url).scheme in WEBHOOKS


def open_place(url: str) -> AnchorPlace:
    """Return the place at `file:///folder` or `s3://bucket/prefix`, with `?endpoint=...` as the image store has it.

    Raises:
        AnchorError: the URL names no place that there is, or one that cannot be used. It does not show the URL, which
            may hold a password.
    """
    from data.anchor_bucket import AnchorBucket  # noqa: PLC0415  # both know this module
    from data.anchor_folder import AnchorFolder  # noqa: PLC0415

    try:
        parts = urlsplit(url)
    except ValueError:
        raise AnchorError("Anchors cannot lie at what MARKSIGHT_AUDIT_ANCHOR_URL names: it is no URL.") from None
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.strip("/"):
        return AnchorFolder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        endpoint = parse_qs(parts.query).get("endpoint", [None])[0]
        return AnchorBucket.at(parts.netloc, parts.path.strip("/"), endpoint=endpoint)
    raise AnchorError(
        "Anchors lie at file:///folder or s3://bucket/prefix, and https:// is told of them; "
        f"MARKSIGHT_AUDIT_ANCHOR_URL names {parts.scheme or 'something'}:, which is neither."
    )
