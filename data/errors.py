"""What can go wrong with what is kept, as one tree.

MarksightError
└── DataError                    something kept, or to be kept, is not as it must be
    ├── NotFound                 nothing of that kind has that id or name
    ├── CursorInvalid            a list's cursor that was not made by this program
    ├── Conflict                 true of its own, but not together with what is there already
    │   ├── IdempotencyMismatch  the same key came with another request
    │   ├── DraftChanged         somebody else has saved the draft in the meantime
    │   ├── NameTaken            the name belongs to another recipe
    │   ├── AccountTaken         a person or a token is called so already, or so that they pass for each other
    │   ├── LastAdmin            nobody else could let people in
    │   ├── PlaceTaken           a site, a line or a station is called so already
    │   ├── PlaceAmbiguous       several lines are called so
    │   ├── PlaceInUse           something hangs on a site, a line or a station that is to be deleted
    │   ├── ChangedMeanwhile     what is to be changed is not any more what was read
    │   ├── NothingPublished     a recipe that has no published version to judge by
    │   ├── PartAmbiguous        several recipes judge that part number
    │   ├── LotNotOpen           the lot is closed
    │   ├── LotDisagrees         what is said of a part is not what its lot was started with
    │   ├── UploadBusy           another request is sending that file now
    │   ├── UploadIncomplete     files of a run are missing still, or it has none
    │   ├── UploadEnded          a file, or the run it belongs to, takes no bytes any more
    │   ├── UploadTooLong        more bytes of a file than were announced
    │   └── OffsetMismatch       bytes of a file that do not follow those that came before
    ├── DigestMismatch           bytes that are not those their sender said they were
    ├── FolderUnfit              a folder that cannot be watched
    ├── NobodyActs               something is to be written, and nobody said who writes it
    ├── AnchorError              anchors of the audit trail cannot be kept or read where they lie
    │   ├── AnchorTaken          one of that number lies there already
    │   └── AnchorsUnfit         what lies there is not of this database, or not what was written
    ├── BackupError              a backup cannot be made, read or put back
    │   ├── BackupFull           no room left where backups lie; what was copied stays
    │   └── BackupDamaged        what lies in a backup is not what was written there
    ├── MigrationFailed          the schema cannot be brought to where it must be
    └── StoreError               the image store cannot do what was asked
        ├── StoreFull            no room left; nothing was kept
        ├── BlobMissing          no picture lies at that address
        └── BlobDamaged          the bytes at an address are not those it names

None of them carries an HTTP status: `dashboard.api.errors` is the one place that knows those.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from core.errors import MarksightError


class DataError(MarksightError):
    """Something kept, or to be kept, is not as it must be."""


class NotFound(DataError):
    """Nothing of `kind` (recipe, inspection, ...) is called `reference`."""

    def __init__(self, kind: str, reference: object) -> None:
        super().__init__(f"There is no {kind} {reference!s}.")
        self.kind = kind
        self.reference = str(reference)


class CursorInvalid(DataError):
    """A list's cursor that was not made by this program."""


class Conflict(DataError):
    """True of its own, but not together with what is there already."""


class IdempotencyMismatch(Conflict):
    """The same idempotency key came with another request."""


class DraftChanged(Conflict):
    """Somebody else has saved the draft since it was read; read it again."""


class NameTaken(Conflict):
    """The name belongs to another recipe."""


class AccountTaken(Conflict):
    """A person or a token is called so already, or so that the two pass for each other."""


class LastAdmin(Conflict):
    """The only admin who can sign in would be one no more; then nobody could let people in."""


class PlaceTaken(Conflict):
    """A site, a line or a station is called so already: the one with the id `id`."""

    def __init__(self, detail: str, id_: UUID | None) -> None:
        super().__init__(detail)
        self.id = None if id_ is None else str(id_)


class PlaceAmbiguous(Conflict):
    """Several lines are called so, each of another site; one has to be named by its id."""


class PlaceInUse(Conflict):
    """Something hangs on a site, a line or a station that is to be deleted; `by` counts it, by its word."""

    def __init__(self, detail: str, by: Mapping[str, int]) -> None:
        super().__init__(detail)
        self.by = dict(by)


class ChangedMeanwhile(Conflict):
    """What is to be changed is not any more what was read; read it again."""


class NothingPublished(Conflict):
    """The recipe has no published version to judge by."""


class PartAmbiguous(Conflict):
    """Several recipes judge that part number; one has to be named."""


class LotNotOpen(Conflict):
    """The lot is closed and takes no more parts."""


class LotDisagrees(Conflict):
    """What is said of a part is not what its lot was started with."""


class LotInUse(Conflict):
    """Something came for a lot that is to be corrected or deleted."""


class UnitTaken(Conflict):
    """A unit of the lot is known so already: the one with the id `id`."""

    def __init__(self, detail: str, id_: UUID | None) -> None:
        super().__init__(detail)
        self.id = None if id_ is None else str(id_)


class UnitInUse(Conflict):
    """A unit that is to be deleted was inspected."""


class UploadBusy(Conflict):
    """Another request is sending that file now."""


class UploadIncomplete(Conflict):
    """A run cannot be completed: files of it are missing still, or it has none."""


class UploadEnded(Conflict):
    """A file, or the run it belongs to, takes no bytes any more: cancelled, given up, or complete."""


class UploadTooLong(Conflict):
    """More bytes of a file came than were announced."""


class OffsetMismatch(Conflict):
    """Bytes of a file do not follow those that came before, which are `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes of this file came so far; the next ones begin there.")
        self.offset = offset


class DigestMismatch(DataError):
    """Bytes are not those their sender said they were; they were thrown away."""


class FolderUnfit(DataError):
    """A folder cannot be watched; the message says why, and what fits."""


class NobodyActs(DataError):
    """Something is to be written, and nobody said at the door who writes it: a fault of the program."""


class AnchorError(DataError):
    """Anchors of the audit trail cannot be kept where they are to lie, or not be read there; the message says why."""


class AnchorTaken(AnchorError):
    """An anchor of that number lies there already, and stays."""


class AnchorsUnfit(AnchorError):
    """The anchors that lie there are not of this database, or not what was written there."""


class BackupError(DataError):
    """A backup cannot be made, read or put back; the message says why, and what to do."""


class BackupFull(BackupError):
    """There is no room left where backups lie; what was copied stays, and the next run goes on from there."""


class BackupDamaged(BackupError):
    """What lies in a backup is not what was written there; the message names it."""


class MigrationFailed(DataError):
    """The schema cannot be brought to where it must be; the message says what to do."""


class StoreError(DataError):
    """The image store cannot do what was asked."""


class StoreFull(StoreError):
    """There is no room left in the image store; nothing was kept."""


class BlobMissing(StoreError):
    """No picture lies at that address."""


class BlobDamaged(StoreError):
    """The bytes at an address are not those it names."""
