from __future__ import annotations

from dashboard.models.intake import IntakeModel

RECIPES = [{"name": "B", "id": "2"}, {"name": "A", "id": "1"}]


def test_recipes_are_offered_by_name() -> None:
    model = IntakeModel()
    model.offer(RECIPES)
    assert list(model.recipes) == ["A", "B"]
    assert model.recipe == ""


def test_a_wish_is_chosen_once_the_recipes_are_known() -> None:
    model = IntakeModel(wish="2")
    model.offer(RECIPES)
    assert (model.recipe, model.wish) == ("2", "")


def test_a_wish_for_what_is_not_there_means_read_only() -> None:
    model = IntakeModel(wish="9")
    model.offer(RECIPES)
    assert model.recipe == ""


def test_a_choice_stays_while_recipes_come_and_go() -> None:
    model = IntakeModel()
    model.offer(RECIPES)
    model.recipe = "1"
    model.offer([*RECIPES, {"name": "C", "id": "3"}])
    assert model.recipe == "1"


def test_a_chosen_recipe_that_is_gone_is_no_longer_chosen() -> None:
    model = IntakeModel()
    model.offer(RECIPES)
    model.recipe = "1"
    model.offer(RECIPES[:1])
    assert model.recipe == ""
