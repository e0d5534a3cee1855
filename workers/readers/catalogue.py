"""The readers there are, by the name a recipe gives, and how each is built."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from core.engines import Reader
from core.errors import ReaderUnavailable

DEFAULT = "ppocr"


@dataclass(frozen=True, slots=True)
class Entry:
    """A reader: `module` whose `build()` makes it, `words` on what it is, and whether it can be built here."""

    module: str
    words: str
    installed: Callable[[], bool]


READERS: dict[str, Entry] = {
    "ppocr": Entry(
        "workers.readers.ppocr",
        "PP-OCR models on the located, rectified and equalised package",
        lambda: find_spec("rapidocr") is not None,
    ),
    "rapidocr": Entry(
        "workers.readers.rapidocr", "RapidOCR as it comes, for comparison", lambda: find_spec("rapidocr") is not None
    ),
    "tesseract": Entry(
        "workers.readers.tesseract", "the Tesseract program", lambda: shutil.which("tesseract") is not None
    ),
}


def available() -> tuple[str, ...]:
    """Return the names of the readers that can be built on this machine."""
    return tuple(name for name, entry in READERS.items() if entry.installed())


def build(name: str = DEFAULT) -> Reader:
    """Build the reader called `name`; its models are loaded now.

    Raises:
        ReaderUnavailable: there is no such reader, or it is not installed here.
        ModelInvalid: one of its models is missing or not the one its manifest names.
    """
    entry = READERS.get(name)
    if entry is None:
        raise ReaderUnavailable(f"no reader named {name!r}; there are: {', '.join(READERS)}")
    reader: Reader = import_module(entry.module).build()
    return reader
