"""From errors to what a dialog says, and at which of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import LotTextInvalid, MarksightError, NamingInvalid, PlaceInvalid
from dashboard.models.asking import AnswerRefused
from data.errors import FolderUnfit, NotFound, PlaceTaken
from data.outage import AWAY, is_away

AWAY_WORDS = "The database does not answer; nothing was kept. Try again."
FIELDS: dict[type[MarksightError], str] = {PlaceTaken: "name", NamingInvalid: "naming", FolderUnfit: "path"}
"""The field that an error is about, where the error itself does not say."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what goes wrong within into a refusal that the dialog shows.

    Raises:
        AnswerRefused: it went wrong, in a way that a person can be told.
    """
    try:
        yield
    except PlaceInvalid as error:
        raise AnswerRefused(_sentence(error.detail), error.where) from error
    except LotTextInvalid as error:
        raise AnswerRefused(_sentence(error.detail), error.where.removeprefix("texts").removeprefix(".")) from error
    except MarksightError as error:
        raise AnswerRefused(str(error), _field(error)) from error
    except AWAY as error:
        if not is_away(error):
            raise
        raise AnswerRefused(AWAY_WORDS) from error


def _field(error: MarksightError) -> str:
    if isinstance(error, NotFound):
        return error.kind
    return next((field for kind, field in FIELDS.items() if isinstance(error, kind)), "")


def _sentence(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:].rstrip('.')}."
