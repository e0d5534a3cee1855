"""The demonstration posts every sample with its recipe, and waits for a server that is away."""

from __future__ import annotations

import itertools

import httpx
import pytest

from data import bundled
from workers import demo


def test_a_sample_is_posted_with_its_recipe_and_the_verdict_told() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"verdict": "pass"})

    sample = bundled.samples()[0]
    with httpx.Client(base_url="http://test", transport=httpx.MockTransport(answer)) as client:
        assert demo.post(client, sample) == "pass"
    assert seen[0].url.path == "/v1/inspections"
    body = seen[0].read()
    assert sample.read() in body
    assert bundled.recipes()[sample.recipe].name.encode() in body


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ConnectError("refused")], ids=["refused", "away"])
def test_a_server_that_is_away_is_told_and_no_end(answer: httpx.Response | Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with httpx.Client(base_url="http://test", transport=httpx.MockTransport(fail)) as client:
        assert demo.post(client, bundled.samples()[0]).startswith("not posted (")


class Enough(Exception):
    """Ends what would never end."""


def test_samples_come_one_after_the_other_and_again() -> None:
    lines: list[str] = []
    pauses = itertools.count()

    def pause(seconds: float) -> None:
        assert seconds == demo.EVERY_S
        if next(pauses) == len(bundled.samples()):
            raise Enough

    with pytest.raises(Enough):
        demo.run("http://127.0.0.1:1", lines.append, pause=pause)
    names = [sample.name for sample in bundled.samples()]
    assert [line.split(":")[0] for line in lines] == [*names, names[0]]
