from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.errors import RecipeInvalid
from core.reasons import Reason
from dashboard.cli.inspect import RecipeUnknown, exit_code, in_words, recipe_of
from data.bundled import recipes, samples

SAMPLES = Path(__file__).resolve().parents[3] / "data" / "assets" / "samples"
CLEAN = str(SAMPLES / "mc74hc32an-clean-1.jpg")
CUT = str(SAMPLES / "mc74hc32an-cut.jpg")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard.cli", "inspect", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def other_recipe(tmp_path: Path) -> str:
    document = recipes()["mc74hc32an"].to_document()
    document["variants"] = [{"name": "standard", "lines": [{"text": "MC74HC02AN"}, {"text": "FFFG{YYWW}"}]}]
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_right_part_passes() -> None:
    done = run(CLEAN, "--recipe", "mc74hc32an")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pass ")
    assert "FFFG9203 is matched by the pattern FFFG{YYWW} only." in done.stdout


def test_a_part_by_another_recipe_fails_and_shows_the_difference(other_recipe: str) -> None:
    done = run(CLEAN, "--recipe", other_recipe)
    assert done.returncode == 1
    assert "The mark says MC74HC32AN where MC74HC02AN is expected." in done.stdout
    assert done.stdout.splitlines()[-3:] == [
        "            expected  MC74HC02AN",
        "            read      MC74HC32AN",
        "                            ^",
    ]


def test_half_a_chip_is_never_released() -> None:
    assert run(CUT, "--recipe", "MC74HC32AN").returncode in (2, 3)


def test_the_json_is_one_document_a_line(tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_text("no picture")
    done = run(CLEAN, str(tmp_path / "no.jpg"), "--recipe", "mc74hc32an", "--json")
    assert done.returncode == 4
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["file"] == CLEAN
    assert first["verdict"] == "pass"
    assert first["fields"][0]["expected"] == "MC74HC32AN"
    assert set(second) == {"file", "error"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([CLEAN, "--recipe", "nothing"], "no recipe 'nothing'", id="no such recipe"),
        pytest.param([CLEAN, "--recipe", __file__], "no JSON document", id="recipe is no JSON"),
        pytest.param(["nowhere.jpg", "--recipe", "mc74hc32an"], "nowhere.jpg: no such file", id="no such photo"),
        pytest.param([__file__, "--recipe", "mc74hc32an"], "no picture", id="no picture"),
        pytest.param([CLEAN], "--recipe", id="no recipe given"),
    ],
)
def test_mistakes_are_told_in_a_line_without_a_traceback(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def row(verdict: str) -> dict[str, Any]:
    return {"file": "f", "verdict": verdict}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param([row("pass")], 0, id="pass"),
        pytest.param([row("pass"), row("borderline")], 2, id="borderline before pass"),
        pytest.param([row("borderline"), row("not_judged")], 3, id="not judged before borderline"),
        pytest.param([row("not_judged"), row("fail"), row("pass")], 1, id="fail before all verdicts"),
        pytest.param([row("fail"), {"file": "f", "error": "x"}], 4, id="an error before all"),
    ],
)
def test_the_gravest_row_speaks(rows: list[dict[str, Any]], code: int) -> None:
    assert exit_code(rows) == code


@pytest.mark.parametrize("name", ["mc74hc32an", "MC74HC32AN", "MC74HC32AN DIP-14", "mc74hc32an dip-14"])
def test_a_bundled_recipe_is_found_by_any_of_its_names(name: str) -> None:
    assert recipe_of(name).part_number == "MC74HC32AN"


def test_an_unknown_recipe_lists_those_there_are() -> None:
    with pytest.raises(RecipeUnknown, match="ds18b20, mc74hc32an"):
        recipe_of("74LS00")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("{}", "schema", id="no schema"),
        pytest.param('{"schema": 1, "name": "n", "variants": [{"name": "v", "lines": []}]}', "lines", id="no lines"),
        pytest.param("[" * 100_000, "no JSON document", id="nested without end"),
        pytest.param("\x00", "no JSON document", id="not JSON"),
        pytest.param(" " * (2**20 + 1), "at most", id="too large"),
    ],
)
def test_a_wrong_recipe_file_is_named_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(RecipeInvalid, match=said) as refusal:
        recipe_of(str(path))
    assert str(path) in str(refusal.value)


def test_words_say_verdict_score_file_and_reasons() -> None:
    made = {
        "file": "a.jpg", "verdict": "not_judged", "score": 0, "fields": [],
        "reasons": [{"code": Reason.TIME_OUT.name, "words": "The verdict was not ready in time."}],
    }  # fmt: skip
    assert in_words(made).splitlines() == [
        "not judged  0.00  a.jpg",
        "            The verdict was not ready in time.",
    ]


def test_every_bundled_sample_but_the_damaged_passes_by_its_recipe() -> None:
    clean = [str(SAMPLES / sample.name) for sample in samples() if "clean" in sample.name]
    assert run(*clean, "--recipe", "mc74hc32an").returncode == 0
    assert run(str(SAMPLES / "ds18b20.jpg"), "--recipe", "DS18B20").returncode == 0
