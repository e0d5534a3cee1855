"""`Dockerfile` and `.dockerignore` as Docker reads them, and its steps as a script in a folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import typer
from typer.main import get_command

from tests.conftest import ROOT


@dataclass(frozen=True)
class Step:
    """One instruction: its name, its options (`--from=...`), and what is behind them."""

    name: str
    options: tuple[str, ...]
    text: str

    @property
    def words(self) -> list[str]:
        """Its words: those of a JSON list, or those between blanks."""
        found: list[str] = json.loads(self.text) if self.text.startswith("[") else self.text.split()
        return found


def stages() -> list[list[Step]]:
    """Return the stages of the file, each with its steps; what stands before the first is left out."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    found: list[list[Step]] = []
    for line in filter(None, map(str.strip, lines)):
        name, _, rest = line.partition(" ")
        options = re.match(r"(?:--\S+ )*", rest)
        assert options
        step = Step(name, tuple(options[0].split()), rest[options.end() :].strip())
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append(step)
    return found


def context() -> Iterator[Path]:
    """Yield what `.dockerignore` lets through, below the checkout; the last line that fits a path says."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for top in sorted(ROOT.iterdir()):
        if _is_let_through(top.name, rules):
            inner = sorted(top.rglob("*")) if top.is_dir() else [top]
            yield from (
                path for path in inner if path.is_file() and _is_let_through(str(path.relative_to(ROOT)), rules)
            )


def _is_let_through(name: str, rules: Sequence[str]) -> bool:
    through = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        parts = Path(name).parts
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        if any(_fits(each, pattern) for each in above):
            through = rule.startswith("!")
    return through


def _fits(name: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatchcase(Path(name).name, pattern.removeprefix("**/"))
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)


def copied(target: Path) -> None:
    """Copy the context that a build would be sent."""
    for path in context():
        to = target / path.relative_to(ROOT)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)


def assert_parses(arguments: Sequence[str]) -> None:
    """See that a command of the program takes these arguments; nothing is run."""
    from dashboard.cli import app  # noqa: PLC0415 - the program, which the reader of the file does without

    command = get_command(app)
    name, *rest = arguments
    inner = command.get_command(typer.Context(command), name)  # type: ignore[attr-defined]
    assert inner is not None, f"there is no command {name}"
    inner.make_context(name, list(rest))
