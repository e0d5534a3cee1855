"""The user as whom the embedded servers run.

PostgreSQL refuses to run as root. When Marksight itself runs as root, its embedded servers run as `nobody`, who exists
on every machine and owns nothing else; whoever shares that user with other services should run Marksight as a user of
its own instead. When Marksight does not run as root, everything runs as the same user.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

NAME = "nobody"


@dataclass(frozen=True)
class ServiceUser:
    """A user of this machine, by the ids that files and processes carry."""

    name: str
    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """Return the user for the embedded servers, or None when they run as the user we are.

    Raises:
        KeyError: we are root and the machine knows no `nobody`.
    """
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(NAME)
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def closed_folder(path: Path, user: ServiceUser) -> Path | None:
    """Return the outermost folder on the way to `path` (itself included) that `user` may not enter, or None."""
    resolved = path.resolve()
    for folder in (*reversed(resolved.parents), resolved):
        if not _may_enter(folder.stat(), user):
            return folder
    return None


def give(path: Path, user: ServiceUser | None) -> None:
    """Make `user` the owner of `path`; without a user, it stays ours."""
    if user is not None:
        os.chown(path, user.uid, user.gid)


def _may_enter(status: os.stat_result, user: ServiceUser) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
