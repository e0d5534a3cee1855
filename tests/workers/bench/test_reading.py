"""The bench of readers, on a folder of labelled pictures made for it."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import cv2
import pytest

from core.engines import Clock
from core.frame import Frame
from core.geometry import box_quad
from core.reading import MarkReading
from tests.core.pictures import body, ground, with_package
from workers.bench import SUBJECTS, reading
from workers.bench.reading import ALL, measure, photos_in
from workers.bench.report import BenchUnable, Options, Report, machine, merged
from workers.readers.plain_line import plain_line


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rows = [("a.png", "dip", "SN74LS00N|1234ABC", ""), ("b.png", "board", "AB12CD|9876X", "defective")]
    rows += [("c.png", "board", "???", "")]
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["file", "source", "lines", "verdict"])
        table.writerows(rows)
    for name, _, lines, _ in rows:
        picture = with_package(ground(), body((320, 240), (380, 150)), tuple(lines.split("|")))
        cv2.imwrite(str(folder / name), picture)
    return folder


class Always:
    """A reader that reads the same whatever it is shown."""

    name = "always"
    version = "always:1"

    def __init__(self, *texts: str) -> None:
        self._texts = texts

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return MarkReading(tuple(plain_line(text, box_quad(0, 0, 9, 9), 0.9) for text in self._texts), None, 0.0)


def test_what_is_read_is_tallied_by_source_and_for_all(photos: Path) -> None:
    measured = measure(Always("SN74LS00N", "NOISE"), iter(photos_in(photos)))

    assert measured.tallies["dip"].line_exact == 0.5
    assert measured.tallies["board"].exact == 0
    assert measured.tallies[ALL].photos == 2, "a photo that nobody could read is no photo"
    assert measured.tallies[ALL].lines == 4
    assert len(measured.seconds[ALL]) == 2
    assert measured.median_s() == pytest.approx(sum(measured.seconds[ALL]) / 2)


def test_a_limit_spreads_over_the_photos(photos: Path) -> None:
    assert [photo.path.name for photo in photos_in(photos, 2)] == ["a.png", "c.png"]
    assert len(photos_in(photos, 99)) == len(photos_in(photos)) == 3
    assert photos_in(photos)[1].defective


def test_a_run_compares_readers_on_the_same_photos(photos: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    report = reading.run(Options(photos, readers=("ppocr", "rapidocr")), lambda *step: steps.append(step))

    by_name = {(row[0], row[1]): row for row in report.rows}
    assert by_name["all", "ppocr"][3] == 1.0
    assert [row[:2] for row in report.rows[:2]] == [("all", "ppocr"), ("all", "rapidocr")]
    assert any("ppocr beside rapidocr" in remark for remark in report.remarks)
    assert report.metrics["line_exact"]["ppocr"] == {"all": 1.0, "dip": 1.0, "board": 1.0}
    assert set(report.metrics) == {"line_exact", "chip_exact", "cer", "s_a_photo"}
    assert steps[0] == (0, 6, "ppocr: dip")
    assert steps[-1][:2] == (6, 6)


def test_a_reader_that_is_not_here_is_left_out_and_said(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    report = reading.run(Options(photos, limit=1, readers=("ppocr", "tesseract")), lambda *step: None)
    assert {row[1] for row in report.rows} == {"ppocr"}
    assert "tesseract is not installed here and was left out." in report.remarks


def test_a_folder_without_labels_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(BenchUnable, match=r"expected labels\.csv there; name the folder with --photos"):
        photos_in(tmp_path)


def table() -> Report:
    columns = (("of", ""), ("share", ".1%"), ("s", ".3f"))
    return Report(
        "reading", "Reading", columns, (("all", 0.5, None), ("dip", 1.0, 0.25)), ("A remark.",), machine="a machine"
    )


def test_a_report_is_written_as_markdown_and_as_plain_values() -> None:
    text = table().markdown()
    assert "| of | share | s |\n| --- | ---: | ---: |\n| all | 50.0% | – |\n| dip | 100.0% | 0.250 |" in text
    assert "\n- A remark." in text
    document = table().document()
    assert document["rows"] == [{"of": "all", "share": 0.5, "s": None}, {"of": "dip", "share": 1.0, "s": 0.25}]
    assert document["machine"] == "a machine"


def test_a_page_keeps_the_sections_of_other_subjects_and_their_order() -> None:
    other = replace(table(), name="judging", title="Judging", remarks=("Old.",))
    page = merged("", [table(), other])
    assert page == f"# Benchmarks\n\nMade by `marksight bench`.\n\n{table().markdown()}\n{other.markdown()}"
    assert merged(page, []) == page
    again = merged(page, [replace(table(), remarks=("A new remark.",))])
    assert again == page.replace("A remark.", "A new remark.")
    assert merged(again, [replace(other, title="Intake")]).endswith(other.markdown().replace("Judging", "Intake"))


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="expected rows of 1 cells"):
        Report("x", "X", (("a", ""),), (("b", "c"),))


def test_a_report_says_where_and_when_it_was_measured() -> None:
    report = Report("x", "X", (("a", ""),), ())
    assert report.machine == machine()
    assert "cores" in report.machine
    assert report.measured_at[:2] == "20"


def test_every_subject_can_be_run() -> None:
    for module in SUBJECTS.values():
        assert callable(import_module(module).run)
