"""Where the embedded PostgreSQL and Valkey are found, given the state folder.

Both listen on Unix sockets in `<home>/run` alone. Passwords are made once, when the servers are first set up, and lie
in `<home>/secrets`, each in a file of its own that only the user who runs Marksight may read.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from core.errors import MarksightError

DATABASE = "marksight"
SUPERUSER = "postgres"
OWNER_ROLE = "marksight_owner"
APP_ROLE = "marksight_app"
REDIS_USER = "default"
PORT = 5432
"""No TCP port is opened; PostgreSQL names its socket file by it."""


class NeverStarted(MarksightError, FileNotFoundError):
    """The embedded servers were never set up in the state folder."""


def run_folder(home: Path) -> Path:
    """Return the folder of sockets and process state."""
    return home / "run"


def password_file(home: Path, role: str) -> Path:
    """Return the file that holds the password of `role`, one line."""
    return home / "secrets" / f"{role}.txt"


def postgres_socket(home: Path) -> Path:
    """Return PostgreSQL's socket."""
    return run_folder(home) / f".s.PGSQL.{PORT}"


def redis_socket(home: Path) -> Path:
    """Return Valkey's socket."""
    return run_folder(home) / "valkey.sock"


def database_url(home: Path) -> str:
    """Return `postgresql://` URL of the application's role, which owns nothing.

    Raises:
        NeverStarted: the embedded servers were never set up in `home`.
    """
    return postgres_url(home, APP_ROLE)


def owner_url(home: Path) -> str:
    """Return `postgresql://` URL of the role that owns and migrates the schema.

    Raises:
        NeverStarted: the embedded servers were never set up in `home`.
    """
    return postgres_url(home, OWNER_ROLE)


def redis_url(home: Path) -> str:
    """Return `unix://` URL of the embedded Valkey.

    Raises:
        NeverStarted: the embedded servers were never set up in `home`.
    """
    return f"unix://{REDIS_USER}:{_password(home, 'redis')}@{quote(str(redis_socket(home)))}"


def postgres_url(home: Path, role: str, database: str = DATABASE) -> str:
    """Return `postgresql://` URL of `role` on `database`, through the socket.

    Raises:
        NeverStarted: the embedded servers were never set up in `home`.
    """
    return f"postgresql://{role}:{_password(home, role)}@/{database}?host={quote(str(run_folder(home)), safe='')}"


def _password(home: Path, role: str) -> str:
    try:
        return quote(password_file(home, role).read_text(encoding="utf-8").strip(), safe="")
    except FileNotFoundError:
        raise NeverStarted(
            f"the bundled database and queue were never started in {home}; "
            "run marksight up, or set MARKSIGHT_HOME, or the URLs of outside services"
        ) from None
