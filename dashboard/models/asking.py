"""A question to a person: a few values asked for, and what is wrong with the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import param

FieldKind = Literal["text", "long", "select", "check", "several", "password", "once"]
Values = dict[str, str]

UNFORESEEN = "It could not be done, for a reason that nobody foresaw; the server's log has it. Try again."


@dataclass(frozen=True)
class Field:
    """One value asked for. `options` are pairs of value and word: all of a `select`, proposals of a `text`.

    Of `several`, the value is those chosen, apart by spaces. What is shown `once` is no question: a secret, to copy.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    value: str = field(default="", repr=False)
    help: str = ""
    options: tuple[tuple[str, str], ...] | None = None
    mono: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(FieldKind):
            raise ValueError(f"expected one of {', '.join(get_args(FieldKind))}, got {self.kind!r}")
        if self.kind in {"select", "several"} and self.options is None:
            raise ValueError(f"expected options for {self.name}, got none")

    def document(self) -> dict[str, Any]:
        """Return the field as plain values."""
        options = None if self.options is None else [list(pair) for pair in self.options]
        return {**asdict(self), "options": options}


class AnswerRefused(Exception):
    """What was answered cannot be done; `where` names the field that is wrong, empty if none of them is."""

    def __init__(self, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.where = where


@dataclass(frozen=True)
class Question:
    """What is asked, and what is done with the answer; `answered` raises `AnswerRefused` to ask on."""

    title: str
    submit: str
    answered: Callable[[Values], Awaitable[None]]
    fields: tuple[Field, ...] = ()
    intro: str = ""
    danger: bool = False


class AskingModel(param.Parameterized):
    """The question that is asked now, if one is."""

    asked = param.Integer(default=0, doc="Number of the question asked; 0: none is.")
    busy = param.Boolean(doc="The answer is being carried out.")
    problem = param.String(doc="What is wrong with the answer, in words; empty: nothing.")
    question = param.ClassSelector(class_=Question, default=None, allow_None=True, doc="What is asked; None: nothing.")
    told = param.Integer(default=0, doc="How often a problem was told.")
    where = param.String(doc="Name of the field that is wrong; empty: none of them.")

    _number = 0

    def ask(self, question: Question) -> None:
        """Ask this, instead of anything asked before."""
        self._number += 1
        self.param.update(question=question, asked=self._number, busy=False, problem="", where="")

    def close(self) -> None:
        """Ask nothing any more."""
        self.param.update(asked=0, question=None, busy=False, problem="", where="")

    async def answer(self, asked: int, values: Mapping[str, str]) -> None:
        """Do what was asked, with these values; an answer to what is not asked any more is dropped."""
        question = self.question
        if question is None or asked != self.asked or self.busy:
            return
        known = {field.name for field in question.fields}
        self.param.update(busy=True, problem="", where="")
        try:
            await question.answered({name: str(value) for name, value in values.items() if name in known})
        except AnswerRefused as error:
            self._refuse(asked, error.detail, error.where)
        except Exception:
            self._refuse(asked, UNFORESEEN)
            raise
        else:
            if asked == self.asked:  # what was done may have asked something else
                self.close()

    def _refuse(self, asked: int, problem: str, where: str = "") -> None:
        """Say what is wrong with an answer, and wait for another, unless its question was closed meanwhile."""
        if asked == self.asked:
            self.param.update(busy=False, problem=problem, where=where, told=self.told + 1)
