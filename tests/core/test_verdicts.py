from __future__ import annotations

import pytest

from core.verdicts import Verdict, worst


def test_numbers_are_stable() -> None:
    assert [verdict.word for verdict in Verdict] == ["pass", "fail", "borderline", "not_judged"]
    assert [int(verdict) for verdict in Verdict] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("verdicts", "one"),
    [
        pytest.param([Verdict.PASS], Verdict.PASS, id="one"),
        pytest.param([Verdict.PASS, Verdict.BORDERLINE], Verdict.BORDERLINE, id="borderline before pass"),
        pytest.param([Verdict.BORDERLINE, Verdict.NOT_JUDGED], Verdict.NOT_JUDGED, id="not judged before borderline"),
        pytest.param([Verdict.NOT_JUDGED, Verdict.FAIL, Verdict.PASS], Verdict.FAIL, id="fail before all"),
    ],
)
def test_the_worst_speaks_for_many(verdicts: list[Verdict], one: Verdict) -> None:
    assert worst(verdicts) is one


def test_no_parts_have_no_worst() -> None:
    with pytest.raises(ValueError, match="empty"):
        worst([])
