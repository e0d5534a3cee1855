"""Recipes: list, show, make, edit the draft, publish; or have one proposed from a part that was read."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.paging import Paged
from dashboard.api.patterns import TEXT
from dashboard.api.schemas import RecipePage, RecipeSummaryView, RecipeView
from dashboard.api.upload import Word
from data.queries import recipes
from workers import recipes as use_cases
from workers.composition import Services

router = APIRouter(prefix="/v1/recipes", tags=["recipes"])

_MADE: dict[int | str, dict[str, Any]] = {
    201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "Where the recipe is."}}}
}
_EXAMPLE = {
    "schema": 1,
    "name": "74LS00 DIP-14",
    "part_number": "SN74LS00N",
    "manufacturer": "Texas Instruments",
    "variants": [{"name": "standard", "lines": [{"text": "{YYWW}XBL"}, {"text": "SN74LS00N"}]}],
}

RecipeDocument = Annotated[
    dict[str, Any], Body(description="The recipe; `variants` holds its legitimate marks.", examples=[_EXAMPLE])
]


class Publishing(BaseModel):
    """What is said at publishing: the draft's revision that was looked at, and why it is published."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    comment: Annotated[str, Field(max_length=2000, pattern=TEXT)] = ""


class Proposing(BaseModel):
    """How the proposed recipe is to be called; after its part number, when left out."""

    model_config = ConfigDict(extra="forbid")

    name: Word | None = None


@router.get(
    "",
    operation_id="listRecipes",
    summary="List recipes, the newest first",
    responses=documented("cursor-invalid"),
)
async def list_recipes(services: WithServices, listed: Annotated[Paged, Query()]) -> RecipePage:
    """List recipes with the version in force of each; `next_cursor` leads on."""
    async with services.database.session() as session:
        page = await recipes.page(session, cursor=listed.cursor, limit=listed.limit)
    return RecipePage.of(page, RecipeSummaryView.of)


@router.get(
    "/{recipe_id}",
    operation_id="getRecipe",
    summary="Show a recipe with all its versions",
    responses=documented("recipe-not-found"),
)
async def get_recipe(services: WithServices, recipe_id: UUID) -> RecipeView:
    """Show a recipe: the draft first, then the published versions, the newest first."""
    return await _view(services, recipe_id)


@router.post(
    "",
    operation_id="createRecipe",
    summary="Make a recipe with a first draft",
    status_code=201,
    responses={**_MADE, **documented("recipe-invalid", "recipe-taken", "origin-refused")},
)
async def create_recipe(services: WithServices, response: Response, document: RecipeDocument) -> RecipeView:
    """Make a recipe. It judges nothing until its draft is published."""
    draft = await use_cases.create_draft(services, document)
    return await _made(services, response, draft.recipe_id)


@router.put(
    "/{recipe_id}/draft",
    operation_id="saveDraft",
    summary="Save a recipe's draft",
    responses=documented("recipe-invalid", "recipe-taken", "recipe-not-found", "draft-changed", "origin-refused"),
)
async def save_draft(
    services: WithServices,
    recipe_id: UUID,
    document: RecipeDocument,
    revision: Annotated[
        int | None,
        Query(ge=1, lt=2**31 - 1, description="The draft's revision that was read; left out, a draft is begun."),
    ] = None,
) -> RecipeView:
    """Save the draft over the one that was read, or begin one; published versions never change."""
    await use_cases.edit_draft(services, recipe_id, document, revision=revision)
    return await _view(services, recipe_id)


@router.post(
    "/{recipe_id}/publish",
    operation_id="publishRecipe",
    summary="Publish a recipe's draft",
    responses=documented(
        "recipe-invalid", "recipe-not-found", "recipe-not-published", "draft-changed", "origin-refused"
    ),
)
async def publish_recipe(services: WithServices, recipe_id: UUID, publishing: Publishing | None = None) -> RecipeView:
    """Publish the draft: it judges what comes in from now on, and never changes again."""
    said = publishing or Publishing()
    await use_cases.publish(services, recipe_id, revision=said.revision, comment=said.comment)
    return await _view(services, recipe_id)


@router.post(
    "/from-inspection/{inspection_id}",
    operation_id="proposeRecipe",
    summary="Have a recipe proposed from a part that was read",
    status_code=201,
    responses={**_MADE, **documented("inspection-not-found", "conflict", "recipe-taken", "origin-refused")},
)
async def propose_recipe(
    services: WithServices, response: Response, inspection_id: UUID, proposing: Proposing | None = None
) -> RecipeView:
    """Make a recipe whose draft expects what was read of this part; look it over, then publish it."""
    name = proposing.name if proposing else None
    draft = await use_cases.draft_from_reading(services, inspection_id, name=name)
    return await _made(services, response, draft.recipe_id)


async def _view(services: Services, recipe_id: UUID) -> RecipeView:
    async with services.database.session() as session:
        return RecipeView.of(await recipes.detail(session, recipe_id))


async def _made(services: Services, response: Response, recipe_id: UUID) -> RecipeView:
    view = await _view(services, recipe_id)
    response.headers["Location"] = view.url
    return view
