"""What a reading and its verification give cause to say: facts, which are stored, and the words of every reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from core.dates import date_code
from core.decision import deciding_row
from core.fields import CLEAR, Field
from core.reading import MarkReading
from core.reasons import FINDINGS, NOTES, REJECTED, SHORT, UNJUDGEABLE, UNREADABLE, Reason, Told, each, tell
from core.recipe import Recipe
from core.rules import Rules, SignalRule
from core.signals import MISSING, NOT_MEASURED, ONE, SIGNAL_WORDS, Measured
from core.verdicts import Verdict
from core.verification import Verification

SCRAP = 3
"""Characters that an unaccounted line must have to be worth telling: shorter ones are symbols and scraps of logos."""

HALF = 0.5

FAULTS = {reason.name: reason for reason in each(UNJUDGEABLE)}

SPOILT = {"PRINT_CUT": "print is cut off at the side of what was read"}
"""What spoils a picture, in words, by the faults that have no reason of their own."""


def bits_of(told: Iterable[Told]) -> Reason:
    """Return the reasons as bits."""
    bits = Reason(0)
    for one in told:
        bits |= one.reason
    return bits


def facts_of_reading(reading: MarkReading) -> tuple[Told, ...]:
    """Return what the reading itself gives cause to say; a fault without a reason of its own spoils the picture."""
    faults = tuple(_fault(fault) for fault in reading.faults)
    read = any(line.text.strip() for line in reading.lines)
    return faults if read else (*faults, tell(Reason.NOTHING_READ))


def _fault(fault: str) -> Told:
    reason = FAULTS.get(fault.upper().replace("-", "_"), Reason.IMAGE_UNUSABLE)
    return tell(reason, detail=SPOILT.get(fault, fault.replace("_", " ").lower()))


def facts_of_fields(
    verification: Verification, reading: MarkReading, recipe: Recipe, captured_at: datetime
) -> tuple[Told, ...]:
    """Return what the fields give cause to say, and the read lines that no field accounts for."""
    told = [one for field in verification.fields for one in _facts_of_field(field, recipe, captured_at)]
    if other := _another_mark(verification, reading):
        told.append(tell(Reason.RIVAL_TEXT, read=other, expected=_all_expected(verification)))
    used = {index for field in verification.fields for index in field.lines}
    for index, line in enumerate(reading.lines):
        if index not in used and len(line.text.strip()) >= SCRAP:
            told.append(tell(Reason.EXTRA_TEXT, read=line.text.strip()))
    return tuple(told)


def _facts_of_field(field: Field, recipe: Recipe, captured_at: datetime) -> Iterator[Told]:
    required, expected = field.expected.required, field.expected.text
    if not field.found:
        yield tell(Reason.FIELD_MISSING if required else Reason.LINE_ABSENT, expected=expected)
        return
    if required and field.rivalled:
        yield tell(Reason.RIVAL_TEXT, read=field.read, expected=expected)
    elif required and not field.legible:
        yield tell(Reason.ILLEGIBLE, read=field.read or "nothing", expected=expected)
    if field.margin > 0:
        if not field.expected.pattern.fixed:
            yield tell(Reason.UNVERIFIED, read=field.text, expected=expected)
        yield from _facts_of_date(field, recipe, captured_at)


def _another_mark(verification: Verification, reading: MarkReading) -> str:
    """Return what a mark says that is beyond doubt another one altogether; empty where it is not.

    None of the required lines is half like anything read, and as many lines as are required were read clearly.
    """
    if any(_likeness(field) >= HALF for field in verification.required):
        return ""
    clear = [line.text.strip() for line in reading.lines if line.confidence >= CLEAR and len(line.text) > SCRAP]
    return " ".join(clear) if len(clear) >= len(verification.required) else ""


def _likeness(field: Field) -> float:
    """Return the share of what was read that agrees: a piece of the expected line is wholly like it."""
    return sum(column.ok for column in field.alignment) / max(len(field.read), 1)


def _all_expected(verification: Verification) -> str:
    return " ".join(field.expected.text for field in verification.required)


def _facts_of_date(field: Field, recipe: Recipe, captured_at: datetime) -> Iterator[Told]:
    """A date speaks against the part only where it was read beyond doubt; otherwise it cannot be told."""
    code = date_code(field.places, field.text, captured_at)
    if code is None:
        return
    against: Told | None = None
    if not code.possible:
        against = tell(Reason.WEEK_IMPOSSIBLE, date=code.text)
    elif code.after(captured_at):
        against = tell(Reason.DATE_IN_FUTURE, date=code.text)
    elif recipe.max_age_weeks is not None and (age := code.age_weeks(captured_at)) > recipe.max_age_weeks:
        against = tell(Reason.DATE_TOO_OLD, date=code.text, age=age, limit=recipe.max_age_weeks)
    if against is not None:
        digits = [sure for place, sure in zip(field.places, field.confidences, strict=True) if place.date]
        doubtful = tell(Reason.ILLEGIBLE, read=field.text, expected=field.expected.text)
        yield against if min(digits) >= CLEAR else doubtful


def tell_verdict(
    bits: int, facts: Iterable[Told], measured: Mapping[str, Measured], rules: Rules | None
) -> tuple[Told, ...]:
    """Return the reasons that decided, and notes, in order and in words."""
    telling = _deciding(bits) | NOTES
    told = [one for one in facts if one.reason & telling]
    if rules is not None:
        findings = Reason(bits) & telling & FINDINGS
        told += [one for reason in each(findings) for one in _findings(reason, measured, rules)]
    return tuple(sorted(told, key=lambda one: int(one.reason)))  # stable: fields stay in order


def _deciding(bits: int) -> Reason:
    row = deciding_row(bits)
    if row.any_of & REJECTED:
        return row.any_of | UNREADABLE if bits & Reason.ILLEGIBLE_REFUSED else row.any_of
    return SHORT if row.verdict is Verdict.BORDERLINE else row.any_of


def _findings(reason: Reason, measured: Mapping[str, Measured], rules: Rules) -> Iterator[Told]:
    if reason is Reason.BELOW_PASS_SCORE:
        yield tell(reason, value=_share(_weighted(measured, rules)), limit=_share(rules.pass_score))
        return
    if reason is Reason.ILLEGIBLE_REFUSED:
        yield tell(reason)
        return
    for name, rule in rules.signals:
        value = _shortfall(reason, measured.get(name, NOT_MEASURED), rule)
        if value is not None:
            yield tell(reason, signal=SIGNAL_WORDS[name], value=_share(value[0]), limit=_share(value[1]))


def _shortfall(reason: Reason, measured: Measured, rule: SignalRule) -> tuple[int, int] | None:
    """Return the value and the limit it misses, where this signal gives this reason."""
    if reason in (Reason.REQUIRED_MISSING, Reason.OPTIONAL_MISSING):
        own = Reason.REQUIRED_MISSING if rule.required else Reason.OPTIONAL_MISSING
        return (0, 0) if measured.score == MISSING and reason is own else None
    value, limit = {
        Reason.BELOW_REJECT: (measured.legible, rule.reject),
        Reason.BELOW_ACCEPT: (measured.score, rule.accept),
        Reason.BELOW_MARGIN: (0 if measured.margin == MISSING else measured.margin, rule.margin),
    }[reason]
    known = measured.score != MISSING and (reason is not Reason.BELOW_REJECT or measured.legible != MISSING)
    return (value, limit) if rule.required and known and value < limit else None


def _weighted(measured: Mapping[str, Measured], rules: Rules) -> int:
    total = sum(max(measured.get(name, NOT_MEASURED).score, 0) * rule.weight for name, rule in rules.signals)
    return total // rules.total_weight


def _share(whole: int) -> str:
    """Return ten-thousandths with two digits, cut towards zero, so that what is under a limit never shows as on it."""
    return f"{int(whole * 100 / ONE) / 100:.2f}"
