"""Taking small files of a watched folder several at a time; the rules are those of `workers.taking`.

What is not plainly to be taken (refused, not whole, gone, come before, not to be put away) is left for `take`, one by
one: so a bad file fails alone, and is told of in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.errors import ImageRefused
from data.errors import IdempotencyMismatch
from workers.composition import Services
from workers.intake_together import Arrival, accept_together, arrival
from workers.taking import File, Unfit, particulars_of, read, take_back

SLICE_FILES = 16
SLICE_BYTES = 16 << 20


def slices(files: Iterable[File]) -> Iterator[list[File]]:
    """Cut files, in their order, into those that are taken together: few, and of few bytes; a large one alone."""
    some: list[File] = []
    byte_count = 0
    for file in files:
        if some and (len(some) == SLICE_FILES or byte_count + file.seen.size > SLICE_BYTES):
            yield some
            some, byte_count = [], 0
        some.append(file)
        byte_count += file.seen.size
    if some:
        yield some


async def take_together(services: Services, files: Sequence[File]) -> list[File]:
    """Have those files inspected that are plainly to be taken, and put them away; return them.

    Raises:
        AWAY, StoreError, SpoolFull: none is kept, or what is will be known again; take them one by one.
    """
    looked_at = await asyncio.to_thread(lambda: [_look_at(services, file) for file in files])
    plain = {id(found): file for file, found in zip(files, looked_at, strict=True) if found is not None}
    if len(plain) < 2:
        return []
    accepted = await accept_together(services, [found for found in looked_at if found is not None])
    kept = [plain[id(found)] for found in accepted]
    await take_back(services, *kept)
    return await asyncio.to_thread(_put_away, services, kept)


def _look_at(services: Services, file: File) -> Arrival | None:
    try:
        particulars = particulars_of(services, file)
        data = read(services, file)
        if data is None:
            return None
        return arrival(services, data, replace(particulars, idempotency_key=file.key(data).hex()))
    except (Unfit, ImageRefused, IdempotencyMismatch):
        return None


def _put_away(services: Services, files: Sequence[File]) -> list[File]:
    """Put files away; return those for which that did not fail."""
    day = services.clock().date().isoformat()
    away = []
    for file in files:
        try:
            file.folder.put_away(file.name, file.seen, "done", day)
        except OSError:
            continue
        away.append(file)
    return away
