"""The keys of a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.rights import Action


@dataclass(frozen=True)
class Key:
    """Keys (apart by spaces), what they do, and what one must be allowed to for them to do anything; None: nothing."""

    keys: str
    meaning: str
    right: Action | None = None


def working(keys: Sequence[Key], rights: Collection[str]) -> list[list[str]]:
    """Return those keys that do something for somebody of these rights, as pairs of keys and meaning."""
    return [[key.keys, key.meaning] for key in keys if key.right is None or key.right in rights]
