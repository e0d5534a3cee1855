"""The spool: what was taken in while the database was away, kept in files of the state folder until it is written.

1. A record is one file, named by the id of the inspection that it will be: written under another name, flushed,
   renamed, and the folder flushed. Once `add` returns, it survives the death of the process and the machine.
2. It holds no picture. That lies in the image store before; `addresses` are those which nobody may collect meanwhile.
3. A request that comes again under its key, with the same bytes, gets the id it got: `keys` remembers it until long
   after the record was caught up with. A record is removed last, so a crash repeats a step and skips none. So does a
   request that went into the database a moment ago get its id, whose sender was not told (`workers.spool_notes`).
4. There is a bound, over all processes of one state folder; beyond it nothing is taken.
5. What is no record, or a damaged one, is moved into `aside` and said; nothing here is ever thrown away unread. What
   cannot be read at all stays, and holds nothing up.
6. Records of one `line` are written one after another, and what comes in of it later waits behind them (`holds`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from data.errors import IdempotencyMismatch, StoreError, StoreFull
from data.folder_store import FULL
from workers.errors import SpoolFull
from workers.spool_notes import Notes

VERSION = 1
ENDING = ".json"
COME_BACK_S = 30
KEYS_KEPT_S = 7 * 24 * 3600.0
DAMAGE = (ValueError, KeyError, TypeError, AttributeError)
"""What is raised by reading something that is no record."""

log = logging.getLogger(__name__)

Document = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """The idempotency key of a caller, with the digest of the request that it came with."""

    caller: str
    name: str
    digest: str

    @property
    def file_name(self) -> str:
        """The name under which it is remembered."""
        return hashlib.sha256(json.dumps([self.caller, self.name]).encode()).hexdigest() + ENDING


@dataclass(frozen=True)
class Record:
    """One inspection that is to be: when its picture came in, how many bytes its pictures have, and all that was said.

    `said` is what `workers.intake` needs to write it: a JSON object, with the pictures' `addresses` in it. `line` names
    what it must keep its place among; None: nothing.
    """

    id: UUID
    came_at: datetime
    captured_at: datetime
    byte_count: int
    said: Document
    key: Key | None = None
    line: str | None = None

    def __post_init__(self) -> None:
        if self.came_at.tzinfo is None or self.captured_at.tzinfo is None:
            raise ValueError(f"expected times with their zones, got {self.came_at!r} and {self.captured_at!r}")


@dataclass(frozen=True)
class Usage:
    """How much lies in a spool: records, the bytes of their pictures, and files that were moved aside."""

    items: int
    byte_count: int
    aside: int


class Spool:
    """The spool in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path, *, max_items: int, max_bytes: int) -> None:
        self.max_items, self.max_bytes = max_items, max_bytes
        self._folder, self._keys, self._aside = folder, folder / "keys", folder / "aside"
        self.notes = Notes(folder / "notes")
        self._known_records: dict[str, _Told] = {}
        self._last: dict[str, str] = {}
        self._unreadable: set[str] = set()
        self._here = threading.Lock()

    @property
    def aside(self) -> Path:
        """Where damaged records lie."""
        return self._aside

    def add(self, record: Record) -> UUID:
        """Keep a record; return its id, or the one that the same request got before.

        Raises:
            SpoolFull: the bound is reached; nothing was kept.
            IdempotencyMismatch: the key came with another request.
            StoreFull: the disk is full; nothing was kept.
            StoreError: the folder cannot be written to.
        """
        try:
            self._make()
            with self._locked():
                return self._add(record)
        except OSError as error:
            kind = StoreFull if error.errno in FULL else StoreError
            raise kind(f"Nothing can be spooled in {self._folder}: {error.strerror or error}.") from error

    def waiting(self) -> list[Record]:
        """Return the records in the order of their capture; what is none is moved aside, the unreadable left."""
        found = [self._read(name) for name in self._names()]
        return sorted((record for record in found if record), key=lambda record: (record.captured_at, record.id))

    def get(self, record_id: UUID) -> Record | None:
        """Return the record of an inspection that is to be, or None."""
        name = f"{record_id}{ENDING}"
        return self._read(name) if (self._folder / name).is_file() else None

    def waits_under(self, key: Key) -> UUID | None:
        """Return the inspection that the same request is to be, while its record waits here.

        Raises:
            IdempotencyMismatch: the key came with another request.
        """
        known = self._known(key)
        return UUID(known["id"]) if known and (self._folder / f"{known['id']}{ENDING}").is_file() else None

    def holds(self, line: str) -> bool:
        """Tell whether a record of a line waits here, which what comes in of it now must not overtake."""
        last = self._last.get(line)  # written last of those that were seen: while it is there, nobody has to look
        if last is not None and (self._folder / last).exists():
            return True
        with self._here:
            self._look()
            self._last = {told.line: name for name, told in self._known_records.items() if told.line is not None}
            return line in self._last

    def done(self, record: Record) -> None:
        """Remove a record that the database holds; its key is still remembered for a week."""
        with self._locked():
            if record.key is not None:
                with suppress(OSError):  # the disk is full; the key is bound to this id as it is, which is written once
                    _write(self._keys / record.key.file_name, _known(record, done=True), durable=False)
            (self._folder / f"{record.id}{ENDING}").unlink(missing_ok=True)

    def set_aside(self, record_id: UUID) -> None:
        """Move a record out of the way that cannot be written in any form."""
        self._move_aside(f"{record_id}{ENDING}")

    def usage(self) -> Usage:
        """Return how much lies here."""
        with self._here:
            self._look()
            aside = sum(1 for _ in self._aside.iterdir()) if self._aside.is_dir() else 0
            told = self._known_records.values()
            return Usage(len(told), sum(each.byte_count for each in told), aside)

    def addresses(self) -> set[str]:
        """Return the addresses of all pictures that records name, damaged ones and those moved aside too.

        Raises:
            OSError: some cannot be read, and so nobody knows.
        """
        named: set[str] = set()
        for file in (*(self._folder / name for name in self._names()), *self._aside.glob(f"*{ENDING}")):
            with suppress(FileNotFoundError, *DAMAGE):
                named.update(map(str, json.loads(file.read_bytes())["record"]["said"]["addresses"]))
        return named

    def forget_old_keys(self) -> int:
        """Forget the keys that nobody will repeat any more; return how many."""
        before, gone = time.time() - KEYS_KEPT_S, 0
        waiting = {record.key.file_name for record in self.waiting() if record.key}
        for file in self._keys.glob(f"*{ENDING}"):
            with suppress(FileNotFoundError):
                if file.name not in waiting and file.stat().st_mtime < before:
                    file.unlink()
                    gone += 1
        return gone

    @contextmanager
    def catching_up(self) -> Iterator[bool]:
        """Be the one process that catches up, while the context lasts; False where another is."""
        descriptor = os.open(self._folder / ".catching-up", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            yield _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def _add(self, record: Record) -> UUID:
        known = self._known(record.key) if record.key else None
        if known is not None:
            record = replace(record, id=UUID(known["id"]))
            if known["done"] or (self._folder / f"{record.id}{ENDING}").is_file():
                return record.id
        elif record.key is not None:
            record = replace(record, id=self.notes.find(record.key) or record.id)
        self._check_room(record)
        if record.key is not None and known is None:
            _write(self._keys / record.key.file_name, _known(record, done=False))
        _write(self._folder / f"{record.id}{ENDING}", _sealed(_document(record)))
        return record.id

    def _known(self, key: Key) -> Document | None:
        """Return what a key was used for, or None.

        Raises:
            IdempotencyMismatch: for another request.
        """
        try:
            known = cast("Document", json.loads((self._keys / key.file_name).read_bytes()))
        except (FileNotFoundError, ValueError):
            return None
        if known["digest"] != key.digest:
            raise IdempotencyMismatch(f"The idempotency key {key.name!r} was used before, with another request.")
        return known

    def _check_room(self, record: Record) -> None:
        used = self.usage()
        if used.items >= self.max_items or used.byte_count + record.byte_count > self.max_bytes:
            raise SpoolFull(
                f"{used.items:,} pictures of {used.byte_count:,} bytes wait for the database already, which is away or "
                f"was; no more are taken. Send this one again in {COME_BACK_S} s.",
                COME_BACK_S,
            )

    def _make(self) -> None:
        for folder in (self._folder, self._keys, self._aside):  # the last is made while there is room for it
            if not folder.is_dir():
                folder.mkdir(mode=0o750, parents=True, exist_ok=True)
                _flush(folder.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only one, of all processes, who changes something here; for a moment."""
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _names(self) -> list[str]:
        """Return the names of the records; a hidden one is being written, or was when its writer died."""
        try:
            names = os.listdir(self._folder)  # noqa: PTH208  # of thousands, for many a picture that comes in
        except FileNotFoundError:
            return []
        return sorted(name for name in names if name.endswith(ENDING) and not name.startswith("."))

    def _look(self) -> None:
        """Read the records that were not seen before, and forget those that are gone."""
        known = self._known_records
        self._known_records = {name: known[name] if name in known else self._tell(name) for name in self._names()}

    def _tell(self, name: str) -> _Told:
        record = self._read(name)
        return _Told(record.byte_count, record.line) if record else _Told(0, None)

    def _read(self, name: str) -> Record | None:
        try:
            return _record(name, (self._folder / name).read_bytes())
        except FileNotFoundError:  # another process was done with it
            return None
        except OSError as error:  # another user's, or the disk: it may be readable later, or by another process
            if name not in self._unreadable:
                log.error("%s in %s cannot be read, and waits: %s", name, self._folder, error)
            self._unreadable.add(name)
            return None
        except DAMAGE as error:
            log.error("%s in %s is no record of the spool, and is moved aside: %s", name, self._folder, error)
            self._move_aside(name)
            return None

    def _move_aside(self, name: str) -> None:
        self._aside.mkdir(mode=0o750, exist_ok=True)
        with suppress(FileNotFoundError):
            (self._folder / name).rename(self._aside / f"{time.time_ns()}-{name}")


@dataclass(frozen=True)
class _Told:
    """What is remembered of a record that was read."""

    byte_count: int
    line: str | None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _document(record: Record) -> Document:
    key = record.key
    return {
        "id": str(record.id),
        "came_at": record.came_at.isoformat(),
        "captured_at": record.captured_at.isoformat(),
        "byte_count": record.byte_count,
        "said": record.said,
        "key": None if key is None else [key.caller, key.name, key.digest],
        "line": record.line,
    }


def _known(record: Record, *, done: bool) -> Document:
    return {"id": str(record.id), "digest": record.key.digest if record.key else "", "done": done}


def _sealed(document: Document) -> Document:
    """Return a document with the digest of what is in it, so that a damaged one is known."""
    return {"version": VERSION, "sha256": _digest(document), "record": document}


def _digest(document: Document) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _record(name: str, data: bytes) -> Record:
    sealed = json.loads(data)
    document = sealed["record"]
    if sealed["version"] != VERSION or sealed["sha256"] != _digest(document):
        raise ValueError("it is damaged, or of another version")
    if name != f"{document['id']}{ENDING}":
        raise ValueError("it is not named as it says")
    if not isinstance(document["said"]["addresses"], list):
        raise TypeError("it does not say where its pictures lie")
    return Record(
        id=UUID(document["id"]),
        came_at=datetime.fromisoformat(document["came_at"]),
        captured_at=datetime.fromisoformat(document["captured_at"]),
        byte_count=int(document["byte_count"]),
        said=document["said"],
        key=Key(*document["key"]) if document["key"] else None,
        line=document.get("line"),  # which those that were spooled by an older program do not say
    )


def _write(path: Path, document: Document, *, durable: bool = True) -> None:
    """Put a document at `path`, whole and, if so wanted, durable; what fails leaves nothing."""
    new = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(document).encode())
            file.flush()
            if durable:
                os.fsync(descriptor)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
    if durable:
        _flush(path.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
