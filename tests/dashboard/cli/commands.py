"""Commands run as a user runs them, in this process, on the test's database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from dashboard import cli
from data.settings import Settings, settings
from workers.composition import Services, compose

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Commands:
    """Runs commands; what is piped in is nothing unless it is said."""

    def __init__(self, postgres: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setenv("MARKSIGHT_HOME", str(postgres.home))
        monkeypatch.setenv("COLUMNS", "200")
        settings.cache_clear()
        self._settings, self._monkeypatch, self._capsys = postgres, monkeypatch, capsys

    def __call__(self, *arguments: str, piped: str = "") -> Done:
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(piped))
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        return Done(int(ended.value.code or 0), *self._capsys.readouterr())

    def look(self, asked: Callable[[Services], Awaitable[T]]) -> T:
        """Return what `asked` finds with services on the same database."""

        async def found() -> T:
            services = compose(self._settings)
            try:
                return await asked(services)
            finally:
                await services.close()

        return asyncio.run(found())
