"""The log of a process is set up in one place: for people on a terminal, one JSON object a line otherwise."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import threading
import warnings
from pathlib import Path

import pytest
from pydantic import SecretStr

from data.settings import Settings
from workers import logs
from workers.log_lines import ACCESS

log = logging.getLogger("tests.workers.something")

pytestmark = pytest.mark.usefixtures("put_back")


def settings(tmp_path: Path, **changes: object) -> Settings:
    return Settings(home=tmp_path, **{"log_format": "json", **changes})  # type: ignore[arg-type]


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


FORMS = [("auto", False, True), ("auto", True, False), ("json", True, True), ("human", False, False)]


@pytest.mark.parametrize(("form", "terminal", "as_json"), FORMS)
def test_the_form_is_the_settings_or_goes_by_who_reads(
    form: str, terminal: bool, as_json: bool, tmp_path: Path
) -> None:
    reader, writer = pty.openpty() if terminal else os.pipe()
    with os.fdopen(writer, "w") as stream:
        assert logs.set_up(settings(tmp_path, log_format=form), "relay", stream=stream) is as_json
        assert logs.tells_in_json() is as_json
        log.warning("hello")
        stream.flush()
        said = os.read(reader, 1000).decode().strip()
    os.close(reader)
    assert (json.loads(said)["message"] if as_json else said) == "hello"


def test_what_is_less_severe_than_the_setting_is_not_logged(tmp_path: Path) -> None:
    stream = io.StringIO()
    logs.set_up(settings(tmp_path, log_level="WARNING"), "relay", stream=stream)
    log.info("less")
    log.warning("enough")
    assert [line["message"] for line in lines(stream)] == ["enough"]


def test_set_up_again_each_line_is_written_once(tmp_path: Path) -> None:
    stream = io.StringIO()
    for part in ("seed", "migrate"):
        logs.set_up(settings(tmp_path), part, stream=stream)
    log.warning("once")
    assert [line["part"] for line in lines(stream)] == ["migrate"]


def test_a_password_of_the_settings_is_never_logged(tmp_path: Path) -> None:
    stream = io.StringIO()
    url = SecretStr("postgresql://app:cor%40rect-horse@db/marksight")
    logs.set_up(settings(tmp_path, database_url=url), "relay", stream=stream)
    log.warning("it is cor@rect-horse, or cor%%40rect-horse, of %s", url.get_secret_value())
    assert "rect-horse" not in stream.getvalue()


def test_a_stream_that_is_closed_or_full_takes_nothing_down(tmp_path: Path, capfd) -> None:
    stream = io.StringIO()
    logs.set_up(settings(tmp_path), "relay", stream=stream)
    stream.close()
    log.warning("nobody hears")
    assert capfd.readouterr() == ("", "")


def test_a_thread_that_fails_and_a_warning_are_lines_of_the_log(tmp_path: Path) -> None:
    stream = io.StringIO()
    logs.set_up(settings(tmp_path), "relay", stream=stream)
    thread = threading.Thread(target=lambda: 1 / 0, name="urgency")
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("something old", stacklevel=1)
    failed, warned = lines(stream)
    assert (failed["message"], failed["error"]["type"]) == ("the thread urgency has failed", "ZeroDivisionError")  # type: ignore[index]
    assert (warned["logger"], "something old" in str(warned["message"])) == ("py.warnings", True)


@pytest.mark.parametrize("name", logs.CHATTY)
def test_of_what_tells_of_everything_only_what_went_wrong_is_logged(name: str, tmp_path: Path) -> None:
    stream = io.StringIO()
    logs.set_up(settings(tmp_path), "server", stream=stream)
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("trouble")
    assert [line["message"] for line in lines(stream)] == ["trouble"]


@pytest.mark.parametrize(("form", "told"), [("json", 1), ("human", 0)])
def test_the_line_for_each_request_is_for_machines(form: str, told: int, tmp_path: Path) -> None:
    stream = io.StringIO()
    logs.set_up(settings(tmp_path, log_format=form), "server", stream=stream)
    logging.getLogger(ACCESS).info("GET /v1/runs 200")
    assert len(stream.getvalue().splitlines()) == told
