"""What texts in a request may hold: as patterns, and in words for whoever sent something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
"""No control characters, nor those that would show what follows in another direction than it is written."""

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
"""What is shown, but names nothing that a machine would look for: a label, a folder."""

TEXT = r"^[^\x00]*$"
SOME_TEXT = r"^[^\x00]*[^\s\x00][^\x00]*$"

EXPECTED = {
    ONE_LINE: "Expected one line of characters that can be printed",
    PRINTABLE: "Expected characters that can be printed",
    TEXT: "Expected text without the character NUL",
    SOME_TEXT: "Expected some text, without the character NUL",
}
"""What is expected, by the pattern that says so."""


def in_words(fault: Mapping[str, Any]) -> str:
    """Return what a value should have been, of a fault as pydantic tells it, which shows a pattern as it is written."""
    if fault["type"] == "string_pattern_mismatch":
        return EXPECTED.get(fault["ctx"]["pattern"], str(fault["msg"]))
    return str(fault["msg"]).removeprefix("Value error, ")
