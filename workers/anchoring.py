"""Anchoring: where every chain of the audit trail has come to is kept outside the database, on a schedule.

1. The relay does it every `audit_anchor_s`, if anything is new; `marksight audit anchor` does it now. Any number may
   at once: of two who write the same number one is told so, and looks again.
2. The chain of anchors goes on from the last that lies in the place. Where that is of another database, or one that
   was written from here is gone or another, nothing is written until somebody says that this is explained (`go_on`).
3. A trail that has gone back behind its last anchor is anchored all the same: an anchor is a witness, not a judge. The
   log says it, and `doctor`; `marksight audit verify` says what is missing.
4. Webhooks are told of the newest anchor, once or more often, and until they answer; those they missed meanwhile are
   vouched for by it.
5. What fails is said once, noted for `doctor`, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.exc import SQLAlchemyError

from core.audit_anchor import Anchor, anchor_of, behind, digest_of
from core.audit_chain import START
from core.errors import AnchorInvalid, MarksightError
from data.anchors import AnchorPlace, open_place
from data.database import Database
from data.errors import AnchorError, AnchorsUnfit, AnchorTaken
from data.outage import AWAY
from data.queries import audit_source
from data.queries.audit_source import AuditSource
from data.urls import anchor_url, anchor_webhooks
from workers import anchor_notes
from workers.anchor_notes import AnchorNotes
from workers.composition import Services

log = logging.getLogger(__name__)

AGAIN_S = 60.0
"""After a failure."""
TRIES = 5
"""Each time somebody else was quicker."""

VERIFY = "see: marksight audit verify"
GO_ON = "Where that is explained (a restored or upgraded database), say so once: marksight audit anchor --go-on"


@dataclass(frozen=True)
class Lying:
    """The bytes that lie in a place under a number."""

    number: int
    data: bytes

    @cached_property
    def anchor(self) -> Anchor | None:
        """The anchor that they are, or None where they are none."""
        try:
            return anchor_of(self.data)
        except AnchorInvalid:
            return None


async def newest(place: AnchorPlace) -> Lying | None:
    """Return what lies under the greatest number, or None where nothing does.

    Raises:
        AnchorError: it cannot be read.
    """
    numbers = await place.numbers()
    return Lying(numbers[-1], await place.read(numbers[-1])) if numbers else None


async def source_of(database: Database) -> AuditSource:
    """Return what there is to anchor, as of one moment."""
    async with database.snapshot() as session:
        return await audit_source.source(session)


def unfit(place: AnchorPlace, last: Lying | None, source: AuditSource, notes: AnchorNotes) -> str:
    """Return why nothing can go on from the last anchor in a place, in words; empty where it can."""
    if notes.place == place.name and notes.number:
        if last is None or last.number < notes.number:
            return f"Anchor {notes.number}, which was written from here, is not in {place.name} any more."
        if last.number == notes.number and digest_of(last.data).hex() != notes.sha256:
            return f"Anchor {last.number} in {place.name} is not what was written from here."
    if last is not None and last.anchor is None:
        return f"Anchor {last.number} in {place.name} is damaged."
    if last is not None and last.anchor is not None and not _is_of(last.anchor, source):
        whose = f"{last.anchor.database} (system {last.anchor.system})"
        return f"The anchors in {place.name} are of another database, {whose}."
    return ""


async def anchor(services: Services, *, go_on: bool = False) -> Anchor | None:
    """Keep an anchor now; return it, or None where nothing is new since the last.

    Raises:
        AnchorsUnfit: what lies in the place is not of this database or not what was written, and `go_on` was not said.
        AnchorError: it cannot be kept.
    """
    place, home = open_place(anchor_url(services.settings)), services.settings.home
    for _ in range(TRIES):
        notes = anchor_notes.read(home)  # before the place: what is noted by then must lie there
        last, source = await newest(place), await source_of(services.database)
        why = "" if go_on else unfit(place, last, source, notes)
        if why:
            raise AnchorsUnfit(f"{why} Nothing was anchored; {VERIFY}. {GO_ON}")
        made = _next(last, source, services.clock())
        if made is None:
            return None
        if await _is_kept(place, made):
            digest = digest_of(made.to_bytes()).hex()
            noted = replace(anchor_notes.read(home), place=place.name, number=made.number, sha256=digest)
            anchor_notes.write(home, noted)
            _say_if_behind(source, last)
            return made
    raise AnchorError(f"Others were quicker {TRIES} times to write the next anchor in {place.name}.")


async def tell_webhooks(services: Services) -> None:
    """Tell each webhook of the newest anchor, if it was not told from here.

    Raises:
        AnchorError: one of them does not take it; the others were told.
    """
    urls = anchor_webhooks(services.settings)
    last = await newest(open_place(anchor_url(services.settings))) if urls else None
    if last is None:
        return
    from data.anchor_webhook import AnchorWebhook  # noqa: PLC0415  # it loads a client of HTTP, which few need

    hooks = [AnchorWebhook(url) for url in urls]
    digest, failures = digest_of(last.data).hex(), []
    notes = anchor_notes.read(services.settings.home)
    told = {hook.key: notes.told.get(hook.key, "") for hook in hooks}
    for hook in hooks:
        try:
            if told[hook.key] != digest:
                await hook.tell(last.data)
                told[hook.key] = digest
        except AnchorError as error:
            failures.append(str(error))
    if told != notes.told:
        anchor_notes.write(services.settings.home, replace(anchor_notes.read(services.settings.home), told=told))
    if failures:
        raise AnchorError(" ".join(failures))


async def for_ever(services: Services, *, again_s: float = AGAIN_S) -> None:
    """Keep anchors when they are due; what fails is said once, noted, and tried again after `again_s`."""
    failure = ""
    while True:
        try:
            wait_s = await _turn(services)
        except (MarksightError, SQLAlchemyError, *AWAY) as error:
            wait_s, said = again_s, (str(error).strip() or type(error).__name__).splitlines()[0]
            if not failure:  # what it says of times and ports differs every time
                log.warning("the audit trail is not anchored, and it is tried again every %g s: %s", again_s, said)
            failure = said
        else:
            if failure:
                log.info("the audit trail is anchored again")
            failure = ""
        _note_failure(services, failure)
        await asyncio.sleep(wait_s)


async def _turn(services: Services) -> float:
    """Keep an anchor if it is time, and tell webhooks; return after how many seconds it is time again."""
    every_s = services.settings.audit_anchor_s
    wait_s = _due_in_s(await newest(open_place(anchor_url(services.settings))), services.clock(), every_s)
    if wait_s <= 0:
        wait_s, made = every_s, await anchor(services)
        if made is not None:
            log.info("%s is kept", made.title)
    await tell_webhooks(services)
    return wait_s


def _due_in_s(last: Lying | None, now: datetime, every_s: float) -> float:
    """Return after how long the next anchor is due; one of the future, of a clock that was wrong, puts nothing off."""
    if last is None or last.anchor is None:
        return 0.0
    age_s = (now - last.anchor.at).total_seconds()
    return every_s - age_s if 0 <= age_s < every_s else 0.0


def _next(last: Lying | None, source: AuditSource, now: datetime) -> Anchor | None:
    """Return the anchor that follows the last one, or None where it would say nothing new."""
    known = last.anchor if last is not None else None
    is_same = known is not None and _is_of(known, source) and known.heads == source.heads
    if is_same or (last is None and not source.heads):
        return None
    number, before = (1, START) if last is None else (last.number + 1, digest_of(last.data))
    return Anchor(number, now, source.database, source.system, source.entry_id, before, source.heads)


def _is_of(known: Anchor, source: AuditSource) -> bool:
    return (known.database, known.system) == (source.database, source.system)


async def _is_kept(place: AnchorPlace, made: Anchor) -> bool:
    """Keep an anchor, unless another has its number; one whose answer was lost on the way is found to be there."""
    try:
        await place.add(made.number, made.to_bytes())
    except AnchorTaken:
        return await place.read(made.number) == made.to_bytes()
    return True


def _say_if_behind(source: AuditSource, last: Lying | None) -> None:
    if last is None or last.anchor is None:
        return
    words = behind(source.heads, last.anchor.heads)
    if words:
        log.error("the audit trail is behind %s: %s; %s", last.anchor.title, words, VERIFY)


def _note_failure(services: Services, failure: str) -> None:
    home = services.settings.home
    notes = anchor_notes.read(home)
    if notes.failure != failure:
        since = services.clock().isoformat(timespec="seconds") if failure else ""
        if not (failure and notes.failure):
            notes = replace(notes, since=since)
        anchor_notes.write(home, replace(notes, failure=failure))
