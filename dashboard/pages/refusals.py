"""From errors to what a dialog says, and at which of its fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import AccountInvalid, LotTextInvalid, MarksightError, NamingInvalid, PasswordUnfit, PlaceInvalid
from core.rights import Action
from dashboard.models.asking import AnswerRefused
from dashboard.page_user import must
from data.errors import AccountTaken, FolderUnfit, LastAdmin, NotFound, PlaceTaken
from data.outage import AWAY, is_away
from workers.errors import SignInPaused, SignInRefused

AWAY_WORDS = "The database does not answer; nothing was kept. Try again."
FIELDS: dict[type[MarksightError], str] = {
    AccountTaken: "name",
    FolderUnfit: "path",
    LastAdmin: "role",
    NamingInvalid: "naming",
    PasswordUnfit: "password",
    PlaceTaken: "name",
    SignInPaused: "current",
    SignInRefused: "current",
}
"""The field that an error is about, where the error itself does not say."""


@contextmanager
def refusing(action: Action) -> Iterator[None]:
    """Let something be done by who may, and turn what goes wrong within into a refusal that the dialog shows.

    Raises:
        AnswerRefused: it went wrong, in a way that a person can be told.
    """
    try:
        must(action)
        yield
    except (AccountInvalid, PlaceInvalid) as error:
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
