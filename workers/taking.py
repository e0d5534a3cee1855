"""Taking a file of a watched folder: from its name and its bytes to an inspection, or to a refusal that says why.

1. A file is inspected once, whatever is killed: its idempotency key is made of station, name, size, time of change and
   bytes; so one that was taken and not yet put away is known again.
2. It is refused in the database first, under a key of its own, and put away then: refused twice, it counts once. One
   that is mended, put back and taken counts as refused no more.
3. What may yet be whole (`MAY_YET_BE_WHOLE`) is said to be unfinished, for who watches to wait.
4. While neither database nor store can keep it, it stays where it is (`AWAY`, `StoreError`, `SpoolFull` are raised).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from core.errors import ImageRefused, MarksightError, NameUnfit
from core.naming import Named, NamingRule
from data.errors import (
    IdempotencyMismatch,
    LotDisagrees,
    LotNotOpen,
    NotFound,
    NothingPublished,
    PartAmbiguous,
    StoreError,
)
from data.outage import is_away
from data.queries.watched import Watch
from data.repositories.watched import Refusal
from workers.composition import Services
from workers.drop_folder import DropFolder, Sighting
from workers.errors import SpoolFull
from workers.intake import Particulars, accept

CALLER = "watched folder"
MAX_FILE_NAME = 200

Outcome = Literal["taken", "refused", "gone"]

MAY_YET_BE_WHOLE = {"not-an-image", "image-truncated"}
"""Refusals of a picture that more bytes may undo: network drives show a file's length before its bytes."""

REMEDIES: dict[str, str] = {
    "name-unfit": "Name files as the station's naming rule says, or change the rule; then move the file back.",
    "station-differs": "Drop it in the folder of its own station.",
    "not-an-image": "Send JPEG, PNG, WebP, BMP or TIFF.",
    "image-truncated": "Copy it again, whole.",
    "image-too-large": "Send a smaller picture, or raise MARKSIGHT_MAX_IMAGE_BYTES; then move the file back.",
    "image-too-many-pixels": "Send a smaller picture, or raise MARKSIGHT_MAX_IMAGE_PIXELS; then move the file back.",
    "unreadable": "Let the user that runs Marksight read it, then move it back.",
    "reference-unknown": "Correct the recipe of the watched folder, or make what is missing; then move the file back.",
    "nothing-published": "Publish the recipe, then move the file back.",
    "part-ambiguous": "Name the recipe of the watched folder instead of its part number; then move the file back.",
    "lot-not-open": "Correct the lot in the file's name, or start another lot; then move the file back.",
    "lot-disagrees": "Correct the lot in the file's name, or the folder's recipe; then move the file back.",
    "came-before": "It was inspected before with other particulars; to inspect it again, give it another name.",
}
ANY_REMEDY = "Mend what is said above, then move the file back into the folder."

_CODES: dict[type[MarksightError], str] = {
    NotFound: "reference-unknown",
    NothingPublished: "nothing-published",
    PartAmbiguous: "part-ambiguous",
    LotNotOpen: "lot-not-open",
    LotDisagrees: "lot-disagrees",
    IdempotencyMismatch: "came-before",
}


@dataclass(frozen=True)
class File:
    """A file of a watched folder, as it was seen."""

    watch: Watch
    folder: DropFolder
    rule: NamingRule
    name: str
    seen: Sighting

    @property
    def shown(self) -> str:
        """Its name as it can be written down anywhere."""
        return self.name.encode("utf-8", "replace").decode()

    def key(self, data: bytes | None = None) -> bytes:
        """Return what tells it from every other file: of its bytes too, where they are given."""
        told = [str(self.watch.station_id), self.shown, self.seen.size, self.seen.mtime_ns]
        content = [] if data is None else [hashlib.sha256(data).hexdigest()]
        return hashlib.sha256(json.dumps([*told, *content]).encode()).digest()


