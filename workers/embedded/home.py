"""The state folder: who may enter it, where sockets lie, and the passwords made for it.

1. A password is made once and never changed: the database knows it too. So it is on the disk before the database is.
2. A password file is whole or not there, and only we can read it.
3. Sockets have short paths: the kernel takes 107 bytes, and would cut a longer one without a word.
4. Only an empty folder is opened for the service user; a folder with something in it is never given other rights.
"""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data import embedded_urls
from data.durable import flush_folder
from workers.embedded.service_user import ServiceUser, closed_folder, give
from workers.errors import HomeUnusable

SOCKET_PATH_BYTES = 100
PASSWORDS = (embedded_urls.SUPERUSER, embedded_urls.OWNER_ROLE, embedded_urls.APP_ROLE, "redis")


def make(home: Path, user: ServiceUser | None) -> None:
    """Make the state folder itself, with rights that let `user` through to what is its own; may be repeated.

    Raises:
        HomeUnusable: its path is too long, it cannot be made or written, or `user` cannot reach it.
    """
    check_path(home)
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    check_reachable(nearest if nearest != home or _filled(home) else home.parent, user)
    with _explained(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not _filled(home):
            home.chmod(0o711 if user else 0o700)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no right to write there", str(home))


def prepare(home: Path, user: ServiceUser | None) -> None:
    """Make the folders, the passwords and the rights that the embedded servers need; may be repeated.

    Raises:
        HomeUnusable: the path is too long, cannot be written, or `user` cannot reach it.
    """
    make(home, user)
    with _explained(home):
        _make_folders(home, user)
        for name in PASSWORDS:
            _make_password(embedded_urls.password_file(home, name))
    check_reachable(home, user)


def check_path(home: Path) -> None:
    """Raise HomeUnusable when a socket's path would be longer than the kernel takes, or reads as two in a URL."""
    if "," in str(home):
        raise HomeUnusable(f"the state folder's path may hold no comma: {home}; set MARKSIGHT_HOME to another folder")
    length = len(os.fsencode(embedded_urls.postgres_socket(home)))
    if length > SOCKET_PATH_BYTES:
        raise HomeUnusable(
            f"the state folder's path is too long for sockets by {length - SOCKET_PATH_BYTES} bytes: {home}; "
            "set MARKSIGHT_HOME to a shorter path"
        )


def check_reachable(home: Path, user: ServiceUser | None) -> None:
    """Raise HomeUnusable when `user` may not enter the state folder, naming the folder that is closed."""
    closed = closed_folder(home, user) if user else None
    if user and closed:
        raise HomeUnusable(
            f"the service user {user.name} may not enter {closed}, so the bundled servers cannot run there; "
            f"set MARKSIGHT_HOME elsewhere, run Marksight as an ordinary user, or: chmod o+x {closed}"
        )


def _filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


@contextmanager
def _explained(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HomeUnusable(
            f"the state folder {home} cannot be used ({error.strerror}: {error.filename}); "
            "free it, or set MARKSIGHT_HOME to a folder of yours"
        ) from error


def _make_folders(home: Path, user: ServiceUser | None) -> None:
    for name in ("secrets", "logs"):
        (home / name).mkdir(exist_ok=True, mode=0o700)
    run = embedded_urls.run_folder(home)
    run.mkdir(exist_ok=True, mode=0o700)
    give(run, user)


def _make_password(path: Path) -> None:
    if path.exists():
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it readable by us alone
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
    flush_folder(path.parent)
    flush_folder(path.parent.parent)
