"""Where photos are dropped."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from layouts.component import Component, script
from layouts.icons import svgs


class DropZone(Component):
    """Takes photos by drop, paste or choice and posts each to the API, with progress, and what was refused in words.

    Nothing goes through the page's own socket. For each photo stored the message `{'stored': id}` is sent.
    """

    accepts = param.String(default="JPEG, PNG, WebP, BMP or TIFF", doc="What may be dropped, in words.")
    recipe = param.String(default="", doc="Name or id of the recipe to judge by; empty: read only.")
    samples = param.List(default=[], doc="Photos to try, as dictionaries of name, src and caption.")
    url = param.String(default="/v1/inspections", doc="Where photos are posted.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("upload")}
    _esm = script("dropzone", "problem", "taking")
    _styles = ("dropzone",)
