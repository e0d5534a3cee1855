"""Which database, queue and store this process uses: those of the settings, else the embedded ones in its home."""

from __future__ import annotations

from data import embedded_urls
from data.anchors import is_webhook
from data.dsn import user_of
from data.errors import AnchorError, DataError
from data.settings import Settings


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


def anchor_url(settings: Settings) -> str:
    """Return the URL of the place where anchors of the audit trail lie: `file:///folder` or `s3://bucket/prefix`.

    Raises:
        AnchorError: several are named.
    """
    places = [url for url in _anchor_urls(settings) if not is_webhook(url)]
    if len(places) > 1:
        raise AnchorError("MARKSIGHT_AUDIT_ANCHOR_URL names several places where anchors lie; name one, and webhooks.")
    return places[0] if places else (settings.home / "anchors").absolute().as_uri()


def anchor_webhooks(settings: Settings) -> list[str]:
    """Return the URLs of the webhooks that are told of anchors of the audit trail."""
    return [url for url in _anchor_urls(settings) if is_webhook(url)]


def _anchor_urls(settings: Settings) -> list[str]:
    named = settings.audit_anchor_url
    return [] if named is None else named.get_secret_value().split()


def app_role(settings: Settings) -> str:
    """Return the name of the application's role: the user in its URL."""
    if settings.database_url is None:
        return embedded_urls.APP_ROLE
    return user_of(app_url(settings)) or embedded_urls.APP_ROLE
