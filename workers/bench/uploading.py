"""How fast a large upload comes in, and how much memory it takes, beside the same bytes written and hashed alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workers import status
from workers.bench.report import BenchUnable

UPLOAD_BYTES = 2 * 1000**3
BLOCK_BYTES = 1 << 20
SERVER = "server"
MB = 1_000_000
BOUNDARY = "marksight-bench"

FIGURES = {
    "upload_mb_per_s": ("MB/s", f"one file of {UPLOAD_BYTES // MB} MB (64 in a trial), until it is stored"),
    "plain_write_mb_per_s": ("MB/s", "the same bytes written, hashed and flushed alone"),
    "upload_rest_rss_mb": ("MB", "the server's memory before the upload"),
    "upload_peak_rss_mb": ("MB", "the same at its peak since its start"),
}
"""What is measured: its name, its unit, its meaning."""


@dataclass(frozen=True)
class Uploaded:
    """What one upload of `byte_count` took, and what writing, hashing and flushing the same bytes took alone.

    Memory is the server's resident set before and at its peak, in bytes; None where the system does not tell it.
    """

    byte_count: int
    upload_s: float
    alone_s: float
    before_rss_bytes: int
    peak_rss_bytes: int


async def measure(url: str, home: Path, *, byte_count: int = UPLOAD_BYTES) -> Uploaded:
    """Send one file of `byte_count` to the program that runs on `home`; see that it was kept as it was sent.

    Raises:
        BenchUnable: the program's server cannot be found, or does not take the upload.
    """
    pid = _server_pid(home)
    before = _resident_bytes(pid, "VmRSS")
    alone_s = await asyncio.to_thread(_alone, home / "alone", byte_count)
    started = time.perf_counter()
    run_url = await _send(url, byte_count)
    upload_s = time.perf_counter() - started
    await _cancel(url, run_url)
    return Uploaded(byte_count, upload_s, alone_s, before, _resident_bytes(pid, "VmHWM"))


def metrics(seen: Uploaded) -> dict[str, float]:
    """Return the values of `FIGURES`."""
    return {
        "upload_mb_per_s": seen.byte_count / MB / seen.upload_s,
        "plain_write_mb_per_s": seen.byte_count / MB / seen.alone_s,
        "upload_rest_rss_mb": seen.before_rss_bytes / MB,
        "upload_peak_rss_mb": seen.peak_rss_bytes / MB,
    }


def blocks(byte_count: int) -> Iterator[bytes]:
    """Yield so many bytes, of which no two blocks are the same."""
    block = os.urandom(BLOCK_BYTES)
    for start in range(0, byte_count, BLOCK_BYTES):
        yield (start.to_bytes(8, "big") + block[8:])[: byte_count - start]


def _server_pid(home: Path) -> int:
    found = status.read(home)
    pids = [part.pid for part in (found.parts if found else ()) if part.name == SERVER and part.pid]
    if not pids:
        raise BenchUnable(f"no server runs on {home}")
    return pids[0]


def _resident_bytes(pid: int, name: str) -> int:
    """Return one line of what the system tells of a process' memory, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError as error:
        raise BenchUnable(f"this system does not tell what memory a process takes: {error}") from error
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _alone(path: Path, byte_count: int) -> float:
    """Return the seconds of writing, hashing and flushing the same bytes in this process."""
    started, digest = time.perf_counter(), hashlib.sha256()
    try:
        with path.open("wb") as file:
            for block in blocks(byte_count):
                file.write(block)
                digest.update(block)
            file.flush()
            os.fdatasync(file.fileno())
        return time.perf_counter() - started
    finally:
        path.unlink(missing_ok=True)


async def _send(url: str, byte_count: int) -> str:
    """Send the file as a form, with as little of our own as can be; return where its run is."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="large.bin"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    told = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + byte_count + len(tail)),
        "Connection": "close",
    }
    reader, writer = await _ask(url, "POST", "/v1/uploads", told)
    writer.write(head)
    for block in blocks(byte_count):
        writer.write(block)
        await writer.drain()
    writer.write(tail)
    answer = await _answer(reader, writer)
    if "url" not in answer:
        raise BenchUnable(f"the server did not take the upload: {answer}")
    return str(answer["url"])


async def _cancel(url: str, run_url: str) -> None:
    """End the run: what was sent is no picture, and nobody wants to know so."""
    reader, writer = await _ask(url, "POST", f"{run_url}/cancel", {"Content-Length": "0", "Connection": "close"})
    await _answer(reader, writer)


async def _ask(
    url: str, method: str, path: str, headers: dict[str, str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    told = "".join(f"{name}: {value}\r\n" for name, value in {"Host": address.netloc, **headers}.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode())
    return reader, writer


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, object]:
    _, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    found: dict[str, object] = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    return found
