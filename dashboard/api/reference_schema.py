"""JSON schemas in words, for people: what kind of value is meant, and what its limits are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from layouts.elements import element, text

Schema = dict[str, Any]
FORMATS = {"uuid": "UUID", "date-time": "time with zone (ISO 8601)", "binary": "bytes"}
BOUNDS = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"))
_CODE = re.compile(r"`([^`]+)`")


def kind(schema: Schema) -> str:
    """Return the kind of value in a few words, as markup; a shape that is described elsewhere is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return element("a", text(name), href=f"#{name}")
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return ", ".join(element("code", text(value)) for value in values)
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return text(FORMATS.get(schema.get("format", ""), schema.get("type", "anything")))


def limits(schema: Schema) -> str:
    """Return the limits of a value in words; empty where there are none."""
    parts = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    found = [_between(part.get(low), part.get(high), unit) for part in parts for low, high, unit in BOUNDS]
    default = [f"{schema['default']} when left out"] if schema.get("default") not in (None, "") else []
    return ", ".join(filter(None, [*found, *default]))


def _between(low: float | None, high: float | None, unit: str) -> str:
    if low and high:
        return f"{low} to {high}{unit}"
    return f"at least {low}{unit}" if low else f"at most {high}{unit}" if high else ""


def prose(words: str) -> Iterator[str]:
    """Yield the paragraphs of a description as markup; what stands between backticks is code."""
    for paragraph in words.strip().split("\n\n"):
        yield element("p", _CODE.sub(lambda found: element("code", found.group(1)), text(" ".join(paragraph.split()))))


def fields(schema: Schema) -> str:
    """Return a table of the fields of an object."""
    required = set(schema.get("required", ()))
    rows = [
        row(name, kind(one), one.get("description", ""), limits(one), required=name in required)
        for name, one in schema.get("properties", {}).items()
    ]
    return table(("Field", "Kind", "Meaning"), rows)


def row(name: str, kinds: str, meaning: str, bounds: str = "", *, required: bool = False, place: str = "") -> str:
    """Return one row of a table of fields or parameters; `kinds` is markup."""
    notes = ", ".join(filter(None, [place, "required" if required else ""]))
    said = " ".join(prose(meaning)) if meaning else ""
    bound = element("small", text(bounds)) if bounds else ""
    head = element("th", element("code", text(name)), element("small", notes) if notes else "", scope="row")
    return element("tr", head, element("td", kinds), element("td", said, bound))


def table(heads: tuple[str, ...], rows: list[str]) -> str:
    """Return a table under its heads."""
    head = element("thead", element("tr", *(element("th", one, scope="col") for one in heads)))
    return element("div", element("table", head, element("tbody", *rows)), class_="wide", tabindex="0")
