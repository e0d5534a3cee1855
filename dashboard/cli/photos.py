"""Photos named on a command line: which files they are, and a progress bar over them on the error stream."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

SUFFIXES = {".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def found_in(paths: Iterable[str]) -> Iterator[str]:
    """Yield each file as it was given, to the letter, and what folders hold, in the order of names.

    Only what a folder holds is chosen by suffix: a file named by itself is tried whatever it is called.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - it has an answer to any path, unlike Path.is_dir
            yield from _walked(path)
        else:
            yield path


def _walked(folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{place.rstrip('/')}/{name}" for name in sorted(names) if Path(name).suffix.lower() in SUFFIXES)


def with_progress(files: Sequence[str], words: str) -> Iterator[str]:
    """Yield the files, drawing a progress bar on the error stream where that is a terminal."""
    console = Console(stderr=True)
    yield from track(files, words, console=console, transient=True, disable=not console.is_terminal or len(files) < 2)
