"""The state folder is made once, for us alone, and says what is wrong with it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from data import embedded_urls
from workers.embedded import home
from workers.embedded.service_user import ServiceUser, closed_folder, service_user
from workers.errors import HomeUnusable

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another user")
NOBODY = ServiceUser("nobody", 65534, 65534)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A path in a folder that everybody may enter; pytest's own are for us alone."""
    parent = Path(tempfile.mkdtemp(dir="/tmp"))
    parent.chmod(0o711)
    yield parent / "home"
    shutil.rmtree(parent)


def test_every_password_is_long_and_for_us_alone(folder: Path) -> None:
    home.prepare(folder, None)
    texts = set()
    for name in home.PASSWORDS:
        file = embedded_urls.password_file(folder, name)
        assert _mode(file) == 0o600
        assert file.stat().st_uid == os.geteuid()
        texts.add(file.read_text().strip())
    assert len(texts) == len(home.PASSWORDS)
    assert min(map(len, texts)) >= 32
    assert _mode(folder / "secrets") == 0o700


def test_preparing_again_changes_nothing(folder: Path) -> None:
    home.prepare(folder, None)
    before = {path: path.read_text() for path in (folder / "secrets").iterdir()}
    home.prepare(folder, None)
    assert {path: path.read_text() for path in (folder / "secrets").iterdir()} == before


def test_without_a_service_user_nobody_else_may_enter(folder: Path) -> None:
    home.prepare(folder, None)
    assert _mode(folder) == 0o700


@root_only
def test_the_service_user_may_pass_through_but_not_look_around(folder: Path) -> None:
    home.prepare(folder, service_user())
    assert _mode(folder) == 0o711
    assert (folder / "run").stat().st_uid == NOBODY.uid


@root_only
def test_an_empty_folder_made_by_mktemp_is_opened(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    home.prepare(folder, service_user())
    assert _mode(folder) == 0o711
    assert closed_folder(folder, NOBODY) is None


def test_a_folder_with_something_in_it_keeps_its_rights(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "letter").touch()
    with pytest.raises(HomeUnusable, match="may not enter"):
        home.make(folder, NOBODY)
    assert _mode(folder) == 0o700


@root_only
def test_a_closed_parent_is_named_with_the_way_out(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with pytest.raises(HomeUnusable, match=r"nobody may not enter .*chmod o\+x"):
        home.prepare(folder, service_user())
    assert not folder.exists()


@pytest.mark.parametrize("name", ["x" * 120, "é" * 60], ids=["long in letters", "long in bytes"])
def test_a_path_too_long_for_sockets_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(HomeUnusable, match="too long for sockets"):
        home.prepare(tmp_path / name, None)
    assert list(tmp_path.iterdir()) == []


def test_a_path_with_a_comma_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable, match="no comma"):
        home.prepare(tmp_path / "a,b", None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("h") / "file"
    file.touch()
    for path in (file, file / "home"):
        with pytest.raises(HomeUnusable, match="MARKSIGHT_HOME"):
            home.prepare(path, None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else_is_said() -> None:
    with pytest.raises(HomeUnusable, match="MARKSIGHT_HOME"):
        home.prepare(Path("/marksight-probe"), None)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "closed"),
    [
        (0o700, 0, 0, True),
        (0o711, 0, 0, False),
        (0o701, 0, 65534, True),
        (0o710, 0, 65534, False),
        (0o100, 65534, 0, False),
        (0o077, 65534, 0, True),
    ],
    ids=["root's own", "open to all", "closed to its group", "open to its group", "its own", "closed to its owner"],
)
@root_only
def test_the_right_to_enter_is_the_first_of_owner_group_and_others(
    folder: Path, mode: int, uid: int, gid: int, closed: bool
) -> None:
    folder.mkdir()
    os.chown(folder, uid, gid)
    folder.chmod(mode)
    assert closed_folder(folder, NOBODY) == (folder if closed else None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root has a service user")
def test_without_root_everything_runs_as_ourselves() -> None:
    assert service_user() is None
