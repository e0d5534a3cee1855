"""A recipe on its way from a reading: its lines as proposed, changed by a person, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import param

from core.errors import RecipeInvalid
from core.recipe import Recipe


class TeachingModel(param.Parameterized):
    """A draft of a recipe: a document, of which the form shows name, part number, manufacturer and lines."""

    document = param.Dict(default={}, doc="The proposed document; what the form does not show is kept as it is.")
    inspection_id = param.String(doc="The inspection whose reading it is made from.")
    lines = param.String(doc="The expected lines, one a line, top to bottom; a leading ? makes a line optional.")
    manufacturer = param.String(doc="Who made the part, where known.")
    readable = param.Boolean(default=True, doc="There is a reading that a recipe can be made from.")
    recipe_name = param.String(doc="Name of the recipe.")
    opened = param.Boolean(doc="The form is shown.")
    part_number = param.String(doc="The part's number (MPN), where known.")
    problem = param.String(doc="What is wrong with the draft or went wrong in publishing, in words; empty: nothing.")
    published = param.Dict(default=None, allow_None=True, doc="The recipe made: id, name, version; None: not yet.")

    def propose(self, inspection_id: str, document: Mapping[str, Any]) -> None:
        """Open the form with a proposed recipe document."""
        lines = document["variants"][0]["lines"]
        self.param.update(
            document=dict(document),
            inspection_id=inspection_id,
            lines="\n".join(("" if line.get("required", True) else "?") + line["text"] for line in lines),
            manufacturer=str(document.get("manufacturer") or ""),
            opened=True,
            part_number=str(document.get("part_number") or ""),
            problem="",
            published=None,
            recipe_name=str(document.get("name") or ""),
        )

    def close(self) -> None:
        """Put the form away and forget what was said."""
        self.param.update(opened=False, problem="", published=None)

    def draft(self) -> dict[str, Any]:
        """Return the document as the form has it now."""
        written = [line.strip() for line in self.lines.splitlines() if line.strip()]
        lines = [{"text": line.removeprefix("?").strip(), "required": not line.startswith("?")} for line in written]
        first, *others = self.document.get("variants") or [{"name": "standard"}]
        return {
            **self.document,
            "name": self.recipe_name.strip(),
            "part_number": self.part_number.strip(),
            "manufacturer": self.manufacturer.strip(),
            "variants": [{**first, "lines": lines}, *others],
        }

    def check(self) -> Recipe | None:
        """Return the recipe if the draft is one; else say what is wrong in `problem` and return None."""
        try:
            recipe = Recipe.from_document(self.draft())
        except RecipeInvalid as error:
            self.problem = str(error)
            return None
        self.problem = ""
        return recipe
