"""What photos are dropped on: by which recipe they are judged, and which samples there are to try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import param

READ_ONLY = ""


class IntakeModel(param.Parameterized):
    """The recipe chosen for the photos that come, among those published."""

    recipe = param.String(default=READ_ONLY, doc="Id of the recipe to judge by; empty: read the mark and do not judge.")
    recipes = param.Dict(default={}, doc="Published recipes: id by name, in the order of names.")
    samples = param.List(default=[], item_type=dict, doc="Photos to try: name, src, caption.")
    wish = param.String(doc="Id of the recipe to choose as soon as the recipes are known; empty: none.")

    def offer(self, recipes: Iterable[Mapping[str, Any]]) -> None:
        """Take over the published recipes; a chosen one that is gone is no longer chosen."""
        named = sorted((str(recipe["name"]), str(recipe["id"])) for recipe in recipes)
        wanted = self.wish or self.recipe
        chosen = wanted if wanted in {id_ for _, id_ in named} else READ_ONLY
        self.param.update(recipes=dict(named), recipe=chosen, wish="")
