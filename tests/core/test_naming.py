"""A naming rule reads a path in one way, writes what it reads again, and says what it expected."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NameUnfit, NamingInvalid
from core.naming import ANYTHING, FIELDS, MAX_RULE, MOST_DIGITS, SEAT, Named, NamingRule, parse


@pytest.mark.parametrize(
    ("rule", "path", "said"),
    [
        pytest.param("", "whatever/it is", Named(), id="no rule reads nothing"),
        pytest.param("{serial}", "SN1", Named(serial="SN1"), id="one field"),
        pytest.param("{lot}_{serial}", "L1_SN1", Named(lot="L1", serial="SN1"), id="two fields"),
        pytest.param("{lot}_{serial}", "A_B_C", Named(lot="A", serial="B_C"), id="the last takes the rest"),
        pytest.param("{lot}__{serial}", "A_B__C", Named(lot="A_B", serial="C"), id="a longer divider"),
        pytest.param("{lot}/{serial}", "L1/SN 1", Named(lot="L1", serial="SN 1"), id="a folder"),
        pytest.param(
            "{station}-{lot}/{carrier}_{row}_{column}",
            "aoi3-L1/T01_02_10",
            Named(lot="L1", station="aoi3", carrier="T01", row=2, column=10),
            id="a place in a carrier",
        ),
        pytest.param("{*}_{serial}_{*}", "cam1_SN1_20260101", Named(serial="SN1"), id="anything around it"),
        pytest.param("t{trigger}", "t000042", Named(trigger=42), id="zeros before a number"),
        pytest.param("t{trigger}", "t0", Named(trigger=0), id="the trigger 0"),
        pytest.param("{{{lot}}}", "{L1}", Named(lot="L1"), id="braces"),
        pytest.param("({lot}).+{serial}", "(L1).+S", Named(lot="L1", serial="S"), id="signs of patterns mean nothing"),
        pytest.param("{serial}", "e\u0301", Named(serial="é"), id="letters as one sign"),
        pytest.param("{serial}", "芯片-7", Named(serial="芯片-7"), id="any script"),
        pytest.param("{serial}", "SN.1.2", Named(serial="SN.1.2"), id="dots"),
    ],
)
def test_a_rule_reads(rule: str, path: str, said: Named) -> None:
    assert parse(rule).read(path) == said


@pytest.mark.parametrize("station", ["aoi", "aoi-3", "a{b}", "L1/x", ".+"])
def test_a_station_that_is_known_may_hold_what_divides(station: str) -> None:
    rule = parse("{station}-{lot}/{serial}").at(station)
    assert rule.read(f"{station}-L1/S") == Named(lot="L1", serial="S")
    assert rule.fields == ("lot", "serial")
    with pytest.raises(NameUnfit):
        rule.read("other-L1/S")


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        pytest.param("{lot}_{serial}", "L1-SN1", "<lot>_<serial>", id="another divider"),
        pytest.param("{lot}_{serial}", "_SN1", "<lot>_<serial>", id="an empty field"),
        pytest.param("{lot}_{serial}", "L1_", "<lot>_<serial>", id="an empty last field"),
        pytest.param("{lot}_{serial}", "", "<lot>_<serial>", id="an empty name"),
        pytest.param("{lot}_{serial}_", "A_B", "<lot>_<serial>_", id="an end that lacks"),
        pytest.param("{lot}_x", "A_x_x", "<lot>_x", id="a value that holds its divider"),
        pytest.param("{lot}/{serial}", "L1_SN1", "1 folders deep, it lies 0", id="too shallow"),
        pytest.param("{serial}", "a/b", "0 folders deep, it lies 1", id="too deep"),
        pytest.param("{carrier}_{row}_{column}", "T_A_1", "a number from 1", id="no number"),
        pytest.param("{carrier}_{row}_{column}", "T_0_1", "a number from 1", id="row 0"),
        pytest.param("{carrier}_{row}_{column}", "T_1_123456", "5 digits", id="a number too long"),
        pytest.param("{carrier}_{row}_{column}", "T_-1_1", "a number from 1", id="below zero"),
        pytest.param("{trigger}", "٣", "a number", id="digits of another script"),
        pytest.param("{trigger}", "9" * 19, "18 digits", id="beyond a big integer"),
        pytest.param("{serial}", " SN1", "without spaces", id="a space before"),
        pytest.param("{serial}", "S\x07", "200 characters", id="a control character"),
        pytest.param("{serial}", "S" * 201, "200 characters", id="too long"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_expected(rule: str, path: str, expected: str) -> None:
    with pytest.raises(NameUnfit) as refusal:
        parse(rule).read(path)
    assert expected in str(refusal.value)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param("{lott}", "expected one of {lot}", id="unknown field"),
        pytest.param("{}", "no field {}", id="nameless field"),
        pytest.param("{lot", "place 1", id="open brace"),
        pytest.param("lot}", "place 4", id="closing brace"),
        pytest.param("{lot}{serial}", "side by side", id="fields side by side"),
        pytest.param("{*}{lot}", "side by side", id="anything beside a field"),
        pytest.param("{lot}_{lot}", "more than once", id="a field twice"),
        pytest.param("{carrier}_{row}", "go together", id="half a place"),
        pytest.param("abc", "at least one field", id="no field"),
        pytest.param("{*}", "at least one field", id="anything alone"),
        pytest.param("/{lot}", "has a name", id="absolute"),
        pytest.param("{lot}/", "has a name", id="folder at the end"),
        pytest.param("../{lot}", "has a name", id="upwards"),
        pytest.param(".{lot}", "begins with a dot", id="hidden"),
        pytest.param("done/{lot}", "handled already", id="what was handled"),
        pytest.param("a\\{lot}", "divides folders by /", id="backslash"),
        pytest.param("a\n{lot}", "control characters", id="new line"),
        pytest.param("{lot}" + "a" * MAX_RULE, "at most 500", id="too long"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_was_expected(rule: str, message: str) -> None:
    with pytest.raises(NamingInvalid) as refusal:
        parse(rule)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(Named(lot="L1"), id="a value lacks"),
        pytest.param(Named(lot="L1", serial="S", station="s"), id="a value too many"),
        pytest.param(Named(lot="L_1", serial="S"), id="a value holds the divider"),
        pytest.param(Named(lot="L/1", serial="S"), id="a value holds a folder"),
        pytest.param(Named(lot="L", serial=" "), id="a space"),
        pytest.param(Named(lot="L", serial="e\u0301"), id="letters as two signs"),
    ],
)
def test_what_no_path_can_say_is_not_written(named: Named) -> None:
    with pytest.raises(NameUnfit):
        parse("{lot}_{serial}").write(named)


@pytest.mark.parametrize("said", [{"carrier": "T"}, {"row": 1, "column": 1}, {"carrier": "T", "row": 0, "column": 1}])
def test_a_place_is_whole(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Named(**said)  # type: ignore[arg-type]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
DIVIDERS = st.text(st.sampled_from("_-/.+(){}ab "), min_size=1, max_size=3)


def values(names: list[str], text: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[Named]:
    chosen = {name: st.integers(1, 10 ** MOST_DIGITS[name] - 1) if name in MOST_DIGITS else text for name in names}
    return st.builds(Named, **chosen)


@st.composite
def rules(draw: st.DrawFn) -> NamingRule:
    """Rules of any fields in any order, with any text between them."""
    names = draw(st.lists(st.sampled_from([name for name in FIELDS if name not in SEAT]), unique=True))
    names += draw(st.sampled_from([[], list(SEAT)]))
    names += [ANYTHING] * draw(st.integers(0, 2))
    text = draw(st.just("") | DIVIDERS)
    for name in draw(st.permutations(names)):
        text += f"\0{name}\0" + draw(DIVIDERS)
    escaped = text.replace("{", "{{").replace("}", "}}")
    pieces = escaped.split("\0")
    rule = "".join(f"{{{piece}}}" if number % 2 else piece for number, piece in enumerate(pieces))
    try:
        return parse(rule)
    except NamingInvalid:
        return parse("{lot}_{serial}")


@given(st.data())
def test_what_is_written_is_read_again(data: st.DataObject) -> None:
    rule = data.draw(rules())
    named = data.draw(values(list(rule.fields)))
    try:
        path = rule.write(named)
    except NameUnfit:
        return
    assert rule.read(path) == named


@given(
    st.lists(st.text("AB01", min_size=1, max_size=4), min_size=5, max_size=5), st.integers(1, 99), st.integers(1, 99)
)
def test_values_without_dividers_are_always_written_and_read(texts: list[str], row: int, column: int) -> None:
    lot, serial, carrier, station, _ = texts
    named = Named(lot, serial, carrier, row, column, station, row)
    rule = parse("{station}-{lot}/{carrier}_{row}_{column}-{serial}.{trigger}")
    assert rule.read(rule.write(named)) == named


LIKE_A_PATH = st.from_regex(r"a?[ab]{1,3}[_/]b?[ab]{1,3}(/[ab]{1,3})?", fullmatch=True)


@given(
    st.text("ab_/", max_size=12) | LIKE_A_PATH,
    st.sampled_from(["{lot}_{serial}", "{lot}/{serial}", "a{lot}_b{serial}/{station}"]),
)
def test_what_is_read_is_written_as_it_was(path: str, rule: str) -> None:
    try:
        named = parse(rule).read(path)
    except NameUnfit:
        return
    assert parse(rule).write(named) == path


@st.composite
def paths(draw: st.DrawFn, rule: NamingRule) -> str:
    """Any path; most often one that the rule writes, or that with a sign put into it."""
    try:
        path = rule.write(draw(values(list(rule.fields), st.text("AB01", min_size=1, max_size=4))))
    except NameUnfit:
        return draw(st.text(max_size=20))
    at = draw(st.integers(0, len(path)))
    return path[:at] + draw(st.just("") | DIVIDERS) + path[at:]


@given(st.data())
def test_no_path_breaks_a_rule(data: st.DataObject) -> None:
    rule = data.draw(rules())
    path = data.draw(paths(rule))
    try:
        named = rule.read(path)
    except NameUnfit:
        return
    assert {name for name, value in asdict(named).items() if value is not None} == set(rule.fields)
