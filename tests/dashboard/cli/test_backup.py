"""`marksight backup` and `marksight restore`, as a user runs them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from data.backup_folder import BackupFolder
from data.settings import Settings, settings
from data.urls import app_url
from tests.dashboard.cli.commands import Commands
from tests.dashboard.cli.test_database_commands import marksight, urls
from tests.data.conftest import Scratch, scratch  # noqa: F401 - the fixture
from tests.workers.anchor_probe import lots
from tests.workers.queue_probe import take_in
from workers import status
from workers.composition import Services, compose

Variables = dict[str, str]


@pytest.fixture
async def services(emptied: None, postgres: Settings, tmp_path: Path) -> AsyncIterator[Services]:
    """Everything composed as in production, with a store of its own, three lots and two parts."""
    composed = compose(postgres.model_copy(update={"store_url": f"file://{tmp_path}/store"}))
    await lots(composed, 3)
    await take_in(composed, 2)
    yield composed
    await composed.close()


@pytest.fixture
def variables(services: Services, tmp_path: Path) -> Variables:
    """A state folder of the test's own, on the test's database."""
    (tmp_path / "home").mkdir()
    return {
        "MARKSIGHT_HOME": str(tmp_path / "home"),
        "MARKSIGHT_STORE_URL": str(services.settings.store_url),
        "MARKSIGHT_DATABASE_URL": app_url(services.settings),
        "MARKSIGHT_REDIS_URL": "redis://127.0.0.1:1",
        "MARKSIGHT_BACKUP_FOLDER": str(tmp_path / "backups"),
    }


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path short enough for sockets, which the service user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


async def test_backed_up_listed_verified_and_restored_elsewhere(
    variables: Variables,
    tmp_path: Path,
    scratch: Scratch,  # noqa: F811
    short: Path,
) -> None:
    code, said = await marksight("backup", **variables)
    assert (code, "is whole" in said, "lies on the same disk" in said) == (0, True, True)
    (name,) = BackupFolder.open(tmp_path / "backups").names()
    assert f"backup {name}" in said
    code, said = await marksight("backup", "list", **variables)
    head, row = said.splitlines()
    assert (code, head.split()[0], row.split()[0], row.split()[-1]) == (0, "backup", name, "whole")
    code, said = await marksight("backup", "verify", **variables)
    assert (code, said.splitlines()[-1].endswith("all is as it was written")) == (0, True)
    target = {**variables, **urls(scratch), "MARKSIGHT_HOME": str(short / "home")}
    code, said = await marksight("restore", **target)
    assert code == 0, said
    assert f"✓ restored {name}" in said
    assert "anchor 1 of" in said
    assert (await marksight("audit", "verify", **target))[0] == 0
    code, said = await marksight("restore", **target)
    assert (code, "--replace" in said, said.count("\n")) == (4, True, 1)


async def test_drilled_into_a_state_folder_of_its_own(variables: Variables, tmp_path: Path, short: Path) -> None:
    destination = tmp_path / "elsewhere"
    code, said = await marksight("backup", str(destination), "--json", **variables)
    made = json.loads(said)
    assert (code, made["inspections"], made["lacking"]) == (0, 2, [])
    code, said = await marksight(
        "restore", str(destination), made["name"], "--to", str(short / "d"), "--json", **variables
    )
    assert code == 0, said
    restored = json.loads(said)
    assert (restored["restored"], restored["inspections"], restored["pictures_put"]) == (True, 2, 2)
    assert {"postgres", "store", "anchors", "secrets"} <= {path.name for path in (short / "d").iterdir()}
    assert status.read(short / "d") is None
    own = {"MARKSIGHT_HOME": str(short / "d")}
    code, said = await marksight("backup", str(destination), "--keep", "1", **own)
    assert (code, "1 older removed" in said) == (0, True), "the database that does not run is started for the while"


async def test_what_is_lacking_is_named_and_no_older_backup_goes(
    variables: Variables, services: Services, tmp_path: Path
) -> None:
    await marksight("backup", **variables)
    for path in (tmp_path / "store").glob("??/*"):
        path.unlink()
    shutil.rmtree(tmp_path / "backups" / "blobs")
    code, said = await marksight("backup", "--keep", "1", **variables)
    assert (code, said.count("✗ There is no picture")) == (1, 2)
    assert "No older backup was removed" in said
    assert len(BackupFolder.open(tmp_path / "backups").names()) == 2
    code, said = await marksight("backup", "list", "--json", **variables)
    assert [len(each["lacking"]) for each in json.loads(said)["backups"]] == [0, 2]
    code, said = await marksight("backup", "verify", "--all", **variables)
    assert (code, said.count("is missing")) == (1, 2)


async def test_what_was_tampered_with_is_told_to_machines(variables: Variables, tmp_path: Path) -> None:
    await marksight("backup", **variables)
    (path,) = (tmp_path / "backups" / "backups").glob("*/public.lots.copy.gz")
    path.unlink()
    code, said = await marksight("backup", "verify", "--json", **variables)
    document = json.loads(said)
    assert (code, document["verified"], document["backups"][0]["faults"]) == (1, False, [f"{path} is missing"])
    manifest = path.with_name("manifest.json")
    manifest.write_bytes(b"{")
    code, said = await marksight("backup", "list", **variables)
    assert (code, "damaged or cut short" in said) == (0, True)


@pytest.fixture
def here(
    postgres: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Commands]:
    """Runs commands in this process; a folder of backups is named, and nothing lies there."""
    monkeypatch.setenv("MARKSIGHT_BACKUP_FOLDER", str(tmp_path / "backups"))
    yield Commands(postgres, monkeypatch, capsys)
    settings.cache_clear()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup", "list"), "There are no backups in"),
        (("backup", "verify"), "There are no backups in"),
        (("restore",), "There are no backups in"),
        (("backup", "/proc/nowhere"), "cannot be used for backups"),
        (("backup", "--keep", "0"), "Invalid value"),
        (("backup", "--kep", "1"), "No such option"),
    ],
    ids=["list", "verify", "restore", "unwritable", "keep none", "misspelt"],
)
def test_what_cannot_be_done_is_said_in_words(here: Commands, arguments: tuple[str, ...], words: str) -> None:
    done = here(*arguments)
    assert (done.code, words in done.err, "Traceback" in done.err) == (4, True, False)


def test_a_folder_has_to_be_named_and_a_database_to_be_there(
    here: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value, words in (
        ("MARKSIGHT_DATABASE_URL", "postgresql://a:hunter2@127.0.0.1:1/x", "cannot be reached"),
        ("MARKSIGHT_BACKUP_FOLDER", "", "MARKSIGHT_BACKUP_FOLDER"),
        ("MARKSIGHT_HOME", str(tmp_path / "never"), "were never started"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            patched.delenv("MARKSIGHT_BACKUP_FOLDER", raising=False) if not value else None
            settings.cache_clear()
            done = here("backup", *([] if not value else [str(tmp_path / "b")]))
        assert (done.code, words in done.err, "hunter2" in done.err) == (4, True, False), name


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("backup", "--help"), "verify"), (("backup", "make", "-h"), "--keep"), (("restore", "-h"), "--to")],
    ids=["backup", "make", "restore"],
)
def test_explains_itself(here: Commands, arguments: tuple[str, ...], word: str) -> None:
    done = here(*arguments)
    assert (done.code, word in done.out) == (0, True)
