"""A handler as a plain machine is: one connection kept open, a bare picture sent, its verdict waited for.

It is `http.client` in a thread of its own: what a library for HTTP costs the sender is no part of what is measured.
"""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from workers.bench.report import BenchUnable


class Handler:
    """Sends pictures to the program at `url`, to be judged by one recipe; a context manager."""

    def __init__(self, url: str, recipe: str, *, wait_ms: int, timeout_s: float) -> None:
        self._path = f"/v1/inspections?{urlencode({'recipe': recipe, 'wait_ms': wait_ms})}"
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def wait(self, picture: bytes) -> tuple[float, str]:
        """Send a JPEG; return the seconds until its verdict was there, and the inspection's id.

        Raises:
            BenchUnable: it was refused.
            OSError: the program does not answer.
        """
        started = time.perf_counter()
        self._connection.request("POST", self._path, picture, {"Content-Type": "image/jpeg"})
        answer = self._connection.getresponse()
        told = answer.read()
        wait_s = time.perf_counter() - started
        if answer.status != 200:
            raise BenchUnable(f"a picture was answered {answer.status}: {told[:200]!r}")
        return wait_s, str(json.loads(told)["id"])
