from __future__ import annotations

from pathlib import Path

import pytest

from core.patterns import normalise
from workers.bench.judging import KINDS, recipes_of, run
from workers.bench.reading import Photo
from workers.bench.report import BenchUnable, Options


def photo(*lines: str) -> Photo:
    return Photo(Path("a.jpg"), "dip", lines, defective=False)


def texts(kind: str, *lines: str) -> list[tuple[str, ...]]:
    return [
        tuple(line.text for line in recipe.variants[0].lines)
        for own, recipe in recipes_of(photo(*lines))
        if own == kind
    ]


def test_the_right_recipe_is_the_label_without_its_finish_code() -> None:
    assert texts("right", "19E9XBL E4", "SN74LS00N") == [("19E9XBL", "SN74LS00N")]


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_wrong_recipe_differs_by_one_character(kind: str) -> None:
    found = texts(kind, "SN74LS00N")
    assert found
    for wrong in found:
        pairs = list(zip(normalise(wrong[0]), "SN74LS00N", strict=True))
        assert sum(one != other for one, other in pairs) == 1


def test_every_digit_is_tried_at_every_digit() -> None:
    assert len(texts("one digit off", "74")) == 18


def test_confusables_are_tried_in_either_direction() -> None:
    assert ("O",) in texts("one confusable off", "0")
    assert ("0",) in texts("one confusable off", "O")


def test_a_label_that_no_recipe_can_hold_gives_none() -> None:
    assert list(recipes_of(photo("{"))) == []


@pytest.mark.realchips
def test_every_figure_is_measured_under_its_stable_name(realchips: Path) -> None:
    steps: list[str] = []
    report = run(Options(photos=realchips, limit=6), lambda done, of, words: steps.append(words))
    assert set(report.metrics) == {
        "right_judged", "right_passed", "right_failed", "one_off_judged", "one_off_passed", "verify_ms_median",
        "decide_ms_1m",
    }  # fmt: skip
    assert report.metrics["one_off_passed"] == 0
    assert {row[1] for row in report.rows} <= set(KINDS)
    assert steps[-1] == "deciding"


def test_without_photos_it_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(BenchUnable, match=r"labels\.csv"):
        run(Options(photos=tmp_path), lambda *_: None)
