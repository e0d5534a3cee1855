"""Recipes as JSON documents, read strictly: every refusal names the place, such as `variants[0].lines[1].text`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from core.errors import RecipeInvalid
from core.recipe_parts import MAX_LINES, MAX_VARIANTS, ExpectedLine, SignalLimits, Variant
from core.signals import SIGNALS

if TYPE_CHECKING:  # the recipe itself imports this module
    from core.recipe import Recipe

SCHEMA = 1
DEFAULT_DISPOSITION = {"pass": "accepted", "fail": "verify", "borderline": "pending", "not_judged": "pending"}
VERDICTS = tuple(DEFAULT_DISPOSITION)

Value = TypeVar("Value")

Document = Mapping[str, object]

RECIPE_KEYS = (
    "schema", "name", "part_number", "manufacturer", "reader", "variants", "signals", "pass_score", "illegible",
    "max_age_weeks", "disposition",
)  # fmt: skip
LIMIT_KEYS = ("accept", "reject", "margin", "weight")


def parse(document: object, make: Callable[..., Value]) -> Value:
    """Return what `make`, the class of recipes, makes of a document's fields.

    Raises:
        RecipeInvalid: as `Recipe.from_document` says.
    """
    top = _object(document, RECIPE_KEYS)
    if top.get("schema") != SCHEMA or isinstance(top.get("schema"), bool):
        raise RecipeInvalid(f"expected {SCHEMA}, got {top.get('schema')!r}", "schema")
    return make(
        name=_text(top, "name"),
        part_number=_text(top, "part_number", ""),
        manufacturer=_text(top, "manufacturer", ""),
        reader=_text(top, "reader", "ppocr"),
        variants=_each(top, "variants", _variant, most=MAX_VARIANTS),
        signals=_signals(top),
        pass_score=_number(top, "pass_score", 0.80),
        illegible=_text(top, "illegible", "borderline"),
        max_age_weeks=_whole_or_none(top, "max_age_weeks"),
        disposition=_disposition(top),
    )


def write(recipe: Recipe) -> dict[str, object]:
    """Return the document of a recipe; every key is written out."""
    return {
        "schema": SCHEMA,
        "name": recipe.name,
        "part_number": recipe.part_number,
        "manufacturer": recipe.manufacturer,
        "reader": recipe.reader,
        "variants": [
            {"name": variant.name, "lines": [{"text": line.text, "required": line.required} for line in variant.lines]}
            for variant in recipe.variants
        ],
        "signals": {
            name: {**{key: getattr(limits, key) for key in LIMIT_KEYS}, "required": limits.required}
            for name, limits in recipe.signals
        },
        "pass_score": recipe.pass_score,
        "illegible": recipe.illegible,
        "max_age_weeks": recipe.max_age_weeks,
        "disposition": dict(recipe.disposition),
    }


@contextmanager
def _inside(where: str) -> Iterator[None]:
    """Put `where` before the place that a refusal from within names."""
    try:
        yield
    except RecipeInvalid as error:
        joint = "." if error.where and not error.where.startswith("[") else ""
        raise RecipeInvalid(error.detail, f"{where}{joint}{error.where}") from error


def _variant(value: object) -> Variant:
    variant = _object(value, ("name", "lines"))
    return Variant(name=_text(variant, "name"), lines=_each(variant, "lines", _line, most=MAX_LINES))


def _line(value: object) -> ExpectedLine:
    line = _object(value, ("text", "required"))
    return ExpectedLine(text=_text(line, "text"), required=_flag(line, "required", default=True))


def _signals(top: Document) -> tuple[tuple[str, SignalLimits], ...]:
    with _inside("signals"):
        given = _object(top.get("signals", {"ocr": {}}), SIGNALS)
        return tuple((name, _limits(name, given[name])) for name in SIGNALS if name in given)


def _limits(name: str, value: object) -> SignalLimits:
    with _inside(name):
        given = _object(value, (*LIMIT_KEYS, "required"))
        defaults = SignalLimits()
        numbers = {key: _number(given, key, getattr(defaults, key)) for key in LIMIT_KEYS}
        return SignalLimits(**numbers, required=_flag(given, "required", default=defaults.required))


def _disposition(top: Document) -> tuple[tuple[str, str], ...]:
    with _inside("disposition"):
        given = _object(top.get("disposition", {}), VERDICTS)
        return tuple((verdict, _text(given, verdict, DEFAULT_DISPOSITION[verdict])) for verdict in VERDICTS)


def _object(value: object, keys: tuple[str, ...]) -> Document:
    if not isinstance(value, Mapping):
        raise RecipeInvalid(f"expected an object, got {_kind(value)}")
    for key in value:
        if key not in keys:
            raise RecipeInvalid(f"unknown; known here are {', '.join(keys)}", str(key)[:80])
    return value


def _each(parent: Document, key: str, read: Callable[[object], Value], *, most: int) -> tuple[Value, ...]:
    values = _required(parent, key)
    if not isinstance(values, list):
        raise RecipeInvalid(f"expected a list, got {_kind(values)}", key)
    if len(values) > most:
        raise RecipeInvalid(f"expected at most {most}, got {len(values)}", key)
    return tuple(_one(f"{key}[{place}]", value, read) for place, value in enumerate(values))


def _one(where: str, value: object, read: Callable[[object], Value]) -> Value:
    with _inside(where):
        return read(value)


def _required(parent: Document, key: str, default: object = None) -> object:
    value = parent.get(key, default)
    if value is None:
        raise RecipeInvalid("expected a value, it is missing", key)
    return value


def _text(parent: Document, key: str, default: str | None = None) -> str:
    value = _required(parent, key, default)
    if not isinstance(value, str):
        raise RecipeInvalid(f"expected text, got {_kind(value)}", key)
    return value


def _number(parent: Document, key: str, default: float) -> float:
    value = _required(parent, key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeInvalid(f"expected a number, got {_kind(value)}", key)
    try:
        return float(value)
    except OverflowError:
        raise RecipeInvalid("expected a number of fewer digits", key) from None


def _whole_or_none(parent: Document, key: str) -> int | None:
    value = parent.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise RecipeInvalid(f"expected a whole number or null, got {_kind(value)}", key)
    return value


def _flag(parent: Document, key: str, *, default: bool) -> bool:
    value = _required(parent, key, default)
    if not isinstance(value, bool):
        raise RecipeInvalid(f"expected true or false, got {_kind(value)}", key)
    return value


KINDS = {bool: "true or false", str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}


def _kind(value: object) -> str:
    return "null" if value is None else KINDS.get(type(value), type(value).__name__)
