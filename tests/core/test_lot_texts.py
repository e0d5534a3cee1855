"""A lot's texts stand in their places, and nothing that the recipe alone would refuse is let in by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LotTextInvalid
from core.lot_texts import NOTHING_SAID, LotTexts, bound
from core.patterns import names, normalise, pattern
from core.recipe import Recipe

SAID = LotTexts(date="2431", lot="AB12C", trace="0077")


def recipe(*variants: tuple[str, ...]) -> Recipe:
    listed = [
        {"name": f"v{number}", "lines": [{"text": text} for text in lines]} for number, lines in enumerate(variants, 1)
    ]
    return Recipe.from_document({"schema": 1, "name": "part", "variants": listed})


def texts_of(judging: Recipe) -> list[list[str]]:
    return [[line.text for line in variant.lines] for variant in judging.variants]


@pytest.mark.parametrize(
    ("line", "filled"),
    [
        pytest.param("{YYWW}XBL", "2431XBL", id="year and week"),
        pytest.param("{YY}-{WW}", "24-31", id="year and week apart"),
        pytest.param("A{Y}{WW}", "A431", id="the year's last digit"),
        pytest.param("LOT {lot:X5}", "LOT AB12C", id="lot code"),
        pytest.param("{trace:N4}", "0077", id="trace code"),
        pytest.param("{lot:X5}/{lot:X5} {trace:X4}", "AB12C/AB12C 0077", id="a name several times"),
        pytest.param("{{{YYWW}", "{{2431", id="a brace stays a brace"),
        pytest.param("{N2}{YYWW}{A}", "{N2}2431{A}", id="what the lot says nothing about stays a pattern"),
        pytest.param("SN74LS00N", "SN74LS00N", id="literal"),
    ],
)
def test_texts_stand_in_their_places(line: str, filled: str) -> None:
    judging = recipe((line, "{YYWW} {lot:X5} {trace:N4}"))
    assert texts_of(bound(judging, SAID))[0][0] == filled


def test_every_line_of_every_variant_is_bound() -> None:
    judging = recipe(("{lot:X5}", "74LS00", "{YYWW}"), ("{YY}{lot:X5}",))
    said = LotTexts(date="2431", lot="AB12C")
    assert texts_of(bound(judging, said)) == [["AB12C", "74LS00", "2431"], ["24AB12C"]]
    assert all(line.pattern.fixed for variant in bound(judging, said).variants for line in variant.lines)


def test_a_lot_that_says_nothing_changes_nothing() -> None:
    judging = recipe(("{YYWW}", "{lot:X5}"))
    assert bound(judging, NOTHING_SAID) is judging


def test_what_the_lot_leaves_open_stays_a_pattern() -> None:
    line = bound(recipe(("{YYWW}{trace:N4}",)), LotTexts(date="2431")).variants[0].lines[0]
    assert not line.pattern.fixed
    assert line.pattern.matches("24311234")
    assert not line.pattern.matches("24321234")


@pytest.mark.parametrize("line", ["IC {trace:X2}", "IC {trace:A}{trace:N}", "IC E{Y}"])
def test_a_text_that_looks_like_a_finish_code_still_counts(line: str) -> None:
    said = LotTexts(date="2431") if "Y" in line else LotTexts(trace="E4")
    if "A}" in line:
        with pytest.raises(LotTextInvalid, match="expected 1 letters"):
            bound(recipe((line,)), said)
        return
    places = bound(recipe((line,)), said).variants[0].lines[0].pattern
    assert places.matches("ICE4")
    assert not places.matches("ICE5"), "E4 alone, as text, would be a symbol that may be read as anything"
    assert all(place.counts for place in places.places)


def test_bound_dates_can_still_be_held_against_the_day_of_the_picture() -> None:
    places = bound(recipe(("{YYWW}",)), LotTexts(date="2431")).variants[0].lines[0].pattern.places
    assert [place.date for place in places] == ["YY", "YY", "WW", "WW"]


@pytest.mark.parametrize(
    ("lines", "said", "words"),
    [
        pytest.param(
            ("74LS00", "{lot:X5}"),
            {"lot": "AB12"},
            ["recipe part", "line 2", "{lot:X5}", "5 letters or digits", "AB12"],
            id="too short",
        ),
        pytest.param(("{lot:X3}",), {"lot": "AB12"}, ["line 1", "3 letters or digits"], id="too long"),
        pytest.param(("{lot:N4}",), {"lot": "AB12"}, ["4 digits"], id="not digits"),
        pytest.param(("{trace:A2}",), {"trace": "A1"}, ["2 letters"], id="not letters"),
        pytest.param(("{YYWW}",), {"lot": "AB12"}, ["part has no place for a lot code", "{lot:X5}"], id="none"),
        pytest.param(("{lot:X5}",), {"date": "2431"}, ["no place for a date code", "{YYWW}"], id="no place for a date"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_refused_by_name(lines: tuple[str, ...], said: Any, words: list[str]) -> None:
    with pytest.raises(LotTextInvalid) as refused:
        bound(recipe(lines), LotTexts(**said))
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_a_text_that_fits_one_variant_alone_is_refused() -> None:
    with pytest.raises(LotTextInvalid, match="variant v2"):
        bound(recipe(("{lot:X5}",), ("{lot:X4}",)), LotTexts(lot="AB12C"))


@pytest.mark.parametrize(
    ("document", "where"),
    [
        pytest.param({"date": "243"}, "texts.date", id="a short date"),
        pytest.param({"date": "2400"}, "texts.date", id="week 0"),
        pytest.param({"date": "2454"}, "texts.date", id="week 54"),
        pytest.param({"date": "24W1"}, "texts.date", id="letters in a date"),
        pytest.param({"date": "\u0662\u0664\u0663\u0661"}, "texts.date", id="other scripts' digits"),
        pytest.param({"lot": "AB-12"}, "texts.lot", id="a dash"),
        pytest.param({"lot": "A" * 33}, "texts.lot", id="too long"),
        pytest.param({"trace": "\u00c4"}, "texts.trace", id="no letter from A to Z"),
        pytest.param({"trace": 7}, "texts.trace", id="a number"),
        pytest.param({"serial": "7"}, "texts.serial", id="unknown"),
        pytest.param([], "texts", id="a list"),
        pytest.param(None, "texts", id="null"),
    ],
)
def test_texts_are_read_strictly(document: object, where: str) -> None:
    with pytest.raises(LotTextInvalid) as refused:
        LotTexts.from_document(document)
    assert refused.value.where == where


@pytest.mark.parametrize("document", [{}, {"date": "2431"}, {"lot": "AB12C", "trace": "7"}], ids=str)
def test_documents_come_back_as_they_went(document: dict[str, str]) -> None:
    said = LotTexts.from_document(document)
    assert json.loads(json.dumps(said.to_document())) == document
    assert bool(said) is bool(document)


def test_case_and_spaces_make_no_difference() -> None:
    assert LotTexts.from_document({"lot": " ab 12c", "date": "24 31", "trace": ""}) == LotTexts("2431", "AB12C")


TOKENS = st.sampled_from(
    ["{YYWW}", "{YY}", "{WW}", "{Y}", "{lot:X3}", "{lot:A3}", "{trace:N2}", "{X2}", "{A}", "{N}", "7", "4L", "-"]
)
LINES = st.lists(TOKENS, min_size=1, max_size=6).map("".join)
TEXTS = st.builds(
    LotTexts,
    date=st.one_of(st.just(""), st.builds("{:02}{:02}".format, st.integers(0, 99), st.integers(1, 53))),
    lot=st.one_of(st.just(""), st.text("ABC09", min_size=3, max_size=3)),
    trace=st.one_of(st.just(""), st.text("0123", min_size=2, max_size=2)),
)


@given(LINES, TEXTS, st.data())
def test_a_bound_line_accepts_exactly_what_the_line_accepts_and_the_lot_says(
    line: str, said: LotTexts, data: st.DataObject
) -> None:
    try:
        binding = bound(recipe((line,)), said)
    except LotTextInvalid:
        return
    places = pattern(line).places
    mark = "".join(data.draw(st.sampled_from(sorted(place.choices))) for place in places)
    if data.draw(st.booleans()):
        mark = _as_said(line, mark, said)
    accepted = binding.variants[0].lines[0].pattern.matches(mark)
    assert accepted is (pattern(line).matches(mark) and _as_said(line, mark, said) == mark)


def _as_said(line: str, mark: str, said: LotTexts) -> str:
    """A mark with what the lot says in its places, reckoned anew: token by token."""
    out, at, rest = "", 0, line
    while rest:
        token = rest[: rest.index("}") + 1] if rest[0] == "{" else rest[0]
        rest = rest[len(token) :]
        width = len(pattern(token)) if normalise(token) else 0
        known = said.said.get(next(iter(names(token)), ""))
        out += known if known is not None else mark[at : at + width]
        at += width
    return out
