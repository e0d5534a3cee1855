from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.teaching import TeachingModel


def proposed(**changes: Any) -> dict[str, Any]:
    lines = [{"text": "MC74HC32AN", "required": True}, {"text": "FFFG{YYWW}", "required": False}]
    variants = [{"name": "standard", "lines": lines}]
    return {"schema": 1, "name": "MC74HC32AN", "part_number": "MC74HC32AN", "variants": variants, **changes}


def opened(**changes: Any) -> TeachingModel:
    model = TeachingModel()
    model.propose("7", proposed(**changes))
    return model


def test_a_proposal_opens_the_form_filled_in() -> None:
    model = opened()
    assert model.opened
    assert model.lines == "MC74HC32AN\n?FFFG{YYWW}"
    assert (model.recipe_name, model.part_number, model.manufacturer) == ("MC74HC32AN", "MC74HC32AN", "")


def test_an_untouched_form_is_the_proposal() -> None:
    draft = opened().draft()
    assert draft["variants"] == proposed()["variants"]


def test_what_the_form_does_not_show_is_kept() -> None:
    more = [{"name": "other", "lines": [{"text": "X", "required": True}]}]
    draft = opened(variants=[*proposed()["variants"], *more], pass_score=0.9).draft()
    assert draft["variants"][1:] == more
    assert draft["pass_score"] == 0.9


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("A\nB", [("A", True), ("B", True)]),
        ("  A  \n\n\nB\n", [("A", True), ("B", True)]),
        ("?A\n? B", [("A", False), ("B", False)]),
        ("", []),
    ],
    ids=["two", "blank lines", "optional", "none"],
)
def test_lines_are_read_one_a_row(written: str, lines: list[tuple[str, bool]]) -> None:
    model = opened()
    model.lines = written
    assert [(line["text"], line["required"]) for line in model.draft()["variants"][0]["lines"]] == lines


def test_a_sound_draft_is_a_recipe() -> None:
    recipe = opened().check()
    assert recipe is not None
    assert recipe.variants[0].lines[1].required is False


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [("recipe_name", " ", "name"), ("lines", "", "lines"), ("lines", "A{Q}", "text"), ("lines", "?A", "required")],
    ids=["no name", "no lines", "no pattern", "nothing required"],
)
def test_a_draft_that_is_no_recipe_says_what_is_wrong(name: str, value: str, where: str) -> None:
    model = opened()
    model.param.update(**{name: value})
    assert model.check() is None
    assert where in model.problem


def test_a_mended_draft_is_told_no_longer() -> None:
    model = opened()
    model.lines = ""
    model.check()
    model.lines = "A"
    model.check()
    assert model.problem == ""


def test_put_away_the_form_says_nothing() -> None:
    model = opened()
    model.param.update(problem="x", published={"id": "1"})
    model.close()
    assert (model.opened, model.problem, model.published) == (False, "", None)
