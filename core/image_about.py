"""What a picture's file says of itself: camera, lens, exposure, when it was taken (EXIF 2.32, and its header).

1. All of it is hearsay: shown beside the picture, never judged by.
2. What cannot be read, is of the wrong kind, or makes no sense is left out; nothing is raised, whatever the bytes are.
3. Texts are printable and bounded; numbers are finite and within what a camera can do.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from PIL import ExifTags
from PIL.ImageFile import ImageFile

from core.image import DAMAGE
from core.image_header import sniff

MAX_TEXT = 80
TAKEN = "%Y:%m:%d %H:%M:%S"

About = dict[str, Any]
"""`make`, `model`, `lens`, `software`: texts. `exposure_s`, `f_number`, `iso`, `focal_length_mm`, `orientation` (1..8):
numbers. `taken_at`: ISO 8601, with the camera's offset from UTC where it says one. `density_dpi`: [x, y].
What is not known is not there."""


def about(data: bytes) -> About:
    """Return what the bytes of a picture say of it; the picture was checked before (`core.image`)."""
    form = sniff(data)
    if form is None:
        return {}
    try:
        image = form.opener(io.BytesIO(data))  # type: ignore[no-untyped-call, unused-ignore]
        tags = _tags(image)
    except (*DAMAGE, RecursionError, Warning):  # Pillow warns of what is damaged; where warnings are errors, it raises
        return {}
    told = {name: read(tags.get(tag)) for name, (tag, read) in _FIELDS.items()}
    told["taken_at"] = _taken_at(tags)
    told["density_dpi"] = _density_dpi(image)
    return {name: value for name, value in told.items() if value is not None}


def _tags(image: ImageFile) -> Mapping[int, Any]:
    exif = image.getexif()
    return {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "ignore")
    if not isinstance(value, str):
        return None
    shown = "".join(letter for letter in value[: 4 * MAX_TEXT] if letter.isprintable()).strip()
    return shown.encode("utf-8", "ignore").decode()[:MAX_TEXT] or None


def _number(least: float, most: float) -> Callable[[object], float | None]:
    def read(value: object) -> float | None:
        if isinstance(value, tuple) and value:  # some cameras give a list of one
            value = value[0]
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, ArithmeticError):
            return None
        return float(f"{number:.6g}") if math.isfinite(number) and least <= number <= most else None

    return read


def _whole(least: int, most: int) -> Callable[[object], int | None]:
    number = _number(least, most)

    def read(value: object) -> int | None:
        found = number(value)
        return None if found is None else int(found)

    return read


_FIELDS: dict[str, tuple[int, Callable[[object], Any]]] = {
    "make": (ExifTags.Base.Make, _text),
    "model": (ExifTags.Base.Model, _text),
    "lens": (ExifTags.Base.LensModel, _text),
    "software": (ExifTags.Base.Software, _text),
    "exposure_s": (ExifTags.Base.ExposureTime, _number(1e-7, 86_400)),
    "f_number": (ExifTags.Base.FNumber, _number(0.1, 1000)),
    "iso": (ExifTags.Base.ISOSpeedRatings, _whole(1, 10_000_000)),
    "focal_length_mm": (ExifTags.Base.FocalLength, _number(0.1, 10_000)),
    "orientation": (ExifTags.Base.Orientation, _whole(1, 8)),
}


def _taken_at(tags: Mapping[int, Any]) -> str | None:
    moment = _text(tags.get(ExifTags.Base.DateTimeOriginal)) or _text(tags.get(ExifTags.Base.DateTime))
    offset = _text(tags.get(ExifTags.Base.OffsetTimeOriginal)) or ""
    for told, form in ((f"{moment}{offset}", f"{TAKEN}%z"), (f"{moment}", TAKEN)):
        try:
            return datetime.strptime(told, form).isoformat()  # noqa: DTZ007 - a camera without a zone says none
        except ValueError:
            continue
    return None


def _density_dpi(image: ImageFile) -> list[float] | None:
    told = image.info.get("dpi")
    if not isinstance(told, tuple) or len(told) != 2:
        return None
    read = _number(1, 100_000)
    x, y = (read(each) for each in told)
    return None if x is None or y is None else [round(x, 2), round(y, 2)]
