"""The errors of Marksight.

MarksightError                  anything a user or a machine can be told in one sentence
├── ImageRefused                a picture that cannot be inspected, by code
├── RecipeInvalid               a recipe that cannot be used, and where in it
├── LotTextInvalid              what a lot says of its marks cannot be used, and which of its texts
├── AccountInvalid              what a person or a token is said to be cannot be so, and where
├── PasswordUnfit               a password that may not be one, by code
├── PlaceInvalid                what a site, a line or a station is said to be cannot be so, and where
├── NamingInvalid               a rule for the names of files that cannot be used
├── NameUnfit                   a file that is not named as its rule says
├── ModelInvalid                a model file that is missing or is not the one its manifest names
├── AnchorInvalid               bytes that are no anchor of the audit trail
├── ReaderUnavailable           a reader that is not installed on this machine
└── ReaderFailed                a reader that broke while it read a picture

None of them carries an HTTP status: `dashboard.api.errors` is the one place that knows those.
"""

from __future__ import annotations


class MarksightError(Exception):
    """Root of the tree; its message is one sentence fit to be shown."""


class ImageRefused(MarksightError):
    """A picture was refused; `code` names the rule it broke (kebab-case, stable), `detail` says it in words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class RecipeInvalid(MarksightError):
    """A recipe document is wrong at `where` (a path such as `variants[0].lines[1].text`)."""

    def __init__(self, detail: str, where: str = "") -> None:
        super().__init__(f"{where}: {detail}" if where else detail)
        self.detail = detail
        self.where = where


class LotTextInvalid(MarksightError):
    """What a lot says of its marks is wrong at `where` (`texts.date`, ...), or fits no place of its recipe."""

    def __init__(self, detail: str, where: str = "texts") -> None:
        super().__init__(f"{where}: {detail}")
        self.detail = detail
        self.where = where


class AccountInvalid(MarksightError):
    """What is said of a person or a token cannot be so at `where` (`name`, `role`, `scopes`, ...)."""

    def __init__(self, detail: str, where: str) -> None:
        super().__init__(f"{where}: {detail}")
        self.detail = detail
        self.where = where


class PasswordUnfit(MarksightError):
    """A password may not be one; `code` names the rule it breaks. The message never says what it was."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class PlaceInvalid(MarksightError):
    """What is said of a site, a line or a station cannot be so at `where` (`name`, `time_zone`)."""

    def __init__(self, detail: str, where: str) -> None:
        super().__init__(f"{where}: {detail}")
        self.detail = detail
        self.where = where


class NamingInvalid(MarksightError):
    """A rule for the names of files cannot be used; the message says what was expected."""


class NameUnfit(MarksightError):
    """A file is not named as its rule says; the message says what was expected."""


class ModelInvalid(MarksightError):
    """A model file is missing, or its bytes are not those the manifest names."""


class AnchorInvalid(MarksightError):
    """Bytes are no anchor of the audit trail; the message says why."""


class ReaderUnavailable(MarksightError):
    """A reader cannot run here; the message says what to install."""


class ReaderFailed(MarksightError):
    """A reader broke while it read a picture; the message says how. Adapters raise it for their engine's own errors."""
