from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signals import MISSING, NOT_MEASURED, ONE, Measured, SignalColumns, Signals, one_row, quantise, quantise_one


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        pytest.param(0.0, 0, id="nothing"),
        pytest.param(1.0, ONE, id="one"),
        pytest.param(-1.0, -ONE, id="minus one"),
        pytest.param(0.93118, 9312, id="rounds"),
        pytest.param(0.00005, 0, id="half to even, down"),
        pytest.param(0.00016, 2, id="rounds up"),
        pytest.param(-0.0001, -2, id="minus one ten-thousandth is kept off the missing value"),
        pytest.param(-0.0002, -2, id="minus two"),
        pytest.param(float("nan"), MISSING, id="not a number"),
        pytest.param(None, MISSING, id="none"),
    ],
)
def test_quantising(value: float | None, whole: int) -> None:
    assert quantise_one(value) == whole


@pytest.mark.parametrize("value", [1.0001, -1.5, float("inf")])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="expected values"):
        quantise([0.5, value])


@given(st.floats(-1.0, 1.0))
def test_a_known_value_never_becomes_the_missing_one(value: float) -> None:
    whole = quantise_one(value)
    assert whole != MISSING
    assert abs(whole / ONE - value) <= 1.5 / ONE


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_quantising_keeps_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert quantise_one(low) <= quantise_one(high)


def test_quantising_many_equals_quantising_each() -> None:
    values = np.array([0.1, np.nan, -0.0001, 1.0])
    assert quantise(values).tolist() == [quantise_one(value) for value in values]
    assert quantise(values).dtype == np.int16


def test_columns_must_be_of_one_length_and_type() -> None:
    three, two = np.zeros(3, np.int16), np.zeros(2, np.int16)
    with pytest.raises(ValueError, match="margin"):
        SignalColumns(three, two, three)
    with pytest.raises(ValueError, match="int16"):
        SignalColumns(three, three.astype(np.int32), three)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="facts"):
        Signals({}, np.zeros(3, np.int64))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="3 rows of ocr"):
        Signals({"ocr": SignalColumns(two, two, two)}, np.zeros(3, np.int32))


def test_rows_are_views() -> None:
    column = np.arange(5, dtype=np.int16)
    signals = Signals({"ocr": SignalColumns(column, column, column)}, np.zeros(5, np.int32))
    part = signals.rows(slice(1, 3))
    assert len(part) == 2
    assert np.shares_memory(part.columns["ocr"].score, column)


def test_one_row_holds_what_was_measured() -> None:
    row = one_row({"ocr": Measured(9000, 8000, 9000), "logo": NOT_MEASURED}, 5)
    assert len(row) == 1
    assert row.columns["ocr"].margin[0] == 8000
    assert row.columns["logo"].score[0] == MISSING
    assert row.facts[0] == 5
