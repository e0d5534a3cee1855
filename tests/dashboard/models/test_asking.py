"""A question and its answer: done, refused at a field, or not asked any more."""

from __future__ import annotations

import pytest

from dashboard.models.asking import UNFORESEEN, AnswerRefused, AskingModel, Field, Question, Values


def question(done: list[Values], *, refuse: str = "", where: str = "") -> Question:
    async def answered(values: Values) -> None:
        done.append(values)
        if refuse:
            raise AnswerRefused(refuse, where)

    return Question("Add a site", "Add", answered, (Field("name", "Name"),))


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [("number", None, "expected one of text"), ("select", None, "expected options")],
    ids=["no such kind", "nothing to choose from"],
)
def test_a_field_that_cannot_be_shown_is_refused(kind: str, options: None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Field("name", "Name", kind, options=options)  # type: ignore[arg-type]


async def test_an_answer_is_carried_out_and_the_question_closed() -> None:
    done: list[Values] = []
    model = AskingModel()
    model.ask(question(done))
    await model.answer(model.asked, {"name": "North", "smuggled": "x"})
    assert done == [{"name": "North"}]
    assert (model.asked, model.question, model.busy) == (0, None, False)


async def test_a_refused_answer_says_where_and_asks_on() -> None:
    model = AskingModel()
    model.ask(question([], refuse="Taken.", where="name"))
    for told in (1, 2):
        await model.answer(model.asked, {"name": "North"})
        assert (model.problem, model.where, model.told, model.busy) == ("Taken.", "name", told, False)
    model.ask(question([]))
    assert (model.problem, model.where) == ("", "")


async def test_an_answer_to_what_is_not_asked_any_more_is_dropped() -> None:
    done: list[Values] = []
    model = AskingModel()
    model.ask(question(done))
    before = model.asked
    model.ask(question(done))
    await model.answer(before, {"name": "North"})
    model.close()
    await model.answer(before + 1, {"name": "North"})
    assert done == []


async def test_of_two_answers_at_once_one_counts() -> None:
    done: list[Values] = []
    model = AskingModel()
    model.ask(question(done))
    model.busy = True
    await model.answer(model.asked, {"name": "North"})
    assert done == []


async def test_what_nobody_foresaw_is_raised_and_can_be_tried_again() -> None:
    async def breaks(_: Values) -> None:
        raise RuntimeError("broken")

    model = AskingModel()
    model.ask(Question("Add a site", "Add", breaks))
    with pytest.raises(RuntimeError):
        await model.answer(model.asked, {})
    assert (model.busy, model.problem, model.told) == (False, UNFORESEEN, 1)


async def test_a_refusal_that_comes_late_says_nothing_of_another_question() -> None:
    model = AskingModel()

    async def refuses_late(_: Values) -> None:
        model.close()
        model.ask(question([]))
        raise AnswerRefused("Taken.", "name")

    model.ask(Question("First", "On", refuses_late))
    await model.answer(model.asked, {})
    assert (model.problem, model.where, model.told, model.question.title) == ("", "", 0, "Add a site")


async def test_an_answer_may_lead_to_another_question() -> None:
    model = AskingModel()

    async def asks_on(_: Values) -> None:
        model.ask(question([]))

    model.ask(Question("First", "On", asks_on))
    await model.answer(model.asked, {})
    assert model.question is not None
    assert model.question.title == "Add a site"
