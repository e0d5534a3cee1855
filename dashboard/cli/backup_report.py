"""What `marksight backup` and `marksight restore` print: in words and as JSON, and how far they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data.backup_manifest import Manifest
    from workers.backing_up import BackedUp, Tell
    from workers.backup_checking import Checked
    from workers.backup_keeping import Removed
    from workers.restoring import Restored

AGAIN = (
    "A file of a table or a list that is damaged makes its backup useless. A picture is copied anew by the next backup "
    "once it is removed from there, while the image store has it."
)


@contextmanager
def progress() -> Iterator[Tell]:
    """Show what is being done and how far it is, where somebody looks on."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Beginning", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


def summary(name: str, manifest: Manifest) -> dict[str, Any]:
    """Return a backup for machines."""
    return {
        "name": name,
        "made_at": manifest.made_at.isoformat(),
        **asdict(manifest.origin),
        "rows": manifest.rows,
        "inspections": manifest.rows_of("inspections"),
        "blobs": manifest.blob_count,
        "blob_bytes": manifest.blob_bytes,
        "anchors": len(manifest.anchors),
        "spooled": len(manifest.files),
        "lacking": [asdict(each) for each in manifest.lacking],
    }


def made_document(made: BackedUp, removed: Removed, remarks: list[str]) -> dict[str, Any]:
    """Return what came of making a backup, for machines."""
    copied = {"manifest_sha256": made.sha256, "copied": made.copied, "copied_bytes": made.copied_bytes}
    said = [*remarks, removed.remark] if removed.remark else remarks
    return {**summary(made.name, made.manifest), **copied, "removed": asdict(removed), "remarks": said}


def made_lines(made: BackedUp, removed: Removed, remarks: list[str]) -> Iterator[str]:
    """Yield what came of making a backup, for people."""
    manifest = made.manifest
    yield from (f"✗ {each.words}" for each in manifest.lacking)
    yield from (f"• {each}" for each in (*remarks, removed.remark) if each)
    if removed.names or removed.blobs:
        gone = f"{len(removed.names)} older removed, with {removed.blobs:,} pictures and files that only they needed"
        yield f"  {gone} ({size(removed.byte_count)})"
    new = f"{made.copied:,} new, {size(made.copied_bytes)}"
    held = f"{manifest.rows:,} rows, {manifest.blob_count:,} pictures and files ({size(manifest.blob_bytes)}; {new})"
    how = f"all but {len(manifest.lacking)} pictures that the image store lacks" if manifest.lacking else "whole"
    yield f"{'✗' if manifest.lacking else '✓'} backup {made.name} is {how}: {held}"
    yield f"  SHA-256 of its manifest: {made.sha256}"


def checked_lines(checked: Checked) -> Iterator[str]:
    """Yield what came of checking a backup, for people."""
    yield from (f"✗ {fault}" for fault in checked.faults)
    if checked.manifest is not None:
        lacking = checked.manifest.lacking
        yield from (f"• the image store lacked it when the backup was made: {each.words}" for each in lacking)
    read = f"{checked.files} files, {checked.blobs:,} pictures and files of the state folder"
    if checked.holds:
        yield f"✓ backup {checked.name}: {read}: all is as it was written"
        return
    count = len(checked.faults)
    yield f"✗ backup {checked.name}: {read}: {count} {'fault' if count == 1 else 'faults'}. {AGAIN}"


def restored_document(restored: Restored) -> dict[str, Any]:
    """Return what came of a restore, for machines."""
    return {
        **summary(restored.name, restored.manifest),
        "restored": not restored.faults,
        "pictures_put": restored.put.pictures,
        "pictures_there": restored.put.there,
        "entries_verified": restored.verified.entries,
        "anchors_passed": restored.verified.anchors,
        "anchored": restored.anchored.number if restored.anchored else None,
        "faults": list(restored.faults),
        "remarks": restored.remarks,
    }


def restored_lines(restored: Restored) -> Iterator[str]:
    """Yield what came of a restore, for people."""
    manifest, put, verified = restored.manifest, restored.put, restored.verified
    yield from (f"✗ {fault}" for fault in restored.faults)
    yield from (f"• {remark}" for remark in restored.remarks)
    trail = f"{verified.entries:,} entries in {verified.chains} chains, {len(manifest.anchors):,} anchors"
    yield f"{'✗' if verified.faults or restored.anchor_faults else '✓'} audit trail: {trail}"
    if restored.anchored is not None:
        yield f"  {restored.anchored.title} is kept, of the restored database"
    rows = f"{manifest.rows:,} rows ({manifest.rows_of('inspections'):,} inspections)"
    pictures = f"{put.pictures:,} pictures put back, {put.there:,} were there, {put.files:,} files of the state folder"
    sign = "✗" if restored.faults else "✓"
    yield f"{sign} restored {restored.name}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC: {rows}; {pictures}"
    yield "  Everybody signs in anew. People and tokens are as they were then: see: marksight token list"


def size(byte_count: int) -> str:
    """Return a number of bytes as people say it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if byte_count >= factor:
            return f"{byte_count / factor:.1f} {unit}"
    return f"{byte_count} B"
