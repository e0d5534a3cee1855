from __future__ import annotations

from copy import deepcopy
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RecipeInvalid
from core.recipe import Recipe, SignalLimits

FULL: dict[str, Any] = {
    "schema": 1,
    "name": "74LS00 DIP-14",
    "part_number": "SN74LS00N",
    "manufacturer": "Texas Instruments",
    "reader": "ppocr",
    "variants": [
        {
            "name": "standard",
            "lines": [{"text": "{YYWW}XBL", "required": True}, {"text": "SN74LS00N", "required": True}],
        }
    ],
    "signals": {"ocr": {"accept": 0.8, "reject": 0.3, "margin": 0.1, "weight": 1.0, "required": True}},
    "pass_score": 0.8,
    "illegible": "borderline",
    "max_age_weeks": None,
    "disposition": {"pass": "accepted", "fail": "verify", "borderline": "pending", "not_judged": "pending"},
}

LEAST = {"schema": 1, "name": "n", "variants": [{"name": "v", "lines": [{"text": "A"}]}]}


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    document = deepcopy(FULL)
    inner: Any = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return document


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in FULL.items() if name != key}


UNLIKE_ANY_DEFAULT: dict[str, Any] = {
    **FULL,
    "reader": "tesseract",
    "variants": [
        {"name": "old", "lines": [{"text": "SN74LS00N", "required": True}, {"text": "KOREA", "required": False}]},
        {"name": "new", "lines": [{"text": "{X5}", "required": False}, {"text": "74LS00", "required": True}]},
    ],
    "signals": {
        "ocr": {"accept": 0.7, "reject": 0.2, "margin": 0.05, "weight": 2.0, "required": True},
        "logo": {"accept": 0.6, "reject": 0.1, "margin": 0.0, "weight": 0.5, "required": False},
    },
    "pass_score": 0.75,
    "illegible": "fail",
    "max_age_weeks": 52,
    "disposition": {"pass": "concession", "fail": "rejected", "borderline": "hold", "not_judged": "reinspect"},
}


@pytest.mark.parametrize("document", [FULL, UNLIKE_ANY_DEFAULT], ids=["usual", "unlike any default"])
def test_a_full_document_survives_the_round_trip(document: dict[str, Any]) -> None:
    assert Recipe.from_document(document).to_document() == document


def test_no_default_hides_what_a_document_says() -> None:
    said, defaults = Recipe.from_document(UNLIKE_ANY_DEFAULT), Recipe.from_document(LEAST)
    assert [field.name for field in fields(Recipe) if getattr(said, field.name) == getattr(defaults, field.name)] == []


def test_what_is_left_out_takes_its_default() -> None:
    recipe = Recipe.from_document(LEAST)
    assert recipe.signals == (("ocr", SignalLimits()),)
    assert recipe.disposition_for("fail") == "verify"
    assert Recipe.from_document(recipe.to_document()) == recipe


