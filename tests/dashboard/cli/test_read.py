"""`marksight read`: what it prints for photos, folders, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import typer

from dashboard.cli.photos import found_in, with_progress
from dashboard.cli.read import read
from tests.core.pictures import body, ground, with_package


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "tray").mkdir()
    picture = with_package(ground(), body((320, 240), (380, 150), 12), ("SN74LS00N", "1234ABC"))
    cv2.imwrite(str(folder / "b.png"), picture)
    cv2.imwrite(str(folder / "tray" / "a.JPG"), picture)
    cv2.imwrite(str(folder / "blank.png"), ground())
    (folder / "notes.txt").write_text("no photo", "utf-8")
    return folder


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_object_a_line_names_the_file_as_it_was_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = f"{folder}/./b.png"
    read([given], jsonl=True)
    (row,) = rows(capsys)
    assert row["file"] == given
    assert [str(line).replace(" ", "") for line in row["lines"]] == ["SN74LS00N", "1234ABC"]  # type: ignore[attr-defined]
    assert row["seconds"] > 0  # type: ignore[operator]
    assert set(row) == {"file", "lines", "seconds"}


def test_folders_are_walked_in_the_order_of_names(folder: Path) -> None:
    assert list(found_in([str(folder)])) == [f"{folder}/b.png", f"{folder}/blank.png", f"{folder}/tray/a.JPG"]
    assert list(found_in([f"{folder}/"])) == list(found_in([str(folder)]))


def test_a_file_named_by_itself_is_tried_whatever_it_is_called(folder: Path) -> None:
    assert list(found_in([f"{folder}/notes.txt", "missing"])) == [f"{folder}/notes.txt", "missing"]


def test_a_photo_that_cannot_be_read_is_said_and_the_others_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        read([f"{folder}/notes.txt", f"{folder}/missing.jpg", f"{folder}/b.png"], jsonl=True)
    assert caught.value.exit_code == 4

    captured = capsys.readouterr()
    first, second, third = (json.loads(line) for line in captured.out.splitlines())
    assert first["lines"] == second["lines"] == []
    assert "are no picture" in first["error"]
    assert second["error"] == "no such file or directory"
    assert len(third["lines"]) == 2
    assert captured.err.count("\n") == 2
    assert "Traceback" not in captured.err


def test_a_table_to_read_says_what_is_wrong_where_nothing_was_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read([f"{folder}/b.png", f"{folder}/blank.png"])
    shown = capsys.readouterr().out
    assert "SN74LS00N" in shown.replace(" ", "")
    assert "(nothing read, NO_PACKAGE)" in shown


def test_a_folder_without_photos_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="no photo is there"):
        read([str(tmp_path)])


def test_progress_leaves_the_files_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(with_progress(["a", "b"], "Reading")) == ["a", "b"]
    assert capsys.readouterr().out == ""
