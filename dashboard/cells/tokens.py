"""Tokens in a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dashboard.cells.cell import Act, Cell, follow, nothing
from dashboard.models.tokens import TokensModel
from dashboard.models.trail_words import who
from layouts.standing import standing_cell
from layouts.table import RowTable

Named = Callable[[str], Awaitable[None]]
FOR_EVER = {"word": "for ever"}
NEVER = {"word": "never"}

_NAME = {"name": "name", "word": "Token", "kind": "text"}
_OF = {"name": "of", "word": "Role, made by", "kind": "text", "width": "18%"}
_REST = [
    {"name": "may", "word": "May", "kind": "text", "width": "22%"},
    {"name": "since", "word": "Made", "kind": "time", "width": "120px"},
    {"name": "until", "word": "Good until", "kind": "time", "width": "120px"},
    {"name": "used", "word": "Last used", "kind": "time", "width": "120px"},
    {"name": "state", "word": "State", "kind": "state", "width": "104px"},
]
OWN_COLUMNS = [_NAME, *_REST]
ALL_COLUMNS = [_NAME, _OF, *_REST]


async def _nothing(_: str) -> None:
    """Do nothing: for a cell that stands alone."""


class TokenTable(Cell):
    """Tokens newest first; the one chosen can be revoked. `everybodys`: of machines and of all people."""

    def __init__(
        self, model: TokensModel, act: Named = _nothing, more: Act = nothing, *, everybodys: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.act = act
        self.more = more
        self.everybodys = everybodys
        columns = ALL_COLUMNS if everybodys else OWN_COLUMNS
        self.table = RowTable(columns=columns, noun="tokens", sizing_mode="stretch_width")
        self.table.on_msg(self.heard)
        self._shows(self.table)
        follow(model, ("rows", "cursor", "loaded", "problem", "selected", "revoked"), self._draw)

    async def heard(self, event: Any) -> None:
        """Take over what was chosen, or do what was asked for."""
        said = event.data
        if "select" in said:
            self.model.selected = "" if said["select"] == self.model.selected else str(said["select"])
        elif "filter" in said:
            self.model.show_revoked(revoked=said["filter"].get("revoked") == "all")
        elif "more" in said:
            await self.more()
        elif "act" in said:
            await self.act(str(said["act"]))

    def _draw(self) -> None:
        model = self.model
        title, words = self._empty()
        make = {"act": "make-token", "word": "Make a token", "key": "n", "primary": True}
        revoke = {"act": "revoke-token", "word": "Revoke", "key": "Delete"}
        chosen = model.token is not None and model.token["standing"] != "revoked"
        self.table.param.update(
            actions=[*([revoke] if chosen else []), make],
            empty_text=words,
            empty_title=title,
            filters=[
                {"name": "revoked", "word": "Show tokens", "value": "all" if model.revoked else "kept",
                 "options": [["kept", "In use"], ["all", "Revoked too"]]}
            ],
            more=model.cursor is not None,
            problem=model.problem if model.rows else "",
            rows=[token_row(token) for token in model.rows],
            selected=model.selected,
            title="Tokens of machines and people" if self.everybodys else "Your tokens",
        )  # fmt: skip

    def _empty(self) -> tuple[str, str]:
        if self.model.problem:
            return "Tokens cannot be shown", self.model.problem
        if not self.model.loaded:
            return "", ""
        if self.everybodys:
            return "No tokens", "Make one for each machine that sends pictures, so that each can be revoked by itself."
        return "No tokens", "Make one for a program that asks the API in your name."


def token_row(token: Mapping[str, Any]) -> dict[str, Any]:
    """Return a token as a row of its table."""
    scopes = ", ".join(token["scopes"])
    state = standing_cell(token["standing"])
    maker = f"by {who(token['made_by'])}" if token["made_by"] else ""
    cells = {
        "name": {"top": token["name"], "under": f"{token['prefix']}…"},
        "of": {"top": f"{token['user']}, {token['role']}" if token["user"] else token["role"], "under": maker},
        "may": {"top": scopes or "all of the role", "under": ""},
        "since": token["since"],
        "until": token["expires_at"] or FOR_EVER,
        "used": token["last_used_at"] or NEVER,
        "state": state,
    }
    return {"id": token["id"], "says": f"Token {token['name']}, {state['word']}", "cells": cells}
