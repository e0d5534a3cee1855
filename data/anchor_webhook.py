"""A webhook that is told of anchors of the audit trail: whoever listens keeps a copy where others rule."""

from __future__ import annotations

import asyncio
import hashlib
from urllib.parse import urlsplit

import httpx

from data.errors import AnchorError

CONNECT_S = 3.0
ANSWER_S = 10.0
"""For the whole of it: who answers a byte now and then is not waited for."""


class AnchorWebhook:
    """A webhook at `url`, of which messages say the host alone: the rest may be a password. `key` tells it from others.

    Raises:
        AnchorError: it is no URL of one.
    """

    def __init__(self, url: str, *, answer_s: float = ANSWER_S) -> None:
        self.name = _shown(url)
        self.key = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._url = url
        self._answer_s = answer_s

    async def tell(self, data: bytes) -> None:
        """Send an anchor (POST, `application/json`); any answer of 200 to 299 says that it is kept there.

        Raises:
            AnchorError: it does not answer, not in time, or something else.
        """
        try:
            async with asyncio.timeout(self._answer_s):
                status = await self._status(data)
        except TimeoutError as error:
            raise AnchorError(f"The webhook {self.name} does not answer within {self._answer_s:g} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise AnchorError(f"The webhook {self.name} cannot be told: {type(error).__name__}.") from error
        if not 200 <= status < 300:
            raise AnchorError(f"The webhook {self.name} answers {status}.")

    async def _status(self, data: bytes) -> int:
        limits = httpx.Timeout(self._answer_s, connect=CONNECT_S)
        headers = {"Content-Type": "application/json"}
        async with (
            httpx.AsyncClient(timeout=limits) as client,
            client.stream("POST", self._url, content=data, headers=headers) as answer,
        ):
            return answer.status_code


def _shown(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if not parts.hostname:
        raise AnchorError("MARKSIGHT_AUDIT_ANCHOR_URL names a webhook without a host; it is https://host/path.")
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
