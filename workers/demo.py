"""Something moving: the bundled samples, posted to our own API one by one, as a camera on a line would."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import httpx

from data import bundled
from data.settings import Settings
from workers.parts import marksight
from workers.supervisor import Part

EVERY_S = 2.0
TIMEOUT_S = 30.0


def demo_part(settings: Settings, port: int) -> Part:
    """Return the part that posts the samples as soon as the page server answers."""
    return Part("demo", marksight(settings, port, "demo", "demo"), ("server", "migrate"))


def run(
    address: str,
    say: Callable[[str], None],
    *,
    token: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Post the samples to the API at `address`, one every `EVERY_S`, until the process ends; say each verdict.

    `token` is shown with each, where there is one. A server that is away for a while is waited for.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=address, timeout=TIMEOUT_S, headers=headers) as client:
        for sample in itertools.cycle(bundled.samples()):
            say(f"{sample.name}: {post(client, sample)}")
            pause(EVERY_S)


def post(client: httpx.Client, sample: bundled.Sample) -> str:
    """Post one sample; return its verdict, or in words why there is none."""
    recipe = bundled.recipes()[sample.recipe].name
    try:
        answer = client.post(
            "/v1/inspections",
            params={"wait_ms": 10_000},
            files={"image": (sample.name, sample.read())},
            data={"recipe": recipe},
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        return f"not posted ({error})"
    return str(answer.json()["verdict"])
