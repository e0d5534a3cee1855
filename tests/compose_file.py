"""`compose.yaml` as Docker Compose reads it: variables filled in, `$$` a dollar, anchors merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.conftest import ROOT

_VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Z_]+)(?:(:?[-?])([^}]*))?\})")
_ASSIGNED = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


class Unset(Exception):
    """A variable that must be set is not."""


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` with its variables filled in, as the specification has it.

    Raises:
        Unset: one that must be set is not; the message is the file's.
    """

    def value(found: re.Match[str]) -> str:
        dollar, name, operator, word = found.groups()
        if dollar:
            return "$"
        if variables.get(name):
            return variables[name]
        if operator and "?" in operator:
            raise Unset(f"{name}: {word}")
        return word or ""

    return _VARIABLE.sub(value, text)


def composed(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the file's document with variables filled in."""
    text = (ROOT / "compose.yaml").read_text("utf-8")
    parsed = yaml.safe_load(text)
    found: dict[str, Any] = _filled_in(parsed, variables)
    return found


def _filled_in(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill in the strings of a document: Compose reads YAML first, and what is filled in cannot break it."""
    if isinstance(value, dict):
        return {key: _filled_in(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, variables) for each in value]
    return filled(value, variables) if isinstance(value, str) else value


def example() -> dict[str, str]:
    """Return the variables of the example for `.env`, those behind a # too."""
    return dict(_ASSIGNED.findall((ROOT / "ops" / "compose.env.example").read_text("utf-8")))


def named() -> set[str]:
    """Return the variables that the file names."""
    return {name for _, name, _, _ in _VARIABLE.findall((ROOT / "compose.yaml").read_text("utf-8")) if name}


SET = {name: value or f"{name.lower().replace('_', '-')}-of-32-letters-or-more" for name, value in example().items()}
"""Every variable set: to what the example says, or else to something."""

DOCUMENT = composed(SET)
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
