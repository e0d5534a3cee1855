"""Which database, queue and store this process uses: those of the settings, else the embedded ones in its home."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from data import embedded_urls
from data.errors import DataError
from data.settings import Settings

SSL_NAMES = ("sslmode", "ssl")


def app_url(settings: Settings) -> str:
    """Return the PostgreSQL URL of the application's role.

    Raises:
        FileNotFoundError: the embedded server is meant, but was never set up.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return embedded_urls.database_url(settings.home)


def owner_url(settings: Settings) -> str:
    """Return the PostgreSQL URL of the role that owns and migrates the schema.

    Raises:
        DataError: `MARKSIGHT_DATABASE_URL` is set, but `MARKSIGHT_OWNER_URL` is not.
        FileNotFoundError: the embedded server is meant, but was never set up.
    """
    if settings.owner_url is not None:
        return settings.owner_url.get_secret_value()
    if settings.database_url is not None:
        raise DataError(
            "MARKSIGHT_DATABASE_URL is set; set MARKSIGHT_OWNER_URL too: the role that migrates is another."
        )
    return embedded_urls.owner_url(settings.home)


def redis_url(settings: Settings) -> str:
    """Return the Redis URL.

    Raises:
        FileNotFoundError: the embedded server is meant, but was never set up.
    """
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    return embedded_urls.redis_url(settings.home)


def store_url(settings: Settings) -> str:
    """Return the URL of the image store: `file:///folder` or `s3://bucket/prefix`."""
    return settings.store_url or (settings.home / "store").absolute().as_uri()


def app_role(settings: Settings) -> str:
    """Return the name of the application's role: the user in its URL."""
    if settings.database_url is None:
        return embedded_urls.APP_ROLE
    return make_url(app_url(settings)).username or embedded_urls.APP_ROLE


def driver_url(url: str) -> URL:
    """Return `url` (`postgresql://`, as psql takes it) for SQLAlchemy's asyncpg dialect.

    Raises:
        DataError: it is not a PostgreSQL URL; the message does not show it, it may hold a password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DataError("A database URL is postgresql://user:password@host/database; the one set is none.") from None
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise DataError(f"Only PostgreSQL keeps Marksight's data; the URL begins with {parsed.drivername}://.")
    query: dict[str, Any] = {name: value for name, value in parsed.query.items() if name not in SSL_NAMES}
    mode = next((parsed.query[name] for name in SSL_NAMES if name in parsed.query), None)
    if mode is not None:
        query["ssl"] = mode  # asyncpg's word for libpq's sslmode, with the same values
    return parsed.set(drivername="postgresql+asyncpg", query=query)
