"""The readers there are: each is built by its name and reads a plain picture."""

from __future__ import annotations

import shutil
import stat
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.engines import Reader
from core.errors import ReaderUnavailable
from core.frame import Frame
from core.geometry import box_quad
from core.reading import MarkReading
from workers.readers import catalogue, tesseract
from workers.readers.plain_line import plain_line
from workers.readers.tesseract import TesseractReader


def label(text: str = "MAX232CPE", *, dark: bool = False) -> Frame:
    """Large plain print, which every reader reads."""
    pixels = np.full((160, 520, 3), 255, np.uint8)
    cv2.putText(pixels, text, (30, 100), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (0, 0, 0), 5, cv2.LINE_AA)
    return Frame(255 - pixels if dark else pixels)


def within(frame: Frame, mark: MarkReading) -> bool:
    width, height = frame.size_wh
    corners = np.concatenate([line.quad for line in mark.lines])
    return bool((corners >= -20).all() and (corners <= [width + 20, height + 20]).all())


@pytest.fixture(scope="module", params=sorted(catalogue.READERS))
def reader(request: pytest.FixtureRequest) -> Reader:
    if request.param not in catalogue.available():
        pytest.skip(f"the reader {request.param} is not installed here")
    return catalogue.build(request.param)


def test_every_reader_goes_by_the_name_it_is_built_by(reader: Reader) -> None:
    assert reader.name in catalogue.READERS
    assert reader.version.startswith(f"{reader.name}:")


@pytest.mark.parametrize("dark", [True, False], ids=["light-on-dark", "dark-on-light"])
def test_every_reader_reads_plain_print(reader: Reader, dark: bool) -> None:
    mark = reader.read(label(dark=dark), time.perf_counter)
    assert [text.replace(" ", "") for text in mark.texts] == ["MAX232CPE"]
    assert within(label(), mark)
    assert 0 < mark.lines[0].confidence <= 1
    assert dict(mark.seconds)["read"] > 0


def test_every_reader_finds_nothing_in_a_blank_picture(reader: Reader) -> None:
    assert reader.read(Frame(np.full((120, 200, 3), 255, np.uint8)), time.perf_counter).texts == ()


def test_the_default_is_one_of_them_and_is_here() -> None:
    assert catalogue.DEFAULT in catalogue.available()
    assert catalogue.build().name == catalogue.DEFAULT


def test_an_unknown_reader_lists_the_known_ones() -> None:
    with pytest.raises(ReaderUnavailable, match="ppocr, rapidocr, tesseract"):
        catalogue.build("easy")


def test_every_entry_says_what_it_is() -> None:
    assert all(entry.words for entry in catalogue.READERS.values())


def test_without_the_program_tesseract_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("tesseract") is None
    assert "tesseract" not in catalogue.available()
    with pytest.raises(ReaderUnavailable, match="apt install tesseract-ocr"):
        catalogue.build("tesseract")


def program(folder: Path, body: str) -> str:
    """A program that stands for tesseract."""
    path = folder / "tesseract"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && {{ echo tesseract 9.9; exit 0; }}\n{body}\n', "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_failing_program_is_an_error_of_ours(tmp_path: Path) -> None:
    broken = TesseractReader(program(tmp_path, "cat > /dev/null; exit 3"))
    assert broken.version == "tesseract:9.9"
    with pytest.raises(ReaderUnavailable, match="tesseract failed"):
        broken.read(label(), time.perf_counter)


HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def test_words_of_one_line_are_joined_and_the_least_sure_counts(tmp_path: Path) -> None:
    rows = [HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t520\t160\t-1\t", "5\t1\t1\t1\t1\t1\t10\t20\t40\t12\t96.5\tSN74"]
    rows += [
        '5\t1\t1\t1\t1\t2\t60\t21\t30\t12\t80\t"LS',
        "5\t1\t1\t1\t2\t1\t10\t50\t20\t10\t50\tXY",
        "5\t1\t1\t1\t3\t1\t1\t1\t1\t1\t9\t ",
    ]
    table = tmp_path / "table.tsv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    mark = TesseractReader(program(tmp_path, f"cat > /dev/null; cat {table}")).read(label(), time.perf_counter)
    assert mark.texts == ('SN74 "LS', "XY")
    assert mark.lines[0].confidence == pytest.approx(0.8)
    assert mark.lines[0].quad.tolist() == box_quad(10, 20, 90, 33).tolist()


def test_dark_pictures_are_inverted_for_tesseract() -> None:
    def decoded(frame: Frame) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(tesseract._prepared(frame), np.uint8), cv2.IMREAD_UNCHANGED)

    assert np.array_equal(decoded(label(dark=True)), decoded(label()))


@pytest.mark.parametrize("confidence", [0.0, 1e-9, 0.5, 1.0, 1.7])
def test_a_plain_line_shares_its_box_and_its_confidence(confidence: float) -> None:
    line = plain_line("ABCD", box_quad(0, 0, 40, 10), confidence)
    assert line.text == "ABCD"
    assert line.emissions is None
    assert line.confidence == pytest.approx(min(1.0, max(1e-6, confidence)))
    assert [character.quad[0, 0] for character in line.characters] == [0, 10, 20, 30]
    assert [character.quad[2, 0] for character in line.characters] == [10, 20, 30, 40]
    assert line.characters[0].runner_up == ""


def test_a_plain_line_of_nothing_has_no_characters() -> None:
    assert plain_line("", box_quad(0, 0, 4, 1), 0.5).characters == ()
