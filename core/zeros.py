"""Zero or the letter O: in marking fonts no recogniser can tell, so the neighbours decide.

Codes and part numbers with digits in them hold zeros and hardly ever the letter O, which makers avoid for this very
reason. In a token (characters between spaces) that holds a digit, a character read as O is therefore put down as
zero, with the letter as its runner-up. Only the text changes: the emissions stay as they are, so that verifying an
expected O against them is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.reading import Candidate, CharacterReading

LETTERS = {"O", "o"}
ZERO = "0"


def settled(characters: Sequence[CharacterReading]) -> tuple[CharacterReading, ...]:
    """Return the characters of a line with each O in a token of digits turned into a zero."""
    return tuple(character for token in _tokens(characters) for character in _token(token))


def _tokens(characters: Sequence[CharacterReading]) -> Iterator[list[CharacterReading]]:
    token: list[CharacterReading] = []
    for character in characters:
        token.append(character)
        if character.text == " ":
            yield token
            token = []
    yield token


def _token(token: Sequence[CharacterReading]) -> list[CharacterReading]:
    if not any(character.text.isdigit() for character in token):
        return list(token)
    return [_zero(character) if character.text in LETTERS else character for character in token]


def _zero(character: CharacterReading) -> CharacterReading:
    """Swap the two: zero takes the letter's place and probability, the letter what zero had or the last place's."""
    letter, *others = character.candidates
    had = next((other for other in others if other.text == ZERO), others[-1] if others else letter)
    rest = [other for other in others if other.text not in {ZERO, letter.text}]
    second = Candidate(letter.text, had.log_probability)
    ranked = sorted([second, *rest], key=lambda other: -other.log_probability)
    kept = len(character.candidates)
    return replace(character, candidates=(Candidate(ZERO, letter.log_probability), *ranked)[: max(kept, 2)])
