from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from core.errors import RecipeInvalid
from core.recipe import ExpectedLine, Recipe, SignalLimits, Variant
from core.recipe_document import DEFAULT_DISPOSITION
from core.verdicts import Verdict

VARIANT = Variant("standard", (ExpectedLine("SN74LS00N"),))
RECIPE = Recipe("74LS00", (VARIANT,))


def test_every_verdict_has_a_disposition() -> None:
    assert {verdict.word for verdict in Verdict} == set(DEFAULT_DISPOSITION)
    assert [RECIPE.disposition_for(verdict.word) for verdict in Verdict] == ["accepted", "verify", "pending", "pending"]


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        RECIPE.name = "other"  # type: ignore[misc]


def test_equal_recipes_are_equal_and_can_be_keys() -> None:
    assert Recipe("74LS00", (VARIANT,)) == RECIPE
    assert len({Recipe("74LS00", (VARIANT,)), RECIPE}) == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        pytest.param({"name": ""}, "name", id="no name"),
        pytest.param({"reader": ""}, "reader", id="no reader"),
        pytest.param({"variants": ()}, "variants", id="no variants"),
        pytest.param({"variants": (VARIANT, VARIANT)}, "variants", id="variants of one name"),
        pytest.param({"signals": ()}, "signals", id="no signals"),
        pytest.param({"signals": (("ocr", SignalLimits(weight=0)),)}, "signals", id="no weight"),
        pytest.param({"signals": (("ocr", SignalLimits()), ("smell", SignalLimits()))}, "signals", id="unknown signal"),
        pytest.param({"pass_score": 1.5}, "pass_score", id="pass score over 1"),
        pytest.param({"illegible": "pass"}, "illegible", id="illegible passes"),
        pytest.param({"max_age_weeks": 0}, "max_age_weeks", id="no age"),
        pytest.param({"disposition": (("pass", "accepted"),)}, "disposition", id="verdicts without a disposition"),
    ],
)
def test_a_recipe_is_checked_however_it_is_made(changes: dict[str, object], where: str) -> None:
    with pytest.raises(RecipeInvalid) as refusal:
        replace(RECIPE, **changes)  # type: ignore[arg-type]
    assert refusal.value.where == where


@pytest.mark.parametrize("released", ["accepted", "concession"])
def test_what_was_not_judged_is_never_released(released: str) -> None:
    policy = tuple((DEFAULT_DISPOSITION | {"not_judged": released}).items())
    with pytest.raises(RecipeInvalid, match="never released"):
        replace(RECIPE, disposition=policy)
