from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decision import BLOCK, TABLE, Decisions, decide, deciding_row, first_match
from core.reasons import FINDINGS, HARD, NOTES, UNJUDGEABLE, Reason, each
from core.rules import Rules, SignalRule
from core.signals import MISSING, ONE, SIGNALS, Measured, SignalColumns, Signals, one_row
from core.verdicts import Verdict

OCR = SignalRule(accept=8000, reject=3000, margin=1000, weight=10000, required=True)
LOGO = SignalRule(accept=6000, reject=2000, margin=0, weight=10000, required=False)
RULES = Rules((("ocr", OCR),), pass_score=8000)
TWO = Rules((("ocr", OCR), ("logo", LOGO)), pass_score=7000)

GOOD = Measured(9000, 5000, 9000)


def one(measured: Measured, facts: int = 0, rules: Rules = RULES, **others: Measured) -> tuple[Verdict, Reason]:
    decided = decide(one_row({"ocr": measured, **others}, facts), rules)
    return Verdict(decided.verdict[0]), Reason(int(decided.reasons[0]))


@pytest.mark.parametrize(
    ("measured", "verdict", "reason"),
    [
        pytest.param(GOOD, Verdict.PASS, Reason(0), id="all over their limits"),
        pytest.param(Measured(8000, 1000, 8000), Verdict.PASS, Reason(0), id="equal to every limit passes"),
        pytest.param(Measured(7999, 5000, 7999), Verdict.BORDERLINE, Reason.BELOW_ACCEPT, id="just under accept"),
        pytest.param(Measured(9000, 999, 9000), Verdict.BORDERLINE, Reason.BELOW_MARGIN, id="just under margin"),
        pytest.param(Measured(9000, -2, 9000), Verdict.BORDERLINE, Reason.BELOW_MARGIN, id="negative margin"),
        pytest.param(Measured(9000, MISSING, 9000), Verdict.BORDERLINE, Reason.BELOW_MARGIN, id="missing margin is 0"),
        pytest.param(Measured(3000, 5000, 3000), Verdict.BORDERLINE, Reason.BELOW_ACCEPT, id="equal to reject"),
        pytest.param(Measured(2999, 5000, 2999), Verdict.FAIL, Reason.BELOW_REJECT, id="just under reject"),
        pytest.param(Measured(0, -10000, 0), Verdict.FAIL, Reason.BELOW_REJECT, id="nothing of it"),
        pytest.param(Measured(0, -10000, 9000), Verdict.BORDERLINE, Reason.BELOW_ACCEPT, id="low field is illegible"),
        pytest.param(Measured(0, -10000, MISSING), Verdict.BORDERLINE, Reason.BELOW_ACCEPT, id="no field is legible"),
        pytest.param(Measured(0, 0, 2999), Verdict.FAIL, Reason.BELOW_REJECT, id="legible field under reject"),
        pytest.param(
            Measured(MISSING, MISSING, MISSING), Verdict.NOT_JUDGED, Reason.REQUIRED_MISSING, id="required is missing"
        ),
    ],
)
def test_limits_of_one_signal(measured: Measured, verdict: Verdict, reason: Reason) -> None:
    got, reasons = one(measured)
    assert got is verdict
    assert reasons & reason == reason


@pytest.mark.parametrize("fact", each(HARD), ids=lambda fact: fact.name)
def test_a_hard_fact_fails_the_best_part(fact: Reason) -> None:
    assert one(GOOD, fact)[0] is Verdict.FAIL


@pytest.mark.parametrize("fact", each(UNJUDGEABLE), ids=lambda fact: fact.name)
def test_what_cannot_be_judged_is_never_released(fact: Reason) -> None:
    assert one(GOOD, fact)[0] is Verdict.NOT_JUDGED


@pytest.mark.parametrize("fact", each(HARD), ids=lambda fact: fact.name)
def test_a_hard_fact_comes_before_what_cannot_be_judged(fact: Reason) -> None:
    assert one(GOOD, fact | Reason.TIME_OUT)[0] is Verdict.FAIL


def test_what_cannot_be_judged_comes_before_the_reject_limit() -> None:
    assert one(Measured(0, 0, 0), Reason.PACKAGE_CUT)[0] is Verdict.NOT_JUDGED


@pytest.mark.parametrize("fact", each(NOTES & ~FINDINGS), ids=lambda fact: fact.name)
def test_notes_change_no_verdict(fact: Reason) -> None:
    assert one(GOOD, fact)[0] is Verdict.PASS
    assert one(Measured(0, 0, 0), fact)[0] is Verdict.FAIL


