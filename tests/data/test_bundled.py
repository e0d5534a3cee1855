from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from core.image import ImageLimits, decode
from data.bundled import BundleBroken, Sample, recipes, samples

LIMITS = ImageLimits(max_bytes=2**20, max_pixels=2**24, min_side_px=16)
FREE = {"CC BY 4.0"}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
class TestSample:
    def test_is_the_file_its_manifest_names(self, sample: Sample) -> None:
        assert hashlib.sha256(sample.read()).hexdigest() == sample.sha256

    def test_is_a_picture_that_can_be_inspected(self, sample: Sample) -> None:
        width, height = decode(sample.read(), LIMITS).size_wh
        assert min(width, height) >= 300

    def test_is_small(self, sample: Sample) -> None:
        assert len(sample.read()) < 64 * 1024

    def test_may_be_shipped_and_says_whose_it_is(self, sample: Sample) -> None:
        assert sample.licence in FREE
        assert sample.source.startswith("https://")
        assert sample.attribution

    def test_has_a_bundled_recipe(self, sample: Sample) -> None:
        assert sample.recipe in recipes()

    def test_says_what_its_recipe_expects(self, sample: Sample) -> None:
        lines = recipes()[sample.recipe].variants[0].lines
        assert len(lines) == len(sample.lines)


def test_a_damaged_sample_is_refused() -> None:
    with pytest.raises(BundleBroken, match="install again"):
        replace(samples()[0], sha256="0" * 64).read()


def test_names_differ() -> None:
    names = [sample.name for sample in samples()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", recipes())
def test_a_bundled_recipe_survives_the_round_trip(name: str) -> None:
    recipe = recipes()[name]
    assert type(recipe).from_document(recipe.to_document()) == recipe
