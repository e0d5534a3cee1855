"""Something moving: posts the bundled samples to our own API, one by one."""

from __future__ import annotations

from data.settings import Settings
from workers.parts import marksight
from workers.supervisor import Part


def demo_part(settings: Settings, port: int) -> Part:
    """Return the part that posts the samples as soon as the page server answers."""
    return Part("demo", marksight(settings, port, "demo", "demo"), ("server", "seed"))
