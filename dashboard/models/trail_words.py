"""What an entry of the audit trail tells, in the words of whoever looks at parts and lots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.models.trail_values import Names, View, column_word

PARTS = {
    "worker": "A worker",
    "relay": "The relay",
    "watch": "The watcher of folders",
    "serve": "The server",
    "migrate": "A migration",
    "seed": "The setting up",
}
"""Parts of the program that act by themselves, as `data.acting` names them."""

FOUND = "It was there when the trail began."


@dataclass(frozen=True)
class Told:
    """What happened, what more there is to say, and how it looks: a verdict, a state, or `noted`."""

    words: str
    detail: str = ""
    look: str = "noted"


def who(actor: str) -> str:
    """Return who did it: a person by their name, a machine as one, a part of the program by what it does."""
    kind, _, name = actor.partition(":")
    if kind == "system":
        return PARTS.get(name, f"Marksight ({name})")
    return f"{name} (machine)" if kind == "machine" else name


def told(entry: View, names: Names) -> Told:
    """Return what an entry tells."""
    if entry["operation"] == "truncate":
        return Told("The whole table was emptied", look="failed")
    if entry["operation"] == "delete":
        return Told("Deleted", look="cancelled")
    if entry["operation"] == "found":
        return _found(entry, names)
    made, moved = BY_TABLE.get(entry["table"], (_added, _changed))
    return moved(entry, names) if entry["before"] is not None else made(entry, names)


def _found(entry: View, names: Names) -> Told:
    if entry["table"] == "results":
        judged = _judged(entry, names)
        return Told(judged.words, f"{judged.detail} {FOUND}", judged.look)
    state = entry["after"].get("state")
    return Told("Was there when the trail began", f"State {state}." if state else "")


def _came_in(entry: View, names: Names) -> Told:
    row = entry["after"]
    by = _name(row, "recipe_version_id", names)
    lot = _name(row, "lot_id", names)
    facts = (
        f"attempt {row['attempt']}" if (row.get("attempt") or 1) > 1 else "",
        f"lot {lot}" if lot else "",
        f"to be judged by recipe {by}" if by else "to be read, and judged by no recipe",
    )
    station = _name(row, "station_id", names)
    return Told(f"Came in from station {station}" if station else "Came in", _sentence(facts), "came")


def _judged(entry: View, names: Names) -> Told:
    row = entry["after"]
    by, verdict = _name(row, "recipe_version_id", names), str(row["verdict"])
    if not by:
        return Told("Read, and judged by no recipe", f"Disposition {row['disposition']}.", verdict)
    words = f"Not judged, by recipe {by}" if verdict == "not_judged" else f"Judged {verdict} by recipe {by}"
    begun = row.get("attempts") or 1
    again = f"a worker had begun {begun} times" if begun > 1 else ""
    return Told(words, _sentence((f"disposition {row['disposition']}", again)), verdict)


def _moved(entry: View, names: Names) -> Told:
    """What became of an inspection beside its verdict."""
    before, after = entry["before"].get("state"), entry["after"].get("state")
    if before == after:
        return _changed(entry, names)
    if after == "failed":
        row = entry["after"]
        return Told(f"Failed: {row.get('error_code') or 'no reason'}", row.get("error_detail") or "", "failed")
    if after == "cancelled":
        return Told("Cancelled", "It is not inspected any more.", "cancelled")
    if before in {"failed", "cancelled", "done"}:
        return Told("Retried", "It waits for a worker again.", "received")
    return _changed(entry, names)


def _lot_begun(entry: View, names: Names) -> Told:
    return Told("Named for the first time", look="came")


def _lot_moved(entry: View, names: Names) -> Told:
    before, after = entry["before"], entry["after"]
    if before.get("state") != after.get("state"):
        words = {"hold": "Put on hold", "open": "Released", "closed": "Closed"}
        state = str(after.get("state"))
        return Told(words.get(state, f"State {state}"), after.get("reason") or "", state)
    if before.get("started_at") is None and after.get("started_at") is not None:
        station, by = (_name(after, name, names) for name in ("station_id", "recipe_version_id"))
        bound = (f"at station {station}" if station else "at any station", f"judged by recipe {by}" if by else "")
        return Told("Started", _sentence(bound), "open")
    return Told(f"Corrected: {_columns(entry)}")


def _added(entry: View, names: Names) -> Told:
    return Told("Added", look="came")


def _changed(entry: View, names: Names) -> Told:
    return Told(f"Changed: {_columns(entry)}")


Tells = Callable[[View, Names], Told]
BY_TABLE: dict[str, tuple[Tells, Tells]] = {
    "inspections": (_came_in, _moved),
    "results": (_judged, _changed),
    "lots": (_lot_begun, _lot_moved),
}
"""By table: what a row tells that comes, and one that changes."""


def _name(row: View, column: str, names: Names) -> str:
    """Return what a row that another names is called: its id where it is not known, empty where there is none."""
    id_ = row.get(column)
    return names.get(id_, id_) if id_ else ""


def _columns(entry: View) -> str:
    return ", ".join(column_word(name).lower() for name in entry["changed"]) or "nothing"


def _sentence(facts: tuple[str, ...]) -> str:
    said = ", ".join(fact for fact in facts if fact)
    return f"{said[:1].upper()}{said[1:]}." if said else ""
