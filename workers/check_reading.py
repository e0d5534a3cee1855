"""Checks of what reads: the models as the manifest names them, and one bundled sample inspected from end to end."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from core.engines import Engines
from core.errors import ModelInvalid
from core.image import ImageLimits, decode
from core.inspection import inspect
from data import bundled
from data.models import models
from data.settings import Settings
from workers.finding import Finding, ok, wrong
from workers.readers import catalogue

AGAIN = "make install"


async def check_models(_: Settings) -> list[Finding]:
    """Is every model there, and the very one?"""
    findings = []
    for model in models().values():
        try:
            await asyncio.to_thread(model.read)
        except ModelInvalid as error:
            findings.append(wrong("models", str(error), AGAIN))
    return findings or [ok("models", f"{len(models())} models are as their manifest says")]


async def check_sample(settings: Settings) -> list[Finding]:
    """Does a clean bundled sample pass by its bundled recipe, in this very process?"""
    return [await asyncio.to_thread(_inspected, settings)]


def _inspected(settings: Settings) -> Finding:
    sample = bundled.samples()[0]
    limits = ImageLimits(settings.max_image_bytes, settings.max_image_pixels, settings.min_image_side_px)
    engines = Engines({catalogue.DEFAULT: catalogue.build()}, time.perf_counter)
    began = time.perf_counter()
    frame = decode(sample.read(), limits)
    result = inspect(frame, bundled.recipes()[sample.recipe], engines, captured_at=datetime.now(UTC))
    found = f"{sample.name}: {result.verdict} in {time.perf_counter() - began:.2f} s"
    if result.verdict != "pass":
        reasons = "; ".join(told.words for told in result.reasons)
        return wrong("sample inspection", f"{found} ({reasons}), expected pass", AGAIN)
    return ok("sample inspection", found)
