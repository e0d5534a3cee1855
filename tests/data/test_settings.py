"""Every setting is described, documented, and read in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(Settings.model_fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_described(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_stands_in_the_example_file(name: str) -> None:
    assert f"#MARKSIGHT_{name.upper()}=" in (ROOT / ".env.example").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_stands_in_the_configuration_table(name: str) -> None:
    assert f"| `MARKSIGHT_{name.upper()}` |" in (ROOT / "docs" / "configuration.md").read_text()


def test_the_example_file_and_the_table_name_nothing_else() -> None:
    text = (ROOT / ".env.example").read_text() + (ROOT / "docs" / "configuration.md").read_text()
    named = set(re.findall(r"MARKSIGHT_([A-Z_]+)", text))
    assert {name.upper() for name in NAMES} == named


def test_a_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MARKSIGHT_PORT=9001\nMARKSIGHT_WORKERS=3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARKSIGHT_PORT", "9002")
    assert (Settings().port, Settings().workers) == (9002, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "-1"), ("port", "65536"), ("port", "web"), ("workers", "0"), ("lease_s", "0"), ("log_level", "LOUD")],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"MARKSIGHT_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_the_standard_name_of_the_collector_counts_too_and_ours_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://standard:4318")
    assert Settings().otlp_endpoint == "http://standard:4318"
    monkeypatch.setenv("MARKSIGHT_OTLP_ENDPOINT", "http://ours:4318")
    assert Settings().otlp_endpoint == "http://ours:4318"
    assert Settings(otlp_endpoint="http://said:4318").otlp_endpoint == "http://said:4318"


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = Settings(database_url="postgresql://app:hunter2@db/marksight", redis_url="redis://:hunter2@q")
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hunter2" not in shown
        assert "database_url" in shown


def test_settings_cannot_be_changed_after_the_start() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]
