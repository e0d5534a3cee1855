"""The photo of a part with its evidence drawn over it in the browser."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs

LAYERS = ("package", "lines", "characters", "text")


class Picture(Component):
    """A photo that zooms (wheel), pans (drag) and resets (double click), with layers of evidence to switch.

    Outlines are 1.5 px at every zoom; the words read stand beside the package, led to their line, never on the mark.
    """

    contrast = param.Boolean(doc="Show the photo with more contrast.")
    evidence = param.Dict(
        default=None, allow_None=True, doc="An evidence document (`core.evidence`); None: photo alone."
    )
    label = param.String(default="Photo of the part", doc="What the photo shows, for screen readers.")
    layers = param.List(default=list(LAYERS), doc="The layers drawn, of package, lines, characters and text.")
    pointed = param.List(default=[], doc="Line and character pointed at, both counted from 0; empty for none.")
    size_wh = param.List(default=[], doc="Width and height of the original photo in pixels; empty: as the photo is.")
    src = param.String(default="", doc="Address of the photo, on this server or as a data URL.")
    upright = param.Boolean(default=True, doc="Turn the photo until the mark reads upright.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("plus", "minus", "fit", "package", "contrast", "upright")}
    _esm = script("picture")
    _styles = ("picture",)
