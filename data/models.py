"""The model files that come with the program: what each is, whose, and its bytes, checked against the manifest.

1. A model is found inside an installed package by the manifest's path; nothing is ever downloaded.
2. Its bytes are handed out only when their SHA-256 is the manifest's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from core.errors import ModelInvalid

MANIFEST = "models.json"


@dataclass(frozen=True, slots=True)
class Model:
    """A row of the manifest: where a model lies (`path` within the installed `package`), its version and licence."""

    name: str
    version: str
    sha256: str
    licence: str
    source: str
    package: str
    path: str

    def __post_init__(self) -> None:
        if len(self.sha256) != 64:
            raise ValueError(f"expected a SHA-256 of 64 digits for {self.name}, got {self.sha256!r}")

    def file(self) -> Path:
        """Return where the model lies.

        Raises:
            ModelInvalid: its package or the file in it is missing.
        """
        # The package is found, not imported: importing it would load a whole pipeline of its own.
        spec = find_spec(self.package)
        folders = spec.submodule_search_locations if spec is not None else None
        for folder in folders or ():
            path = Path(folder, self.path)
            if path.is_file():
                return path
        raise ModelInvalid(f"the model {self.name} ({self.path} of the package {self.package}) is not installed")

    def read(self) -> bytes:
        """Return the model's bytes.

        Raises:
            ModelInvalid: it is missing, or its bytes are not those of the manifest.
        """
        data = self.file().read_bytes()
        self._see_that_it_is(hashlib.sha256(data).hexdigest())
        return data

    def check(self) -> None:
        """See that the model is there, and the very one; its bytes are read anew only where its file has changed.

        Raises:
            ModelInvalid: it is missing, or its bytes are not those of the manifest.
        """
        file = self.file()
        try:
            told = file.stat()
            digest = _digest_of(file, (told.st_ino, told.st_size, told.st_mtime_ns))
        except OSError as error:
            raise ModelInvalid(f"the model {self.name} cannot be read: {error.strerror}") from error
        self._see_that_it_is(digest)

    def _see_that_it_is(self, digest: str) -> None:
        if digest != self.sha256:
            raise ModelInvalid(
                f"the model {self.name} is not the one its manifest names: SHA-256 {digest[:12]}..., "
                f"expected {self.sha256[:12]}...; install {self.package} again as the lock says"
            )


@lru_cache(maxsize=32)
def _digest_of(file: Path, _as_it_is: tuple[int, int, int]) -> str:
    """Return the SHA-256 of a file as it is: by its inode, size and time of change."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


@cache
def models() -> dict[str, Model]:
    """Return the manifest's models by name."""
    rows = json.loads(files("data").joinpath("assets", MANIFEST).read_text("utf-8"))["models"]
    return {row["name"]: Model(**row) for row in rows}


def model(name: str) -> Model:
    """Return the model called `name`.

    Raises:
        ModelInvalid: the manifest names no such model.
    """
    try:
        return models()[name]
    except KeyError:
        raise ModelInvalid(f"no model named {name!r}; the manifest has: {', '.join(models())}") from None
