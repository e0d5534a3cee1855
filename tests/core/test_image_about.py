"""What a file says of itself is read where it makes sense, and nothing that it says can do harm."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from core.image_about import MAX_TEXT, about

BASE = ExifTags.Base


def photo(tags: dict[int, Any] | None = None, more: dict[int, Any] | None = None, form: str = "JPEG") -> bytes:
    """A picture with EXIF tags, `more` of them in the part for cameras."""
    exif = Image.Exif()
    exif.update(tags or {})
    exif.get_ifd(ExifTags.IFD.Exif).update(more or {})
    held = io.BytesIO()
    Image.new("RGB", (32, 24), "grey").save(held, form, exif=exif, dpi=(300, 150))
    return held.getvalue()


def test_a_camera_is_told_with_its_exposure() -> None:
    tags: dict[int, Any] = {BASE.Make: "Acme", BASE.Model: "Line 5", BASE.Orientation: 6, BASE.Software: "fw 1.2"}
    more: dict[int, Any] = {
        BASE.LensModel: "35 mm macro",
        BASE.ExposureTime: IFDRational(1, 250),
        BASE.FNumber: 5.6,
        BASE.ISOSpeedRatings: 400,
        BASE.FocalLength: 35,
        BASE.DateTimeOriginal: "2026:03:05 12:00:01",
        BASE.OffsetTimeOriginal: "+02:00",
    }
    assert about(photo(tags, more)) == {
        "make": "Acme",
        "model": "Line 5",
        "lens": "35 mm macro",
        "software": "fw 1.2",
        "exposure_s": 0.004,
        "f_number": 5.6,
        "iso": 400,
        "focal_length_mm": 35.0,
        "orientation": 6,
        "taken_at": "2026-03-05T12:00:01+02:00",
        "density_dpi": [300.0, 150.0],
    }


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WebP"])
def test_every_kind_of_picture_says_it(form: str) -> None:
    assert about(photo({BASE.Make: "Acme"}, form=form))["make"] == "Acme"


def test_a_picture_that_says_nothing_is_told_nothing_of() -> None:
    held = io.BytesIO()
    Image.new("RGB", (32, 24)).save(held, "BMP")
    assert set(about(held.getvalue())) <= {"density_dpi"}
    assert about(b"no picture") == {}
    assert about(b"") == {}


@pytest.mark.parametrize(
    ("tags", "more", "name", "told"),
    [
        pytest.param({BASE.Make: "A" * 5000}, {}, "make", "A" * MAX_TEXT, id="a long text is cut"),
        pytest.param({BASE.Make: "Ac\x00me\x1b[2J"}, {}, "make", "Acme[2J", id="control characters go"),
        pytest.param({BASE.Make: "  "}, {}, "make", None, id="blanks say nothing"),
        pytest.param({BASE.Orientation: 9}, {}, "orientation", None, id="no such orientation"),
        pytest.param({}, {BASE.ExposureTime: IFDRational(1, 0)}, "exposure_s", None, id="divided by zero"),
        pytest.param({}, {BASE.ExposureTime: IFDRational(0, 0)}, "exposure_s", None, id="nothing by nothing"),
        pytest.param({}, {BASE.FNumber: -1.0}, "f_number", None, id="a negative aperture"),
        pytest.param({}, {BASE.ISOSpeedRatings: (200, 300)}, "iso", 200, id="the first of a list"),
        pytest.param({}, {BASE.DateTimeOriginal: "0000:00:00 00:00:00"}, "taken_at", None, id="a clock never set"),
        pytest.param({}, {BASE.DateTimeOriginal: "yesterday"}, "taken_at", None, id="no time"),
        pytest.param(
            {BASE.DateTime: "2026:03:05 12:00:01"}, {}, "taken_at", "2026-03-05T12:00:01", id="without a zone"
        ),
        pytest.param(
            {},
            {BASE.DateTimeOriginal: "2026:03:05 12:00:01", BASE.OffsetTimeOriginal: "noon"},
            "taken_at",
            "2026-03-05T12:00:01",
            id="a zone that is none",
        ),
    ],
)
def test_what_makes_no_sense_is_left_out(tags: dict[int, Any], more: dict[int, Any], name: str, told: object) -> None:
    assert about(photo(tags, more)).get(name) == told


@given(st.integers(0, 400), st.binary(min_size=1, max_size=40))
def test_damaged_exif_raises_nothing_and_says_only_what_can_be_kept(at: int, noise: bytes) -> None:
    whole = photo({BASE.Make: "Acme", BASE.Model: "Line 5"}, {BASE.FNumber: 5.6, BASE.LensModel: "35 mm"})
    damaged = whole[:3] + whole[3 : 3 + at] + noise + whole[3 + at + len(noise) :]
    said = about(damaged)
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    texts = [value for value in said.values() if isinstance(value, str)]
    assert [text for text in texts if not (text.isprintable() and 0 < len(text) <= MAX_TEXT)] == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WebP"])
def test_a_file_cut_short_says_what_the_whole_file_says_or_nothing(form: str) -> None:
    whole = photo({BASE.Make: "Acme"}, {BASE.FNumber: 5.6}, form=form)
    told = about(whole)
    said = [about(whole[:keep]) for keep in range(len(whole) + 1)]
    assert (said[0], said[-1]) == ({}, told)
    assert [each for each in said if each not in ({}, told)] == []
    assert told["make"] == "Acme"
