"""The reader that costs nothing tells as much as a real one, and the product does not know it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import numpy as np

from core import evidence
from core.frame import Frame
from core.inspection import inspect
from workers.bench import free_reader
from workers.readers import catalogue


def frame() -> Frame:
    return Frame(np.zeros((32, 32, 3), np.uint8))


def test_it_reads_the_same_mark_in_every_picture() -> None:
    engines = free_reader.engines()
    found = inspect(frame(), None, engines, captured_at=datetime.now(UTC))
    assert [line.text for line in found.reading.lines] == list(free_reader.LINES)
    assert found.signal_version.startswith("ppocr:free")


def test_its_evidence_is_as_long_as_that_of_a_real_mark() -> None:
    found = inspect(frame(), None, free_reader.engines(), captured_at=datetime.now(UTC))
    document = evidence.to_document(found)
    characters = [character for line in document["lines"] for character in line["characters"]]  # type: ignore[attr-defined]
    assert len(characters) == 20
    assert all(len(character["top"]) >= 4 for character in characters)
    assert len(json.dumps(document)) > 4000


def test_it_takes_as_long_as_it_is_told() -> None:
    engines, clock = free_reader.engines(0.05), time.perf_counter
    began = clock()
    engines.readers["ppocr"].read(frame(), clock)
    assert clock() - began >= 0.05


def test_no_recipe_can_name_it() -> None:
    assert not any("free" in name for name in catalogue.READERS)
