"""What comes with the program: sample pictures of real chips, and recipes for them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from core.recipe import Recipe


class BundleBroken(RuntimeError):
    """A bundled file is missing or is not the one that its manifest names: the installation is damaged."""


@dataclass(frozen=True)
class Sample:
    """One bundled picture: what it shows, the bundled recipe it belongs to, and whose it is."""

    name: str
    sha256: str
    shows: str
    recipe: str
    lines: tuple[str, ...]
    licence: str
    source: str
    attribution: str

    def read(self) -> bytes:
        """Return the picture's bytes.

        Raises:
            BundleBroken: they are not those of the manifest.
        """
        data = _folder("samples").joinpath(self.name).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise BundleBroken(f"the bundled sample {self.name} is not the one its manifest names; install again")
        return data


def _folder(name: str) -> Traversable:
    return files("data").joinpath("assets", name)


@cache
def samples() -> tuple[Sample, ...]:
    """Return the bundled pictures, in the manifest's order."""
    manifest = json.loads(_folder("samples").joinpath("manifest.json").read_text("utf-8"))
    return tuple(Sample(**{**row, "lines": tuple(row["lines"])}) for row in manifest["samples"])


@cache
def recipes() -> dict[str, Recipe]:
    """Return the bundled recipes by the name of their file, in alphabetical order."""
    found = sorted(_folder("recipes").iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".json"): Recipe.from_document(json.loads(entry.read_text("utf-8")))
        for entry in found
        if entry.name.endswith(".json")
    }