class Unfit(MarksightError):
    """A file cannot be taken in, for the reason `code`; `passing` where that may change by itself."""

    def __init__(self, code: str, detail: str, *, passing: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.passing = passing


async def take(services: Services, file: File) -> Outcome:
    """Have a file inspected, and put it away; or find it gone, or another.

    Raises:
        Unfit: it cannot be taken in; `refuse` it, or wait where that may pass.
        AWAY, StoreError, SpoolFull: nothing can be taken in now.
        OSError: it was taken in, and cannot be put away; to take it again is harmless.
    """
    particulars = particulars_of(services, file)
    data = await asyncio.to_thread(read, services, file)
    if data is None:
        return "gone"
    try:
        await accept(services, data, replace(particulars, idempotency_key=file.key(data).hex()))
    except ImageRefused as error:
        raise Unfit(error.code, error.detail, passing=error.code in MAY_YET_BE_WHOLE) from error
    except (StoreError, SpoolFull):
        raise
    except MarksightError as error:
        raise Unfit(
            next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), "unfit"), str(error)
        ) from error
    await take_back(services, file)
    day = services.clock().date().isoformat()
    await asyncio.to_thread(file.folder.put_away, file.name, file.seen, "done", day)
    return "taken"


async def refuse(services: Services, file: File, unfit: Unfit) -> Outcome:
    """Note that a file is refused, and put it away with a note that says why and what to do.

    Raises:
        AWAY: the database is away; the file stays.
        OSError: it cannot be moved.
    """
    refusal = Refusal(file.key(), file.watch.station_id, file.shown, unfit.code, str(unfit))
    async with services.database.unit_of_work() as work:
        await work.watched.refuse(refusal)
        await work.commit()
    remedy = REMEDIES.get(unfit.code, ANY_REMEDY)
    note = (
        f"{file.shown}\nwas refused at {services.clock():%Y-%m-%d %H:%M:%S %Z} ({unfit.code}).\n\n{unfit}\n{remedy}\n"
    )
    day = services.clock().date().isoformat()
    moved = await asyncio.to_thread(file.folder.put_away, file.name, file.seen, "refused", day, note)
    return "refused" if moved else "gone"


async def take_back(services: Services, *files: File) -> None:
    """Count files that were refused before as refused no more; not while the database is away."""
    try:
        async with services.database.unit_of_work() as work:
            await work.watched.take_back(*(file.key() for file in files))
            await work.commit()
    except Exception as error:
        if not is_away(error):
            raise


def read(services: Services, file: File) -> bytes | None:
    """Return the bytes of a file, or None where it is gone, or another.

    Raises:
        Unfit: it cannot be read, for now.
    """
    try:
        return file.folder.read(file.name, file.seen, services.settings.max_image_bytes)
    except OSError as error:
        raise Unfit(
            "unreadable", f"It cannot be read: {(error.strerror or str(error)).lower()}.", passing=True
        ) from error


def particulars_of(services: Services, file: File) -> Particulars:
    """Return what the name of a file, and its folder, say of its picture.

    Raises:
        Unfit: it is too large, or its name does not fit the rule.
    """
    limit = services.settings.max_image_bytes
    if file.seen.size > limit:
        raise Unfit("image-too-large", f"The file has {file.seen.size:,} bytes; at most {limit:,} are accepted.")
    said = _named(file)
    drop = file.watch.drop
    return Particulars(
        recipe=drop.recipe or None,
        station=file.watch.station,
        lot=said.lot,
        unit_serial=said.serial,
        carrier=said.carrier,
        row=said.row,
        column=said.column,
        trigger_number=said.trigger,
        file_name=PurePosixPath(file.shown).name[-MAX_FILE_NAME:],
        caller=CALLER,
    )


def _named(file: File) -> Named:
    path = file.name[: -len(PurePosixPath(file.name).suffix)] or file.name
    try:
        return file.rule.at(file.watch.station).read(path)
    except NameUnfit as error:
        other = _other_station(file.rule, path)
        if other is None:
            raise Unfit("name-unfit", str(error)) from error
    raise Unfit("station-differs", f"It is named for the station {other}; this is the folder of {file.watch.station}.")


def _other_station(rule: NamingRule, path: str) -> str | None:
    """Return the station that a path names which does not fit its folder's."""
    try:
        return rule.read(path).station
    except NameUnfit:
        return None
