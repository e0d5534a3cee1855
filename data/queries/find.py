"""Finding inspections by what a person knows of them."""

from __future__ import annotations

import json

from sqlalchemy import ColumnElement, and_, func, literal

from data.tables import Result

PLACES = ("part_number", "recipe", "lot", "read")
"""The filters that a search is tried as: what any of them lets through is found."""


def mark_has(text: str) -> ColumnElement[bool]:
    """Return the condition that a result's mark holds every word of `text`, in small letters or capitals.

    Words are apart by white space; each may stand anywhere in a line. No letter of them is a wildcard.
    """
    words = (json.dumps(word, ensure_ascii=False)[1:-1] for word in text.split())
    return and_(literal(value=True), *(func.strpos(Result.mark, func.upper(word)) > 0 for word in words))
