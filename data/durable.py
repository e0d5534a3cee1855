"""What has to survive the loss of power: folders whose entries are on the disk, and files that are whole there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def flush_folder(folder: Path) -> None:
    """Bring the entries of a folder to the disk; what was renamed or made in it stays so from then on.

    Raises:
        OSError: the folder cannot be opened, or its disk failed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, each of them on the disk; one that is there is left as it is.

    Raises:
        OSError: one cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        flush_folder(each.parent)


def write_once(path: Path, data: bytes) -> None:
    """Make a file, for reading alone: there whole and on the disk when this returns, and not there at all before.

    A crash leaves nothing else than a hidden file `.<name>.<random>`.

    Raises:
        FileExistsError: something of that name is there; it is left as it is.
        OSError: it cannot be made.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()
    flush_folder(path.parent)
