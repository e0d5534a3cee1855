"""Checks of the anchors of the audit trail: can they be read and kept, are they ours, and are they young enough?"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from core.audit_anchor import behind
from data.anchor_folder import AnchorFolder
from data.anchors import AnchorPlace, open_place
from data.database import Database
from data.errors import AnchorError
from data.outage import AWAY
from data.queries import audit_source
from data.queries.audit_source import AuditSource
from data.settings import Settings
from data.urls import anchor_url, app_url
from workers import anchor_notes
from workers.anchor_notes import AnchorNotes
from workers.anchoring import GO_ON, Lying, newest, unfit
from workers.check_database import is_started
from workers.composition import utc_now
from workers.finding import Finding, note, ok, wrong

PERIODS = 3
"""Entries that wait so many periods for an anchor are too many."""

CHECK_URL = "check MARKSIGHT_AUDIT_ANCHOR_URL, the disk or the network, and who may read and write there"
VERIFY = "marksight audit verify"


async def check_anchors(settings: Settings) -> list[Finding]:
    """Is the audit trail anchored outside the database, and does it fit its last anchor?"""
    notes = anchor_notes.read(settings.home)  # before the place: what is noted by then must lie there
    try:
        place = open_place(anchor_url(settings))
        last = await newest(place)
    except AnchorError as error:
        return [wrong("anchors", str(error), CHECK_URL)]
    failing = [*_failing(notes), *_unwritable(place)]
    if settings.database_url is None and not is_started(settings):
        return failing or [ok("anchors", f"{_last(place, last)}; not compared, the database does not run")]
    database = Database(app_url(settings))
    try:
        return [*failing, *await _compared(settings, database, place, last, notes)]
    except AWAY:
        return failing or [note("anchors", f"{_last(place, last)}; not compared, the database does not answer")]
    finally:
        await database.close()


async def _compared(
    settings: Settings, database: Database, place: AnchorPlace, last: Lying | None, notes: AnchorNotes
) -> list[Finding]:
    async with database.snapshot() as session:
        source = await audit_source.source(session)
        known = last.anchor.entry_id if last is not None and last.anchor is not None else 0
        waiting = await audit_source.first_after(session, known)
    why = unfit(place, last, source, notes)
    if why:
        return [wrong("anchors", why, f"{VERIFY}. {GO_ON}")]
    return [_trail(source, last) or _age(settings, place, last, waiting)]


def _trail(source: AuditSource, last: Lying | None) -> Finding | None:
    words = behind(source.heads, last.anchor.heads) if last is not None and last.anchor is not None else ""
    if not words:
        return None
    mend = f"{VERIFY}; entries were removed or rewritten, or the database was put back to an earlier moment"
    return wrong("anchors", f"the audit trail is behind its last anchor: {words}", mend)


def _age(settings: Settings, place: AnchorPlace, last: Lying | None, waiting: datetime | None) -> Finding:
    """Judge by the first entry that waits for an anchor, not by the anchor: where nothing is new, none is written."""
    late = timedelta(seconds=settings.audit_anchor_s * PERIODS)
    if waiting is not None and utc_now() - waiting > late:
        found = f"{_last(place, last)}, and entries wait for the next since {waiting:%Y-%m-%d %H:%M} UTC"
        return wrong("anchors", found, "see that a relay lives, and its log; at once: marksight audit anchor")
    alone = "" if settings.audit_anchor_url else "; on this machine alone (MARKSIGHT_AUDIT_ANCHOR_URL names another)"
    return ok("anchors", f"{_last(place, last)}{alone}")


def _failing(notes: AnchorNotes) -> list[Finding]:
    return [wrong("anchors", f"since {notes.since}: {notes.failure}", CHECK_URL)] if notes.failure else []


def _unwritable(place: AnchorPlace) -> list[Finding]:
    """Look at a folder's rights; of a bucket only writing tells, which the relay does and notes."""
    if not isinstance(place, AnchorFolder):
        return []
    folder = next(each for each in (place.root, *place.root.parents) if each.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return []
    return [wrong("anchors", f"{folder} cannot be written, where anchors are to lie", CHECK_URL)]


def _last(place: AnchorPlace, last: Lying | None) -> str:
    if last is None:
        return f"none yet in {place.name}"
    return f"{last.anchor.title if last.anchor else f'anchor {last.number}'} is the last in {place.name}"
