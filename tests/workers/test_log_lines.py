"""A line of the log is one whole line of JSON whatever is logged, and reads well for people."""

from __future__ import annotations

import contextlib
import contextvars
import io
import json
import logging
import math
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from data.acting import Actor, acting_as
from data.concerning import concerning
from workers import log_lines
from workers.log_lines import ACCESS, JsonLines, PlainLines, adopted, cut, harmless, shown
from workers.redaction import Redaction

RUN, INSPECTION, BATCH = (UUID(int=number) for number in (1, 2, 3))
JSON = JsonLines("worker-1", Redaction({"known-secret"}))
PLAIN = PlainLines(Redaction({"known-secret"}))


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


class UnwritableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def record(message: Any, *values: Any, error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    raised = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("workers.x", logging.WARNING, __file__, 1, message, values, raised)
    made.__dict__.update(extra)
    return made


def fields(made: logging.LogRecord) -> dict[str, Any]:
    line = JSON.format(made)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert len(line) <= log_lines.LONGEST_LINE_BYTES
    found: dict[str, Any] = json.loads(line)
    return found


def raised(error: BaseException) -> BaseException:
    with contextlib.suppress(type(error)):
        raise error
    return error


def test_a_line_says_when_how_bad_where_and_what() -> None:
    made = record("%d of %s", 3, "five")
    made.created = 1_700_000_000.25
    told = fields(made)
    assert told["time"] == "2023-11-14T22:13:20.250000Z"
    assert (told["level"], told["logger"], told["message"]) == ("WARNING", "workers.x", "3 of five")
    assert (told["part"], told["pid"]) == ("worker-1", made.process)
    assert "error" not in told


def test_a_line_says_who_acts_in_what_request_and_on_what() -> None:
    with acting_as(Actor("user:ada", "req-1")), concerning(run_id=RUN, inspection_id=INSPECTION, batch_id=BATCH):
        told = fields(record("x"))
    assert (told["actor"], told["request_id"]) == ("user:ada", "req-1")
    assert [told[name] for name in ("run_id", "inspection_id", "batch_id")] == [str(RUN), str(INSPECTION), str(BATCH)]


def test_what_is_unknown_is_left_out() -> None:
    with acting_as(Actor("system:relay")):
        told = fields(record("x"))
    assert told["actor"] == "system:relay"
    assert not {"request_id", "run_id", "inspection_id", "batch_id", "error"} & told.keys()


def test_where_nobody_acts_the_line_is_written_all_the_same() -> None:
    nobody = contextvars.Context()
    assert "actor" not in nobody.run(lambda: fields(record("x")))


def test_an_error_is_one_field_with_its_type_and_traceback() -> None:
    told = fields(record("it failed", error=raised(ValueError("why\nand how"))))
    assert told["message"] == "it failed"
    assert told["error"]["type"] == "ValueError"
    assert told["error"]["traceback"].startswith("Traceback (most recent call last):\n")
    assert told["error"]["traceback"].endswith("ValueError: why\nand how")


def test_values_beside_the_message_are_fields_of_their_own() -> None:
    told = fields(record("x", route="/v1/runs", seconds=0.25, status=200, nothing=None, flag=True))
    assert (told["route"], told["seconds"], told["status"], told["nothing"], told["flag"]) == (
        "/v1/runs", 0.25, 200, None, True,
    )  # fmt: skip


def test_values_beside_the_message_take_no_field_of_the_line() -> None:
    told = fields(record("x", time="never", level="fine", part="another", actor="user:mallory"))
    assert told["time"] != "never"
    assert (told["level"], told["part"], told["actor"]) == ("WARNING", "worker-1", "user:tester")


AWKWARD = {
    "newlines": "a\nb\r\nc\u2028d\u2029e\x85f\x0bg\x0cg",
    "control characters": "\x00\x1b[31mred\x1b[0m\x07",
    "half a surrogate": "file \udcff name",
    "quotes and backslashes": '"\'\\"',
    "what is no Latin": "чип 芯片 🧪",
    "empty": "",
    "huge": "x" * 5_000_000,
    "huge and dear to write": "\x00" * 1_000_000,
    "braces": '{"time": "never"}',
    "percent signs": "100 % of %s %(x)s",
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_whatever_is_said_is_one_line(text: str) -> None:
    told = fields(record("%s", text, value=text, error=raised(ValueError(text))))
    assert len(told["message"]) <= log_lines.MOST_MESSAGE
    assert told["error"]["type"] == "ValueError"
    json.dumps(told).encode("utf-8")


VALUES = {
    "not a number": (math.nan, "nan"),
    "endless": (-math.inf, "-inf"),
    "beyond 64 bits": (1 << 70, str(1 << 70)),
    "bytes": (b"\xff", "b'\\xff'"),
    "a moment": (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
    "a list": ([1, "a"], "[1, 'a']"),
    "an id": (RUN, str(RUN)),
    "what cannot be written": (Unwritable(), "(a Unwritable that cannot be written: RuntimeError)"),
}


@pytest.mark.parametrize(("value", "said"), VALUES.values(), ids=VALUES)
def test_whatever_a_value_is_the_line_is_whole(value: object, said: str) -> None:
    assert fields(record("x", value=value))["value"] == said


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: record("%d parts", "three"), "%d parts (its values cannot be written: TypeError)"),
        (lambda: record("%s and %s", 1), "%s and %s (its values cannot be written: TypeError)"),
        (lambda: record("%s", Unwritable()), "%s (its values cannot be written: RuntimeError)"),
        (
            lambda: record(Unwritable()),
            "(a Unwritable that cannot be written: RuntimeError) (its values cannot be written: RuntimeError)",
        ),
    ],
    ids=["another type", "too few", "a value that fails", "a message that fails"],
)
def test_a_message_that_cannot_be_put_together_is_logged(made, message: str) -> None:
    assert fields(made())["message"] == message
    assert PLAIN.format(made()) == message


