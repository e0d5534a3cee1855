"""`docs/asvs.md` has every requirement of levels 1 and 2 once, and names tests that are there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "asvs.md").read_text("utf-8")
LEVELS = """
1.1 22  1.2 1111122223  1.3 112222222223  1.4 222  1.5 123
2.1 122  2.2 112  2.3 12223  2.4 23
3.1 3  3.2 113  3.3 12223  3.4 11222233  3.5 11122333  3.6 3  3.7 22333
4.1 12233  4.2 23333  4.3 22  4.4 1222
5.1 2  5.2 112333  5.3 113  5.4 222
6.1 122  6.2 111111112222  6.3 11223333  6.4 112233  6.5 22222333  6.6 2223  6.7 33  6.8 2222
7.1 222  7.2 1111  7.3 22  7.4 11222  7.5 223  7.6 22
8.1 1233  8.2 1123  8.3 133  8.4 23
9.1 111  9.2 1222
10.1 22  10.2 223  10.3 22223  10.4 1111122222233333  10.5 22222  10.6 22  10.7 222
11.1 2233  11.2 22233  11.3 11233  11.4 1222  11.5 23  11.6 23  11.7 33
12.1 12233  12.2 11  12.3 22223
13.1 2333  13.2 222223  13.3 2233  13.4 1222233
14.1 22  14.2 12223333  14.3 122
15.1 12233  15.2 12233  15.3 1222222  15.4 3333
16.1 2  16.2 22222  16.3 2222  16.4 222  16.5 2223
17.1 23  17.2 22223333  17.3 22
"""
"""The levels of the requirements of each section of ASVS 5.0.0, in their order."""

_SECTIONS = LEVELS.split()

ASKED = {
    f"{section}.{at}": int(level)
    for section, levels in zip(_SECTIONS[::2], _SECTIONS[1::2], strict=True)
    for at, level in enumerate(levels, 1)
    if level in "12"
}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
NOT_APPLICABLE = re.findall(r"^Not applicable: (.*)$", PAGE, re.MULTILINE)
TEST = re.compile(r"\[([a-z_]+\.py)::([a-z0-9_]+)\]\(\.\./(tests/[a-z_/]+\.py)\)")
STATES = ("met", "in part", "not met")


def excused() -> list[str]:
    """Return the requirements that do not apply, one by one; of a whole section, all of it."""
    found: list[str] = []
    for line in NOT_APPLICABLE:
        said = re.sub(r"\([^)]*\)", "", line).partition(". Sign-ins")[0]
        for first, last in re.findall(r"(\d+(?:\.\d+)+)(?: to (\d+(?:\.\d+)+))?", said):
            found += between(first, last or first)
    return found


def between(first: str, last: str) -> list[str]:
    def order(number: str) -> tuple[int, ...]:
        return tuple(map(int, number.split(".")))

    deep = len(order(first))
    return [number for number in ASKED if order(first) <= order(number)[:deep] <= order(last)]


def test_the_standard_has_as_many_requirements_as_it_says() -> None:
    assert [list(ASKED.values()).count(level) for level in (1, 2)] == [70, 183]


def test_every_requirement_is_told_once_with_its_level() -> None:
    told = [row[0] for row in ROWS] + excused()
    assert sorted(told) == sorted(ASKED)
    assert {row[0]: int(row[1]) for row in ROWS} == {row[0]: ASKED[row[0]] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_met_names_its_tests_and_what_is_not_its_reason(row: list[str]) -> None:
    _, _, asked, stands = row
    assert asked
    assert stands.startswith(STATES)
    assert TEST.search(stands) if not stands.startswith("not met") else len(stands) > len("not met: ...")
    for name, function, path in TEST.findall(stands):
        assert path.endswith(f"/{name}")
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^(async )?def test_{function}\(", text, re.MULTILINE), f"{path}: test_{function}"


def test_the_sum_is_that_of_the_rows() -> None:
    found = [next(state for state in ("not met", *STATES) if row[3].startswith(state)) for row in ROWS]
    met, part, missing = (found.count(state) for state in STATES)
    said = f"Of {len(ASKED)} requirements {met} are met, {part} in part, {missing} not; {len(excused())} do not apply."
    assert said in PAGE


def test_the_page_on_security_leads_to_it() -> None:
    assert "(asvs.md)" in (ROOT / "docs" / "security.md").read_text("utf-8")
