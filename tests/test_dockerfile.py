"""The steps of `Dockerfile`, run as a script in an empty folder, give an installation that works and holds no more.

One step is not run as it stands: the packages of the lock file are linked from the environment that these tests run in,
which `make` has installed from the test lock by the same command, hashes and all; downloading them once more would take
a minute. What a container alone does (its user, its layers) is read, not run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tests.image_file import Step, assert_parses, context, copied, stages

BUILD, FINAL = stages()
SAMPLE = ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg"
PLACES = ("/opt/marksight", "/src", "/var/lib/marksight")
LOCKED = "install --quiet --no-deps --require-hashes -r requirements.lock"
PACKAGES = ("core", "data", "workers", "layouts", "dashboard")


def of(steps: list[Step], name: str) -> list[Step]:
    return [step for step in steps if step.name == name]


class Image:
    """What the steps make below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root
        base = root / "usr" / "bin"
        base.mkdir(parents=True)
        (base / "python").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
        self.variables = {"PATH": f"{base}:{os.environ['PATH']}", "HOME": str(root)}

    def here(self, text: str) -> str:
        """Return `text` with the places of the image below `root`."""
        return re.sub("|".join(map(re.escape, PLACES)), lambda found: f"{self.root}{found[0]}", text)

    def run(self, step: Step) -> None:
        getattr(self, f"_{step.name.lower()}", lambda _: None)(step)

    def marksight(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the entry point as a container does, but for its user."""
        (entry,) = of(FINAL, "ENTRYPOINT")
        command = ["env", *entry.words, *arguments]
        return subprocess.run(
            command, env=self.variables, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120
        )

    @property
    def packages(self) -> set[str]:
        (site,) = (self.root / "opt" / "marksight").glob("lib/python3.*/site-packages")
        return {path.name.split("-")[0].lower().replace("_", "-") for path in site.glob("*.dist-info")}

    def _workdir(self, step: Step) -> None:
        self.folder = Path(self.here(step.text))
        self.folder.mkdir(parents=True, exist_ok=True)

    def _env(self, step: Step) -> None:
        for word in step.words:
            name, _, value = word.partition("=")
            self.variables[name] = self.here(value).replace("$PATH", self.variables["PATH"])

    def _copy(self, step: Step) -> None:
        *sources, target = step.words
        if step.options:
            assert (sources, target) == (["/opt/marksight"], "/opt/marksight"), "which is there already"
            return
        for source in sources:
            path = self.root / "context" / source
            to = self.folder / target
            (shutil.copytree if path.is_dir() else shutil.copy)(path, to)

    def _run(self, step: Step) -> None:
        if LOCKED in step.text:
            self._link(self.folder / "requirements.lock")
            return
        text = re.sub(r"\b(groupadd|useradd)\b", rf"\1 --prefix {self.root}", self.here(step.text))
        done = subprocess.run(
            ["sh", "-euc", text], env=self.variables, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"

    def _link(self, lock: Path) -> None:
        """Put in what the lock names, in the very versions."""
        (site,) = (self.root / "opt" / "marksight").glob("lib/python3.*/site-packages")
        for line in re.findall(r"^[a-z0-9][^\\\n]*==[^\\\n]*", lock.read_text("utf-8"), re.MULTILINE):
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue  # for another version of Python, or another system
            found = distribution(wanted.name)
            assert found.version in wanted.specifier
            for file in found.files or ():
                source = Path(str(found.locate_file(file)))
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    (site / file).parent.mkdir(parents=True, exist_ok=True)
                    _take(source, site / file)


def _take(source: Path, to: Path) -> None:
    try:
        to.hardlink_to(source)
    except OSError:  # on another disk
        shutil.copy(source, to)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    built = Image(tmp_path_factory.mktemp("image"))
    copied(built.root / "context")
    for accounts in ("passwd", "group", "shadow", "gshadow"):
        (built.root / "etc").mkdir(exist_ok=True)
        (built.root / "etc" / accounts).touch()
    for step in (*BUILD, *FINAL):
        built.run(step)
    yield built
    shutil.rmtree(built.root)


def test_the_program_says_its_version(image: Image) -> None:
    done = image.marksight("--version")
    assert (done.returncode, done.stdout[:10]) == (0, "marksight "), done.stderr


def test_the_program_reads_a_picture(image: Image) -> None:
    done = image.marksight("read", "--jsonl", str(SAMPLE))
    assert done.returncode == 0, done.stderr
    assert "MC74HC32AN" in json.loads(done.stdout)["lines"][0]


def test_the_program_is_the_installed_one(image: Image) -> None:
    (site,) = (image.root / "opt" / "marksight").glob("lib/python3.*/site-packages")
    assert {path.name for path in site.iterdir()} >= {"core", "data", "workers", "layouts", "dashboard"}
    assert (site / "data" / "assets" / "samples" / SAMPLE.name).is_file()


def test_nothing_is_left_that_builds_or_tests(image: Image) -> None:
    assert image.packages & {"hatchling", "pip", "setuptools", "editables", "pytest", "mypy", "ruff", "uv"} == set()
    assert image.packages >= {"marksight", "panel", "onnxruntime"}
    everything = " ".join(step.text for step in (*BUILD, *FINAL))
    assert re.findall(r"\b(?:apt-get|gcc|build-essential|curl|wget)\b", everything) == []


def test_it_runs_as_nobody_in_particular_and_may_write_its_state_alone(image: Image) -> None:
    (user,) = of(FINAL, "USER")
    assert all(number.isdecimal() and int(number) > 0 for number in user.text.split(":"))
    assert FINAL.index(user) < FINAL.index(of(FINAL, "ENTRYPOINT")[0])
    state = image.root / "var" / "lib" / "marksight"
    assert (state.stat().st_mode & 0o777, f"{state.stat().st_uid}:{state.stat().st_gid}") == (0o700, user.text)
    assert [step.text for step in of(FINAL, "VOLUME")] == ["/var/lib/marksight"]


def test_the_base_is_pinned_to_the_version_that_is_tested() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    (version,) = re.findall(r"^ARG PYTHON=(\S+)$", text, re.MULTILINE)
    assert [step.text for step in (*of(BUILD, "FROM"), *of(FINAL, "FROM"))] == [
        "python:${PYTHON}-slim-bookworm AS build",
        "python:${PYTHON}-slim-bookworm",
    ]
    assert version == "3.11"
    assert f'requires-python = ">={version}"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_packages_are_installed_by_their_hashes_alone() -> None:
    installed = [step.text for step in of(BUILD, "RUN") if " install " in step.text]
    assert [LOCKED in text or "--no-index" in text for text in installed] == [True, True]


@pytest.mark.parametrize("steps", [of(FINAL, "CMD"), of(FINAL, "HEALTHCHECK")], ids=["CMD", "HEALTHCHECK"])
def test_what_a_container_runs_is_a_command_of_the_program(steps: list[Step]) -> None:
    (step,) = steps
    words = json.loads(step.text.removeprefix("CMD ")) if step.name == "HEALTHCHECK" else step.words
    assert_parses(words[1:] if words[0] == "marksight" else words)


def test_it_is_asked_to_stop_by_the_signal_that_drains_it() -> None:
    assert [step.text for step in of(FINAL, "STOPSIGNAL")] == ["SIGTERM"]
    assert of(FINAL, "ENTRYPOINT")[0].text.startswith("["), "a shell would keep the signal to itself"


def test_nothing_but_the_program_is_sent_to_the_build() -> None:
    sent = {str(path.relative_to(ROOT)) for path in context()}
    assert {"requirements.lock", "data/settings.py", "layouts/assets/js/watch.js"} <= sent
    tops = {name.split("/")[0] for name in sent}
    assert tops == {"requirements.lock", "pyproject.toml", "README.md", "LICENSE", "NOTICE", *PACKAGES}
    assert [name for name in sent if "__pycache__" in name or name.endswith(".pyc")] == []
