"""A recipe's life: drafted, edited, published; or proposed from a part that was read."""

from __future__ import annotations

from uuid import UUID

from core.errors import RecipeInvalid
from core.recipe import Recipe
from data.channels import RECIPES
from data.errors import Conflict, NothingPublished
from data.queries import inspections, recipes
from data.repositories.recipes import Draft, Published
from data.tables import Document
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.proposal import propose

MAX_NAMESAKES = 1000


async def create_draft(services: Services, document: Document) -> Draft:
    """Add a recipe with a first draft.

    Raises:
        RecipeInvalid: the document is no recipe; it names the place.
        NameTaken: another recipe has that name.
    """
    judging = Recipe.from_document(document)
    async with services.database.unit_of_work() as work:
        draft = await work.recipes.create(judging)
        await work.commit()
    return draft


async def edit_draft(services: Services, recipe_id: UUID, document: Document, *, revision: int | None) -> Draft:
    """Save a draft over the one that was read as `revision`; None begins a draft of a recipe that has none.

    Raises:
        RecipeInvalid: the document is no recipe, or it renames one that is published.
        NotFound: there is no such recipe.
        NameTaken: another recipe has that name.
        DraftChanged: somebody else has saved, begun or published the draft meanwhile.
    """
    judging = Recipe.from_document(document)
    async with services.database.unit_of_work() as work:
        await _rename(work, recipe_id, judging)
        if revision is None:
            draft = await work.recipes.begin_draft(recipe_id, judging)
        else:
            draft = await work.recipes.save_draft(recipe_id, judging, revision=revision)
        await work.commit()
    return draft


async def publish(services: Services, recipe_id: UUID, *, revision: int | None = None, comment: str = "") -> Published:
    """Publish a recipe's draft; it judges what comes in from now on. `revision`: the one that was read, None: any.

    Raises:
        NotFound: there is no such recipe.
        NothingPublished: it has no draft to publish.
        DraftChanged: somebody else has saved or published the draft meanwhile.
    """
    async with services.database.unit_of_work() as work:
        draft = (await recipes.detail(work.session, recipe_id)).draft
        if draft is None:
            raise NothingPublished("This recipe has no draft to publish; edit it first.")
        Recipe.from_document(draft.document)  # what judges from now on must be what this program can use
        published = await work.recipes.publish(recipe_id, revision=revision or draft.revision, comment=comment)
        await work.notify(RECIPES, {"recipe_id": str(recipe_id), "version": published.number})
        await work.commit()
    return published


async def draft_from_reading(services: Services, inspection_id: UUID, *, name: str | None = None) -> Draft:
    """Add a recipe with a draft proposed from what was read of a part (`workers.proposal`).

    Without a name it is called after its part number, with a number behind it where that name is taken.

    Raises:
        NotFound: there is no such inspection.
        Conflict: it has not been read yet, or nothing was read well enough.
        NameTaken: another recipe has the name asked for.
    """
    async with services.database.unit_of_work() as work:
        found = await inspections.detail(work.session, inspection_id)
        if found.evidence is None:
            raise Conflict("This part has not been read yet; wait for its verdict.")
        try:
            summary = found.summary
            document = propose(found.evidence, captured_at=summary.captured_at, name=name, lot=summary.lot)
        except ValueError as error:
            raise Conflict(f"No recipe can be proposed: {error}.") from error
        if name is None:
            document["name"] = await _free_name(work, document["name"])
        draft = await work.recipes.create(Recipe.from_document(document))
        await work.commit()
    return draft


async def _rename(work: UnitOfWork, recipe_id: UUID, judging: Recipe) -> None:
    """Let the recipe be called as its draft is; once published, its name stands."""
    known = await recipes.detail(work.session, recipe_id)
    if known.name == judging.name:
        return
    if known.published is not None:
        raise RecipeInvalid(f"a published recipe keeps its name, {known.name!r}", "name")
    await work.recipes.rename(recipe_id, judging.name)


async def _free_name(work: UnitOfWork, wanted: str) -> str:
    taken = await recipes.names(work.session)
    candidates = (wanted, *(f"{wanted} ({number})" for number in range(2, MAX_NAMESAKES)))
    return next(name for name in candidates if name not in taken)
