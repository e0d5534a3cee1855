"""Models whose answers are known: they stand for ONNX Runtime where a test is not about the weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Answer = Callable[[np.ndarray], np.ndarray]
CHARACTERS = "".join(chr(code) for code in range(33, 127)) + "®é漢"


class FakeModel:
    """Answers every batch by a function and remembers the shapes it was given."""

    digest = "0123456789ab"

    def __init__(self, answer: Answer, characters: str = CHARACTERS) -> None:
        self._answer = answer
        self.metadata = {"character": "\n".join(characters)} if characters else {}
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: np.ndarray) -> np.ndarray:
        assert batch.dtype == np.float32
        self.shapes.append(batch.shape)
        return self._answer(batch).astype(np.float32)


def saying(texts: dict[int, str]) -> Answer:
    """A recogniser that reads a crop by the grey level of its first pixel: `texts` by level; nothing for others."""

    def answer(batch: np.ndarray) -> np.ndarray:
        steps, classes = batch.shape[3] // 8, len(CHARACTERS) + 2
        table = np.full((len(batch), steps, classes), 0.01 / classes)
        for row, crop in zip(table, batch, strict=True):
            level = round((float(crop[0, 0, 0]) + 1) * 127.5)
            says = texts.get(level, "")
            spots = {2 * at + 1: character for at, character in enumerate(says)}
            for step in range(steps):
                row[step, column(spots.get(step, ""))] = 0.99
        return table

    return answer


def column(character: str) -> int:
    """The class of a character: 0 is the blank, the space comes last."""
    if not character:
        return 0
    return len(CHARACTERS) + 1 if character == " " else CHARACTERS.index(character) + 1


def bright(batch: np.ndarray) -> np.ndarray:
    """A detector that takes every bright pixel for text."""
    return (batch[:, :1] > 0.5).astype(np.float32) * 0.95
