"""A recipe from a reading: proposed at the first click, published at the second."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from core.errors import MarksightError
from core.recipe import Recipe
from dashboard.models.inspection import InspectionModel
from dashboard.models.teaching import TeachingModel
from dashboard.page_user import must
from data.outage import AWAY, is_away
from data.queries import recipes
from data.repositories.recipes import Draft
from workers.composition import Services
from workers.proposal import propose
from workers.recipes import create_draft, edit_draft, publish

COMMENT = "Made from the reading of inspection {id}."
AWAY_WORDS = "The database does not answer; nothing was published. Try again."


class Teaching:
    """What the two clicks do, for the inspection in view."""

    def __init__(self, services: Services, inspection: InspectionModel, model: TeachingModel) -> None:
        self.services = services
        self.inspection = inspection
        self.model = model
        self._draft: Draft | None = None
        self._publishing = False

    async def propose(self) -> None:
        """Open the form with what was read, under a name that is free."""
        asked, evidence = self.inspection.id, self.inspection.evidence
        if evidence is None:
            self.model.problem = "This part has not been read yet."
            return
        captured_at = datetime.fromisoformat(self.inspection.captured_at or self.inspection.created_at)
        try:
            document = propose(evidence, captured_at=captured_at)
            async with self.services.database.session() as session:
                taken = set(await recipes.names(session))
        except ValueError as error:
            self.model.problem = f"No recipe can be proposed: {error}."
        except AWAY as error:
            self._say_away(error)
        else:
            if self.inspection.id == asked:  # another may have come into view while the database was asked
                self._draft = None
                self.model.propose(asked, {**document, "name": _free(document["name"], taken)})

    async def publish(self) -> None:
        """Publish the recipe as the form has it, or say what is wrong; a second click meanwhile does nothing."""
        recipe = self.model.check()
        if recipe is None or self._publishing:
            return
        self._publishing = True
        try:
            self.model.param.update(opened=False, problem="", published=await self._published(recipe))
        except MarksightError as error:
            self.model.problem = str(error)
        except AWAY as error:
            self._say_away(error)
        finally:
            self._publishing = False

    async def _published(self, recipe: Recipe) -> dict[str, Any]:
        """Publish; a draft that was kept, and could not be published, is gone on with and not made again."""
        must("recipe.publish")
        document, comment = recipe.to_document(), COMMENT.format(id=self.model.inspection_id)
        if self._draft is None:
            self._draft = await create_draft(self.services, document)
        else:
            kept = self._draft
            self._draft = await edit_draft(self.services, kept.recipe_id, document, revision=kept.revision)
        recipe_id = self._draft.recipe_id
        published = await publish(self.services, recipe_id, comment=comment)
        self._draft = None
        return {"id": str(recipe_id), "name": recipe.name, "version": published.number}

    def _say_away(self, error: BaseException) -> None:
        if not is_away(error):
            raise error
        self.model.problem = AWAY_WORDS


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    return next(name for number in count(2) if (name := f"{wanted} ({number})") not in taken)