@pytest.mark.parametrize("fact", [Reason.ILLEGIBLE, Reason.FIELD_MISSING], ids=lambda fact: fact.name)
def test_an_illegible_field_is_borderline_or_fail_as_the_recipe_says(fact: Reason) -> None:
    assert one(GOOD, fact)[0] is Verdict.BORDERLINE
    strict, reasons = one(GOOD, fact, replace(RULES, illegible_fails=True))
    assert strict is Verdict.FAIL
    assert reasons & Reason.ILLEGIBLE_REFUSED


def test_a_missing_optional_signal_scores_nothing_and_says_so() -> None:
    verdict, reasons = one(Measured(9999, 5000, 9999), rules=TWO)
    assert verdict is Verdict.BORDERLINE  # half of 0.9999: weights are not renormalised
    assert reasons & Reason.OPTIONAL_MISSING
    assert reasons & Reason.BELOW_PASS_SCORE


def test_a_missing_signal_counts_as_nothing_at_all() -> None:
    assert decide(one_row({"ocr": Measured(9999, 5000, 9999)}, 0), TWO).score[0] == 4999
    half = Rules((("ocr", OCR), ("logo", LOGO)), pass_score=0)
    absent = Measured(MISSING, MISSING, MISSING)
    assert decide(one_row({"ocr": Measured(9999, 0, 9999), "logo": absent}, 0), half).score[0] == 4999


def test_a_strict_recipe_lets_a_legible_part_pass() -> None:
    verdict, reasons = one(GOOD, rules=replace(RULES, illegible_fails=True))
    assert verdict is Verdict.PASS
    assert not reasons & Reason.ILLEGIBLE_REFUSED


def test_an_optional_signal_weighs_and_has_no_limits() -> None:
    assert one(GOOD, rules=TWO, logo=Measured(5000, 0, 5000))[0] is Verdict.PASS
    assert one(GOOD, rules=TWO, logo=Measured(4999, 0, 4999))[0] is Verdict.BORDERLINE


def test_the_weighted_score_is_rounded_down_so_that_it_never_reaches_a_limit_it_missed() -> None:
    thirds = Rules((("ocr", OCR), ("logo", replace(LOGO, weight=20000))), pass_score=9000)
    decided = decide(one_row({"ocr": Measured(9000, 5000, 9000), "logo": Measured(8999, 0, 8999)}, 0), thirds)
    assert decided.score[0] == 8999
    assert decided.verdict[0] == Verdict.BORDERLINE


def test_no_rows_give_no_decisions() -> None:
    none = np.zeros(0, np.int16)
    assert len(decide(Signals({"ocr": SignalColumns(none, none, none)}, np.zeros(0, np.int32)), RULES)) == 0


def test_every_part_matches_some_row_of_the_table() -> None:
    assert TABLE[-1].any_of == TABLE[-1].none_of == Reason(0)


def test_deciding_row_is_the_first_that_matches() -> None:
    for bits in (0, int(Reason.TIME_OUT), int(Reason.MIXED_LOT | Reason.TIME_OUT), int(Reason.BELOW_MARGIN)):
        assert deciding_row(bits).verdict == first_match(np.array([bits], np.int32))[0]