@pytest.mark.parametrize(
    ("document", "where"),
    [
        pytest.param([], "", id="not an object"),
        pytest.param(None, "", id="null"),
        pytest.param(without("schema"), "schema", id="no schema"),
        pytest.param(changed(("schema",), 2), "schema", id="newer schema"),
        pytest.param(changed(("schema",), True), "schema", id="schema is no truth value"),
        pytest.param(without("name"), "name", id="no name"),
        pytest.param(changed(("name",), ""), "name", id="empty name"),
        pytest.param(changed(("name",), "x" * 121), "name", id="long name"),
        pytest.param(changed(("name",), "a\x00b"), "name", id="control character in name"),
        pytest.param(changed(("name",), 7), "name", id="name is a number"),
        pytest.param(changed(("colour",), "red"), "colour", id="unknown key"),
        pytest.param(without("variants"), "variants", id="no variants"),
        pytest.param(changed(("variants",), []), "variants", id="empty variants"),
        pytest.param(changed(("variants",), {}), "variants", id="variants is an object"),
        pytest.param(changed(("variants",), FULL["variants"] * 2), "variants", id="two variants of one name"),
        pytest.param(changed(("variants",), FULL["variants"] * 17), "variants", id="too many variants"),
        pytest.param(changed(("variants", 0), "x"), "variants[0]", id="variant is text"),
        pytest.param(changed(("variants", 0, "lines"), []), "variants[0].lines", id="no lines"),
        pytest.param(changed(("variants", 0, "lines"), [{"text": "A"}] * 13), "variants[0].lines", id="many lines"),
        pytest.param(
            changed(("variants", 0, "lines"), [{"text": "A", "required": False}]),
            "variants[0].lines",
            id="all optional",
        ),
        pytest.param(
            changed(("variants", 0, "lines", 1, "text"), "{Q}"), "variants[0].lines[1].text", id="bad pattern"
        ),
        pytest.param(
            changed(("variants", 0, "lines", 1, "text"), 7), "variants[0].lines[1].text", id="text is a number"
        ),
        pytest.param(
            changed(("variants", 0, "lines", 1, "required"), "yes"),
            "variants[0].lines[1].required",
            id="required is text",
        ),
        pytest.param(
            changed(("variants", 0, "lines", 0, "x"), 1), "variants[0].lines[0].x", id="unknown key deep down"
        ),
        pytest.param(changed(("signals",), {}), "signals", id="no signals"),
        pytest.param(changed(("signals", "smell"), {}), "signals.smell", id="unknown signal"),
        pytest.param(changed(("signals",), {"logo": {}}), "signals", id="ocr left out"),
        pytest.param(changed(("signals", "ocr", "accept"), 1.1), "signals.ocr.accept", id="accept over 1"),
        pytest.param(
            changed(("signals", "ocr", "accept"), float("nan")), "signals.ocr.accept", id="accept not a number"
        ),
        pytest.param(changed(("signals", "ocr", "accept"), None), "signals.ocr.accept", id="accept is null"),
        pytest.param(changed(("signals", "ocr", "accept"), True), "signals.ocr.accept", id="accept is a truth value"),
        pytest.param(changed(("signals", "ocr", "reject"), 0.9), "signals.ocr.reject", id="inverted limits"),
        pytest.param(changed(("signals", "ocr", "weight"), -1), "signals.ocr.weight", id="negative weight"),
        pytest.param(changed(("signals", "ocr", "weight"), 0), "signals", id="weights sum to nothing"),
        pytest.param(changed(("signals", "ocr", "required"), False), "signals", id="nothing required"),
        pytest.param(changed(("pass_score",), -0.1), "pass_score", id="pass score under 0"),
        pytest.param(changed(("pass_score",), 10**400), "pass_score", id="more digits than a number has"),
        pytest.param(changed(("illegible",), "pass"), "illegible", id="illegible passes"),
        pytest.param(changed(("max_age_weeks",), 0), "max_age_weeks", id="age of 0"),
        pytest.param(changed(("max_age_weeks",), 1.5), "max_age_weeks", id="age is no whole number"),
        pytest.param(changed(("disposition", "fail"), "eaten"), "disposition.fail", id="unknown disposition"),
        pytest.param(changed(("disposition", "good"), "accepted"), "disposition.good", id="unknown verdict"),
        pytest.param(
            changed(("disposition", "not_judged"), "accepted"),
            "disposition.not_judged",
            id="releases what is not judged",
        ),
    ],
)
def test_a_wrong_document_is_refused_at_its_place(document: Any, where: str) -> None:
    with pytest.raises(RecipeInvalid) as refusal:
        Recipe.from_document(document)
    assert refusal.value.where == where
    assert refusal.value.detail


def test_signals_keep_one_order_whatever_the_document_says() -> None:
    document = changed(("signals",), {"surface": {}, "ocr": {}, "logo": {"required": False}})
    assert [name for name, _ in Recipe.from_document(document).signals] == ["ocr", "logo", "surface"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "ocr", "lines", "text"]), inner)
    ),
    max_leaves=8,
)


LIKELY: dict[type, st.SearchStrategy[object]] = {
    bool: st.booleans(),
    int: st.integers(0, 2),
    float: st.floats(0, 1),
    str: st.text(max_size=12) | st.sampled_from(["{YYWW}", "{X3}-1", "fail", "accepted", "pending", "hold", "ppocr"]),
    type(None): st.integers(1, 600),
}
PLACES: list[tuple[str | int, ...]] = [
    *((name,) for name in FULL),
    *(("variants", 0, "lines", 0, name) for name in ("text", "required")),
    *(("signals", "ocr", name) for name in FULL["signals"]["ocr"]),
    *(("disposition", name) for name in FULL["disposition"]),
]


def stands_at(place: tuple[str | int, ...]) -> object:
    inner: Any = FULL
    for step in place:
        inner = inner[step]
    return inner


@given(st.data(), st.sampled_from(PLACES))
def test_no_document_breaks_the_parser(data: st.DataObject, place: tuple[str | int, ...]) -> None:
    value = data.draw(JSON | LIKELY.get(type(stands_at(place)), JSON))
    try:
        recipe = Recipe.from_document(changed(place, value))
    except RecipeInvalid:
        return
    assert Recipe.from_document(recipe.to_document()) == recipe
