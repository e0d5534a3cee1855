"""The scorer: what counts as read, and that it says the same as the scorer that came with the photos."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from core.image import ImageLimits, decode
from core.scoring import Tally, accepted_forms, edit_distance, normalised, score
from workers.readers.ppocr import build


@pytest.mark.parametrize(
    ("line", "compared"),
    [
        ("sn74ls00n", "SN74LS00N"),
        ("HLF® 1918", "HLF1918"),
        ("XILINX™", "XILINX"),
        ("+786AB", "786AB"),
        ("T730631.1", "T7306311"),
        ("_A*B·C°", "ABC"),
        ("A-B/C", "A-B/C"),
        ("", ""),
    ],
)
def test_lines_are_compared_without_case_spaces_and_symbols(line: str, compared: str) -> None:
    assert normalised(line) == compared


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        pytest.param("19E9XBL E4", ("19E9XBL", "19E9XBLE4"), id="finish-code-may-be-left-out"),
        pytest.param("6BV/ML e3", ("6BV/ML", "6BV/MLE3"), id="in-lower-case-too"),
        pytest.param("E4", ("E4",), id="a-finish-code-alone-is-a-line"),
        pytest.param("GH25D 93", ("GH25D93", "GH25D93"), id="no-finish-code"),
        pytest.param("XE4", ("XE4", "XE4"), id="part-of-a-word-is-no-finish-code"),
        pytest.param("G? E4", ("G?E4",), id="an-unreadable-finish-code-leaves-nothing"),
    ],
)
def test_a_finish_code_is_a_symbol(label: str, forms: tuple[str, ...]) -> None:
    assert accepted_forms(label) == forms


@pytest.mark.parametrize(
    ("label", "read", "distance"),
    [
        ("", "", 0),
        ("ABC", "", 3),
        ("", "AB", 2),
        ("ABC", "ABC", 0),
        ("ABC", "AXC", 1),
        ("ABC", "AC", 1),
        ("ABC", "ABXC", 1),
        ("A?C", "AXC", 0),
        ("A??D", "AD", 2),
        ("KITTEN", "SITTING", 3),
    ],
)
def test_the_distance_is_levenshteins_with_a_joker(label: str, read: str, distance: int) -> None:
    assert edit_distance(label, read) == distance


def test_each_predicted_line_serves_once() -> None:
    tally = score(["ABC", "ABC"], ["ABC"])
    assert (tally.exact, tally.lines, tally.chips, tally.edits) == (1, 2, 0, 3)


def test_a_line_that_nobody_could_read_is_left_out() -> None:
    assert score(["???"], ["ABC"]) == Tally()
    assert score(["", "???"], []) == Tally()


def test_lines_that_match_nothing_are_extra_but_for_finish_codes() -> None:
    tally = score(["ABC"], ["ABC", "XYZ123", "E4"])
    assert tally.extra == 1
    assert tally.extra_per_photo == 1.0


def test_what_was_read_for_an_unknown_character_is_invented_on_defective_parts_alone() -> None:
    assert (score(["A??D"], ["AXYD"], defective=True).invented, score(["A??D"], ["AXYD"]).invented) == (2, 0)
    assert score(["A??D"], ["AD"], defective=True).invented == 0
    assert score(["A??D"], ["AXD"], defective=True).unknown == 2


def test_tallies_add_up_and_give_rates() -> None:
    both = score(["AB", "CD"], ["AB", "CX"]) + score(["EF"], ["EF"])
    assert both == Tally(photos=2, chips=1, lines=3, exact=2, characters=6, edits=1)
    assert both.line_exact == pytest.approx(2 / 3)
    assert both.chip_exact == 0.5
    assert both.cer == pytest.approx(1 / 6)


def test_nothing_at_all_has_rates_of_zero() -> None:
    assert (Tally().line_exact, Tally().chip_exact, Tally().cer, Tally().extra_per_photo) == (0, 0, 0, 0)


def spoiled(lines: list[str], chance: random.Random) -> list[str]:
    """Readings as an engine may give them: lines dropped, joined, doubled, characters changed."""
    read = []
    for line in lines:
        characters = [chance.choice("0O5S1I8B ") if chance.random() < 0.12 else character for character in line]
        if chance.random() < 0.15:
            continue
        read.append("".join(characters) + chance.choice(["", "", " E4", "®", "x"]))
    if read and chance.random() < 0.3:
        read.append(chance.choice([read[0], "E4", "NOISE", "", "?"]))
    chance.shuffle(read)
    return read


def peers_figures(scorer: Path, labels: Path, predictions: Path) -> dict[str, tuple[str, ...]]:
    """What the scorer that came with the photos prints: by source, all its columns as text."""
    done = subprocess.run(
        [sys.executable, str(scorer), str(labels), str(predictions)], capture_output=True, text=True, check=True
    )
    rows = [row.split() for row in done.stdout.splitlines()[1:] if not row.startswith("seconds")]
    return {row[0]: tuple(row[1:]) for row in rows}


def our_figures(tally: Tally) -> tuple[str, ...]:
    rates = (tally.line_exact, tally.chip_exact, tally.cer)
    invented = f"{tally.invented / tally.unknown:.0%}" if tally.unknown else "-"
    figures = (str(tally.photos), str(tally.lines), *(f"{rate:.1%}" for rate in rates))
    return (*figures, f"{tally.extra_per_photo:.2f}", invented)


@pytest.mark.realchips
@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_the_scorer_that_came_with_the_photos(realchips: Path, tmp_path: Path, seed: int) -> None:
    scorer = realchips.parent / "tools" / "score_reading.py"
    if not scorer.is_file():
        pytest.skip("the scorer of the photos is not beside this checkout (../shared/tools/score_reading.py)")
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    tallies: dict[str, Tally] = defaultdict(Tally)
    predictions = tmp_path / "predictions.jsonl"
    with (realchips / "labels.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    with predictions.open("w", encoding="utf-8") as handle:
        for row in rows:
            lines = spoiled(row["lines"].split("|"), chance) if seed else row["lines"].split("|")
            handle.write(json.dumps({"file": row["file"], "lines": lines}) + "\n")
            tally = score(row["lines"].split("|"), lines, defective=row["verdict"].startswith("def"))
            tallies["all"] += tally
            tallies[row["source"]] += tally

    assert {source: our_figures(tally) for source, tally in tallies.items()} == peers_figures(
        scorer, realchips / "labels.csv", predictions
    )


@pytest.mark.realchips
def test_it_agrees_on_what_was_really_read(realchips: Path, tmp_path: Path) -> None:
    scorer = realchips.parent / "tools" / "score_reading.py"
    if not scorer.is_file():
        pytest.skip("the scorer of the photos is not beside this checkout (../shared/tools/score_reading.py)")
    reader, limits = build(), ImageLimits(max_bytes=2**26, max_pixels=10**8, min_side_px=8)
    with (realchips / "labels.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))[::25]
    labels, predictions = tmp_path / "labels.csv", tmp_path / "predictions.jsonl"
    tallies: dict[str, Tally] = defaultdict(Tally)
    with labels.open("w", encoding="utf-8", newline="") as table, predictions.open("w", encoding="utf-8") as lines:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        for row in rows:
            texts = reader.read(decode((realchips / row["file"]).read_bytes(), limits), time.perf_counter).texts
            writer.writerow(row)
            lines.write(json.dumps({"file": row["file"], "lines": texts}) + "\n")
            tally = score(row["lines"].split("|"), texts, defective=row["verdict"].startswith("def"))
            tallies["all"] += tally
            tallies[row["source"]] += tally

    assert {source: our_figures(tally) for source, tally in tallies.items()} == peers_figures(
        scorer, labels, predictions
    )
