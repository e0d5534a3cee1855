"""One connection tells everybody: each what he follows, and everybody to look again after a break of the line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from data import embedded_urls, listening
from data.listening import Listener
from tests.gate import Gate

ONE, OTHER = "marksight_one", "marksight_other"
SOON_S = 30.0


class Ear:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str | None] = asyncio.Queue()

    def __call__(self, payload: str | None) -> None:
        self.heard.put_nowait(payload)

    async def next(self) -> str | None:
        return await asyncio.wait_for(self.heard.get(), SOON_S)

    @property
    def silent(self) -> bool:
        return self.heard.empty()


@pytest.fixture
def url(empty_postgres: Path) -> str:
    return embedded_urls.database_url(empty_postgres)


@pytest.fixture
async def teller(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def listener(url: str) -> Listener:
    return Listener(lambda: url, (ONE, OTHER))


async def tell(teller: asyncpg.Connection, channel: str, payload: str = "") -> None:
    await teller.execute("SELECT pg_notify($1, $2)", channel, payload)


async def connections(teller: asyncpg.Connection) -> set[int]:
    """The server's processes that speak to those who listen now."""
    statement = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'"
    return {row["pid"] for row in await teller.fetch(statement)}


async def test_everybody_is_told_to_look_once_the_line_stands(listener: Listener) -> None:
    one, other = Ear(), Ear()
    with listener.follow([ONE], one), listener.follow([OTHER], other):
        async with listener.listening():
            assert [await one.next(), await other.next()] == [None, None]


async def test_each_hears_what_he_follows_and_the_payload(listener: Listener, teller: asyncpg.Connection) -> None:
    one, both = Ear(), Ear()
    async with listener.listening():
        await asyncio.wait_for(listener.connected.wait(), SOON_S)
        with listener.follow([ONE], one), listener.follow([ONE, OTHER], both):
            await tell(teller, OTHER, "a")
            await tell(teller, ONE, "b")
            assert await one.next() == "b"
            assert [await both.next(), await both.next()] == ["a", "b"]
            assert one.silent


async def test_however_many_follow_there_is_one_connection(listener: Listener, teller: asyncpg.Connection) -> None:
    before = await connections(teller)
    with ExitStack() as followers:
        for _ in range(20):
            followers.enter_context(listener.follow([ONE, OTHER], Ear()))
        async with listener.listening():
            await asyncio.wait_for(listener.connected.wait(), SOON_S)
            assert len(await connections(teller) - before) == 1
        assert listener.count == 20
    assert listener.count == 0


async def test_who_has_left_hears_nothing(listener: Listener, teller: asyncpg.Connection) -> None:
    stays, leaves = Ear(), Ear()
    async with listener.listening():
        await asyncio.wait_for(listener.connected.wait(), SOON_S)
        with listener.follow([ONE], stays):
            with listener.follow([ONE], leaves):
                pass
            await tell(teller, ONE)
            assert await stays.next() == ""
    assert leaves.silent


async def test_the_same_ear_twice_is_two_followers(listener: Listener) -> None:
    ear = Ear()
    with listener.follow([ONE], ear):
        with listener.follow([ONE], ear):
            assert listener.count == 2
        assert listener.count == 1


async def test_a_channel_that_is_not_listened_to_is_refused(listener: Listener) -> None:
    with pytest.raises(ValueError, match="got \\['marksight_third'\\]"), listener.follow(["marksight_third"], Ear()):
        pass
    assert listener.count == 0


async def test_when_listening_ends_the_connection_is_closed_and_nobody_is_told(
    listener: Listener, teller: asyncpg.Connection
) -> None:
    before, ear = await connections(teller), Ear()
    with listener.follow([ONE], ear):
        async with listener.listening():
            assert await ear.next() is None
            own = await connections(teller) - before
            assert len(own) == 1
        async with asyncio.timeout(SOON_S):
            while own & await connections(teller):  # noqa: ASYNC110  # the server takes notice in its own time
                await asyncio.sleep(0.01)
        await tell(teller, ONE)
    assert ear.silent


@pytest.fixture
async def gated(empty_postgres: Path, tmp_path: Path) -> AsyncIterator[tuple[Gate, Listener]]:
    """A listener whose connection goes through a gate that stands open."""
    socket = embedded_urls.postgres_socket(empty_postgres)
    url = embedded_urls.database_url(empty_postgres).partition("?")[0] + f"?host={quote(str(tmp_path), safe='')}"
    gate = Gate(tmp_path / socket.name, socket)
    await gate.open()
    yield gate, Listener(lambda: url, [ONE])
    await gate.close()


async def test_after_a_break_everybody_looks_again_and_hears_again(
    gated: tuple[Gate, Listener], teller: asyncpg.Connection
) -> None:
    (gate, listener), ear = gated, Ear()
    with listener.follow([ONE], ear):
        async with listener.listening():
            assert await ear.next() is None
            await gate.close()
            await tell(teller, ONE, "missed")
            await gate.open()
            assert await ear.next() is None
            await tell(teller, ONE, "heard")
            assert await ear.next() == "heard"


async def test_a_server_that_vanishes_without_a_word_is_noticed(
    gated: tuple[Gate, Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing closes the connection, and nothing comes any more: the try that now and then is made shows it."""
    monkeypatch.setattr(listening, "LOOK_S", 0.01)
    monkeypatch.setattr(listening, "CONNECT_S", 0.2)
    (gate, listener), ear = gated, Ear()
    with listener.follow([ONE], ear):
        async with listener.listening():
            assert await ear.next() is None
            gate.freeze()
            async with asyncio.timeout(SOON_S):
                while listener.connected.is_set():  # noqa: ASYNC110  # it has no other word for it
                    await asyncio.sleep(0.01)
            gate.thaw()
            assert await ear.next() is None


async def test_a_database_that_is_away_is_said_once_and_asked_again(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason: nobody there, a broken address, or an embedded server that was never set up."""
    monkeypatch.setattr(listening, "PAUSES_S", (0.0,))
    answers = iter(["postgresql://nobody@127.0.0.1:1/none", "nonsense", None])

    def address() -> str:
        found = next(answers, url)
        if found is None:
            raise FileNotFoundError("never set up")
        return found

    ear, listener = Ear(), Listener(address, [ONE])
    with caplog.at_level(logging.WARNING), listener.follow([ONE], ear):
        async with listener.listening():
            assert await ear.next() is None
    assert len(caplog.records) == 1


async def test_the_pause_grows_to_the_last_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > len(listening.PAUSES_S) + 1:
            enough.set()
            await asyncio.Event().wait()

    listener = Listener(lambda: "nonsense", [ONE])
    monkeypatch.setattr(listening.asyncio, "sleep", sleep)
    async with listener.listening():
        await enough.wait()
    assert pauses == [*listening.PAUSES_S, listening.PAUSES_S[-1], listening.PAUSES_S[-1]]


async def test_sqlalchemys_form_of_the_url_is_understood(url: str, teller: asyncpg.Connection) -> None:
    ear, listener = Ear(), Listener(lambda: url.replace("postgresql:", "postgresql+asyncpg:"), [ONE])
    with listener.follow([ONE], ear):
        async with listener.listening():
            assert await ear.next() is None
            await tell(teller, ONE, "heard")
            assert await ear.next() == "heard"
