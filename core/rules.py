"""The limits by which parts are judged, in the whole ten-thousandths in which scores are stored."""

from __future__ import annotations

from dataclasses import dataclass

from core.recipe import Recipe, SignalLimits
from core.signals import ONE


def _whole(value: float) -> int:
    return round(value * ONE)


@dataclass(frozen=True)
class SignalRule:
    """The limits of one signal, all in ten-thousandths; `weight` too, so that sums stay exact."""

    accept: int
    reject: int
    margin: int
    weight: int
    required: bool

    def __post_init__(self) -> None:
        if not 0 <= self.reject <= self.accept <= ONE:
            raise ValueError(f"expected 0 <= reject <= accept <= {ONE}, got {self.reject} and {self.accept}")
        if not 0 <= self.margin <= ONE:
            raise ValueError(f"expected 0 <= margin <= {ONE}, got {self.margin}")
        if self.weight < 0:
            raise ValueError(f"expected a weight of at least 0, got {self.weight}")

    @classmethod
    def of(cls, limits: SignalLimits) -> SignalRule:
        """Return the limits of a recipe's signal."""
        return cls(
            accept=_whole(limits.accept),
            reject=_whole(limits.reject),
            margin=_whole(limits.margin),
            weight=_whole(limits.weight),
            required=limits.required,
        )


@dataclass(frozen=True)
class Rules:
    """Everything `decide` compares with: rules by signal name in a fixed order, and the pass score."""

    signals: tuple[tuple[str, SignalRule], ...]
    pass_score: int
    illegible_fails: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.pass_score <= ONE:
            raise ValueError(f"expected 0 <= pass_score <= {ONE}, got {self.pass_score}")
        if self.total_weight <= 0:
            raise ValueError("expected weights that sum to more than 0")
        if not any(rule.required for _, rule in self.signals):
            raise ValueError("expected at least one required signal")

    @property
    def total_weight(self) -> int:
        """The sum of all weights, missing signals included."""
        return sum(rule.weight for _, rule in self.signals)

    @classmethod
    def of(cls, recipe: Recipe) -> Rules:
        """Return the rules of a recipe."""
        return cls(
            signals=tuple((name, SignalRule.of(limits)) for name, limits in recipe.signals),
            pass_score=_whole(recipe.pass_score),
            illegible_fails=recipe.illegible == "fail",
        )
