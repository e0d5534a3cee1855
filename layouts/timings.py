"""Time by step, as bars on one scale."""

from __future__ import annotations

from collections.abc import Mapping

from layouts.elements import element, text


def timings(seconds: Mapping[str, float], signal_version: str = "") -> str:
    """Return the steps in their order with their milliseconds, their sum, and what made the result."""
    if not seconds:
        return element("p", "No times were kept.", class_="soft")
    longest = max(*seconds.values(), 1e-9)
    rows = "".join(_row(name, value, value / longest) for name, value in seconds.items())
    total = element("tr", element("th", "Sum", scope="row"), element("td", _ms(sum(seconds.values()))), "<td></td>")
    made_by = element("p", "Made by ", element("code", text(signal_version)), class_="made") if signal_version else ""
    return element("table", rows, total) + made_by


def _row(name: str, value: float, share: float) -> str:
    bar = element("i", style=f"width:{share * 100:.1f}%")
    return element(
        "tr", element("th", text(name.capitalize()), scope="row"), element("td", _ms(value)), f"<td>{bar}</td>"
    )


def _ms(value: float) -> str:
    return f"{value * 1000:.1f} ms"