def test_an_error_without_words_is_logged() -> None:
    told = fields(record("x", error=raised(UnwritableError())))
    assert told["error"]["type"] == "UnwritableError"
    assert "UnwritableError" in told["error"]["traceback"]


def test_no_secret_is_in_any_field() -> None:
    secret = "hunter2-Zq9"
    made = record(
        "to %s", f"redis://:{secret}@queue", error=raised(ValueError(f"password={secret}")), value=f"token={secret}",
        headers={"authorization": f"Bearer {secret}"}, plain="known-secret",
    )  # fmt: skip
    for line in (JSON.format(made), PLAIN.format(made)):
        assert secret not in line
        assert "known-secret" not in line
        assert "***" in line


@pytest.mark.parametrize("place", [32_760, 32_768 - 20, 100_000, 200_000 - 32_775, 200_000 - 32_768])
def test_a_secret_where_a_long_text_is_cut_is_not_left_in_halves(place: int) -> None:
    secret = "".join(f"<{number:03}>" for number in range(60)).replace("<", "q").replace(">", "z")
    text = f"{'x ' * (place // 2)} password={secret} "
    text += "y" * (200_000 - len(text))
    line = JSON.format(record("%s", text))
    assert not any(f"q{number:03}z" in line for number in range(60))


def test_a_secret_before_the_place_where_a_message_is_cut_is_taken_out_whole() -> None:
    url = f"postgresql://app:{'p' * 300}@db"
    for place in range(log_lines.MOST_MESSAGE // 2 - 350, log_lines.MOST_MESSAGE // 2 + 50, 10):
        text = "x" * (place - 1) + " " + url + " " + "y" * 20_000
        assert "pppp" not in JSON.format(record("%s", text))


def test_people_are_shown_the_message_and_the_traceback() -> None:
    assert PLAIN.format(record("%d parts", 3)) == "3 parts"
    lines = PLAIN.format(record("it failed", error=raised(ValueError("why")))).splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("it failed", "Traceback (most recent call last):", "ValueError: why")


def test_nothing_that_is_logged_steers_a_terminal() -> None:
    line = PLAIN.format(record("%s", "\x1b]0;owned\x07 \x9b31m \u202egnp.exe \r over\t\n"))
    assert line == "\\x1b]0;owned\\x07 \\x9b31m \\x202egnp.exe \\x0d over\t\n"
    assert harmless("чип\n\t") == "чип\n\t"
    io.TextIOWrapper(io.BytesIO(), encoding="utf-8").write(PLAIN.format(record("\udcff")))


def test_what_a_part_logged_is_kept_as_it_is() -> None:
    line = JSON.format(record("x"))
    assert adopted(line, part="relay") == line


PRINTED = ["", "http://127.0.0.1:8080", "{", '{"a": 1}', "[1]", '{"time": 1', "null", "\x1b[1mbold", "\ufffd"]


@pytest.mark.parametrize("line", PRINTED)
def test_what_a_part_printed_becomes_a_line_of_the_log(line: str) -> None:
    told = json.loads(adopted(line, part="postgres"))
    assert (told["message"], told["part"], told["level"], told["logger"]) == (
        line,
        "postgres",
        "INFO",
        "marksight.printed",
    )
    assert datetime.fromisoformat(told["time"]).tzinfo is not None


def test_what_a_part_printed_is_without_secrets_and_not_too_long() -> None:
    long = adopted("redis://:hunter2-Zq9@queue " + "x" * 100_000, part="valkey")
    assert "hunter2" not in long
    assert len(long) < log_lines.LONGEST_LINE_BYTES
    assert "hunter2" not in shown("redis://:hunter2-Zq9@queue")[0]


def test_people_are_shown_what_a_part_said_in_words() -> None:
    assert shown(JSON.format(record("two\nlines"))) == ["two", "lines"]
    assert shown("plain \x1b[31m text") == ["plain \\x1b[31m text"]
    assert shown(JSON.format(record(""))) == [""]
    lines = shown(JSON.format(record("it failed", error=raised(ValueError("why")))))
    assert (lines[0], lines[1], lines[-1]) == ("it failed", "Traceback (most recent call last):", "ValueError: why")


def test_people_are_shown_no_line_for_each_request() -> None:
    asked = record("GET /v1/runs 200")
    asked.name = ACCESS
    assert shown(JSON.format(asked)) == []


CUTS = [("", 10), ("x" * 10, 10), ("x" * 101, 100), ("ab" * 5_000, 100), ("x" * 600, 50)]


@pytest.mark.parametrize(("text", "most"), CUTS, ids=["empty", "just so long", "one more", "much more", "short bound"])
def test_what_is_too_long_keeps_its_two_ends(text: str, most: int) -> None:
    left = cut(text, most)
    assert len(left) <= most
    assert (left == text) == (len(text) <= most)
    assert left[:1] == text[:1]
    assert left[-1:] == text[-1:]


def test_a_deep_error_is_logged() -> None:
    def deeper(depth: int) -> None:
        if depth:
            deeper(depth - 1)
        raise ValueError("bottom")

    error: BaseException = ValueError("first")
    for _ in range(200):
        following = RuntimeError("x" * 1000)
        following.__cause__ = error
        error = following
    assert fields(record("x", error=error))["error"]["type"] == "RuntimeError"
    with pytest.raises(ValueError, match="bottom") as caught:
        deeper(sys.getrecursionlimit() // 3)
    assert fields(record("x", error=caught.value))["error"]["traceback"].endswith("ValueError: bottom")
