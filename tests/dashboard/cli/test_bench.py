"""`marksight bench`: which subjects, which output, which errors."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
import typer

from dashboard.cli.bench import bench
from tests.core.pictures import body, ground, with_package


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    cv2.imwrite(str(folder / "a.png"), with_package(ground(), body((320, 240), (380, 150)), ("SN74LS00N",)))
    (folder / "labels.csv").write_text("file,source,lines,verdict\na.png,dip,SN74LS00N,\n", "utf-8")
    return folder


def test_one_document_holds_every_report(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench(["reading"], as_json=True, photos=photos, reader=["ppocr"])
    (report,) = json.loads(capsys.readouterr().out)
    assert report["name"] == "reading"
    assert report["rows"][0]["line exact"] == 1.0
    assert report["machine"]


def test_a_table_is_printed_and_written_as_markdown(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "BENCHMARKS.md"
    bench(["reading"], photos=photos, reader=["ppocr"], markdown=written)
    assert "ppocr" in capsys.readouterr().out
    text = written.read_text("utf-8")
    assert text.startswith("# Benchmarks\n")
    assert "| all | ppocr | 1 | 100.0% |" in text


@pytest.mark.parametrize(
    ("names", "folder", "words"),
    [
        pytest.param(["nonsense"], ".", "no bench named nonsense; there are: reading", id="unknown-subject"),
        pytest.param(["reading"], "/nowhere", "no labelled photos in /nowhere", id="no-photos"),
    ],
)
def test_what_cannot_be_measured_is_a_users_error(names: list[str], folder: str, words: str) -> None:
    with pytest.raises(typer.BadParameter, match=words):
        bench(names, photos=Path(folder))