SCORES = st.sampled_from([MISSING, 0, ONE]) | st.integers(0, ONE) | st.integers(ONE * 8 // 10, ONE)
MARGINS = st.integers(-ONE, ONE) | st.integers(ONE * 8 // 10, ONE)
MEASURED = st.builds(Measured, SCORES, MARGINS, SCORES)
FACTS = st.just(0) | st.lists(st.sampled_from([each for each in Reason if not each & FINDINGS]), max_size=2).map(
    lambda facts: int(sum(set(facts)))
)
LIMITS = st.just(0) | st.integers(0, ONE)
"""Often none at all, so that another one decides."""
PARTS = st.lists(st.tuples(st.fixed_dictionaries(dict.fromkeys(SIGNALS, MEASURED)), FACTS), min_size=1, max_size=12)


@st.composite
def rule(draw: st.DrawFn, *, required: bool | None = None) -> SignalRule:
    reject, accept = sorted((draw(st.integers(0, ONE)), draw(st.integers(0, ONE))))
    return SignalRule(
        accept,
        reject,
        margin=draw(LIMITS),
        weight=draw(st.integers(1, 10 * ONE)),
        required=draw(st.booleans()) if required is None else required,
    )


OTHERS = st.lists(st.sampled_from(SIGNALS[1:]), unique=True).map(sorted)


@st.composite
def rule_sets(draw: st.DrawFn) -> Rules:
    others = tuple((name, draw(rule())) for name in draw(st.just([]) | OTHERS))
    first = (SIGNALS[0], draw(rule(required=True)))
    return Rules((first, *others), draw(LIMITS), illegible_fails=draw(st.booleans()))


def table(parts: list[tuple[dict[str, Measured], int]]) -> Signals:
    def column(name: str, which: str) -> np.ndarray:
        return np.array([getattr(measured[name], which) for measured, _ in parts], np.int16)

    columns = {
        name: SignalColumns(*(column(name, which) for which in ("score", "margin", "legible"))) for name in SIGNALS
    }
    return Signals(columns, np.array([facts for _, facts in parts], np.int32))


def same(one: Decisions, other: Decisions) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("verdict", "reasons", "score", "confidence")
    )


@given(PARTS, rule_sets())
def test_row_by_row_equals_all_at_once(parts: list[tuple[dict[str, Measured], int]], rules: Rules) -> None:
    at_once = decide(table(parts), rules)
    singly = [decide(table([part]), rules) for part in parts]
    for name in ("verdict", "reasons", "score", "confidence"):
        assert getattr(at_once, name).tolist() == [getattr(single, name)[0] for single in singly]


@given(PARTS, rule_sets(), st.randoms())
def test_the_order_of_rows_does_not_matter(
    parts: list[tuple[dict[str, Measured], int]], rules: Rules, random: object
) -> None:
    order = list(range(len(parts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, mixed = decide(table(parts), rules), decide(table([parts[place] for place in order]), rules)
    assert straight.verdict[order].tolist() == mixed.verdict.tolist()
    assert straight.confidence[order].tolist() == mixed.confidence.tolist()


@given(PARTS, rule_sets())
def test_the_same_input_gives_the_same_bytes(parts: list[tuple[dict[str, Measured], int]], rules: Rules) -> None:
    assert same(decide(table(parts), rules), decide(table(parts), rules))


def raised(rules: Rules, which: str, by: int) -> Rules:
    """The same rules with one limit of the first signal, or the pass score, higher."""
    if which == "pass_score":
        return replace(rules, pass_score=min(ONE, rules.pass_score + by))
    (name, first), *rest = rules.signals
    most = first.accept if which == "reject" else ONE
    higher = replace(first, **{which: min(most, getattr(first, which) + by)})
    return replace(rules, signals=((name, higher), *rest))


@pytest.mark.parametrize("which", ["accept", "reject", "margin", "pass_score"])
@given(parts=PARTS, rules=rule_sets(), by=st.integers(0, ONE))
def test_raising_a_limit_never_lets_a_part_through(
    which: str, parts: list[tuple[dict[str, Measured], int]], rules: Rules, by: int
) -> None:
    before = decide(table(parts), rules).verdict
    after = decide(table(parts), raised(rules, which, by)).verdict
    assert not np.any((after == Verdict.PASS) & (before != Verdict.PASS))
    assert not np.any((before == Verdict.FAIL) & (after != Verdict.FAIL))


@given(MEASURED, rule_sets(), st.integers(0, 500))
def test_a_better_score_never_makes_a_part_worse(measured: Measured, rules: Rules, by: int) -> None:
    if MISSING in (measured.score, measured.legible):
        return
    better = Measured(min(ONE, measured.score + by), measured.margin, min(ONE, measured.legible + by))
    rank = {Verdict.FAIL: 0, Verdict.NOT_JUDGED: 0, Verdict.BORDERLINE: 1, Verdict.PASS: 2}
    assert rank[one(better, rules=rules)[0]] >= rank[one(measured, rules=rules)[0]]


@given(PARTS, rule_sets())
def test_nothing_missing_that_is_required_ever_passes(
    parts: list[tuple[dict[str, Measured], int]], rules: Rules
) -> None:
    decided = decide(table(parts), rules)
    for (measured, _), verdict in zip(parts, decided.verdict, strict=True):
        if any(rule.required and measured[name].score == MISSING for name, rule in rules.signals):
            assert verdict in (Verdict.FAIL, Verdict.NOT_JUDGED)


@given(PARTS, rule_sets())
def test_confidence_and_score_are_shares(parts: list[tuple[dict[str, Measured], int]], rules: Rules) -> None:
    decided = decide(table(parts), rules)
    assert np.all((decided.confidence >= 0) & (decided.confidence <= ONE))
    assert np.all((decided.score >= 0) & (decided.score <= ONE))
    assert np.all(decided.confidence[decided.verdict == Verdict.NOT_JUDGED] == 0)


def test_blocks_change_nothing() -> None:
    random = np.random.default_rng(7)
    count = 2 * BLOCK + 17
    columns = SignalColumns(*(random.integers(MISSING, ONE + 1, count).astype(np.int16) for _ in range(3)))
    signals = Signals({"ocr": columns}, np.zeros(count, np.int32))
    whole = decide(signals, RULES)
    for start in (0, BLOCK - 1, BLOCK, 2 * BLOCK, count - 1):
        assert whole.verdict[start] == decide(signals.rows(slice(start, start + 1)), RULES).verdict[0]
