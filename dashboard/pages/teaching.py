"""A recipe from a reading: proposed at the first click, published at the second."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from core.errors import MarksightError
from dashboard.models.inspection import InspectionModel
from dashboard.models.teaching import TeachingModel
from data.outage import AWAY
from data.queries import recipes
from workers.composition import Services
from workers.proposal import propose
from workers.recipes import create_draft, publish

COMMENT = "Made from the reading of inspection {id}."
AWAY_WORDS = "The database does not answer; nothing was kept. Try again."


class Teaching:
    """What the two clicks do, for the inspection in view."""

    def __init__(self, services: Services, inspection: InspectionModel, model: TeachingModel) -> None:
        self.services = services
        self.inspection = inspection
        self.model = model

    async def propose(self) -> None:
        """Open the form with what was read, under a name that is free."""
        if self.inspection.evidence is None:
            self.model.problem = "This part has not been read yet."
            return
        captured_at = datetime.fromisoformat(self.inspection.captured_at or self.inspection.created_at)
        try:
            document = propose(self.inspection.evidence, captured_at=captured_at)
            async with self.services.database.session() as session:
                taken = set(await recipes.names(session))
        except ValueError as error:
            self.model.problem = f"No recipe can be proposed: {error}."
        except AWAY:
            self.model.problem = AWAY_WORDS
        else:
            self.model.propose(self.inspection.id, {**document, "name": _free(document["name"], taken)})

    async def publish(self) -> None:
        """Publish the recipe as the form has it, or say what is wrong with it."""
        recipe = self.model.check()
        if recipe is None:
            return
        try:
            draft = await create_draft(self.services, recipe.to_document())
            comment = COMMENT.format(id=self.model.inspection_id)
            published = await publish(self.services, draft.recipe_id, comment=comment)
        except MarksightError as error:
            self.model.problem = str(error)
        except AWAY:
            self.model.problem = AWAY_WORDS
        else:
            made = {"id": str(draft.recipe_id), "name": recipe.name, "version": published.number}
            self.model.param.update(opened=False, problem="", published=made)


def _free(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    return next(name for number in count(2) if (name := f"{wanted} ({number})") not in taken)
