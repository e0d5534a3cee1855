"""One photo inspected here and now, for the cells to show in a notebook: no server, no database, no queue."""

from __future__ import annotations

import time
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from core.engines import Engines
from core.evidence import to_document
from core.image import ImageLimits, decode, probe
from core.inspection import inspect
from core.recipe import Recipe
from dashboard.models.inspection import InspectionModel
from data.settings import settings
from workers.readers import catalogue


def engines() -> Engines:
    """Return the reader that comes with the program, its models loaded: a second or so, so keep what you get.

    Raises:
        ReaderUnavailable: it is not installed here.
    """
    return Engines({catalogue.DEFAULT: catalogue.build()}, time.perf_counter)


def inspected(
    photo: bytes, recipe: Recipe | None = None, *, using: Engines, captured_at: datetime | None = None
) -> InspectionModel:
    """Inspect a photo and return the model that cells show; without a recipe the mark is read and not judged.

    `captured_at` (timezone-aware) is what date codes are held against; now, if not said.

    Raises:
        ImageRefused: it is no photo, or breaks a limit of the settings.
    """
    chosen = settings()
    limits = ImageLimits(chosen.max_image_bytes, chosen.max_image_pixels, chosen.min_image_side_px)
    facts = probe(photo, limits)
    frame = decode(photo, limits)
    moment = captured_at or datetime.now(tz=UTC)
    evidence = to_document(inspect(frame, recipe, using, captured_at=moment))
    width_px, height_px = frame.size_wh
    url = f"data:{facts.media_type};base64,{b64encode(photo).decode()}"
    view: dict[str, Any] = {
        "id": "notebook",
        "state": "done",
        "created_at": moment.isoformat(),
        "verdict": evidence["verdict"],
        "recipe": {"name": recipe.name, "version": None} if recipe else None,
        "image": {"url": url, "width_px": width_px, "height_px": height_px},
        "evidence": evidence,
    }
    model = InspectionModel()
    model.show(view, recipe.to_document() if recipe else None)
    return model
