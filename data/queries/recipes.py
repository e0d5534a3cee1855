"""Reads recipes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BindParameter, DateTime, Row, ScalarSelect, Select, Uuid, bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from data.errors import NotFound, NothingPublished, PartAmbiguous
from data.queries.page import Page, bounded, decode, page_of
from data.tables import Document, Recipe, RecipeVersion, VersionState


@dataclass(frozen=True)
class VersionView:
    """One version of a recipe; `number` is None for a draft."""

    id: UUID
    recipe_id: UUID
    name: str
    number: int | None
    state: VersionState
    revision: int
    part_number: str
    manufacturer: str
    document: Document
    comment: str
    saved_at: datetime
    published_at: datetime | None


@dataclass(frozen=True)
class RecipeSummary:
    """A recipe in a list: the version in force (None before the first), and whether a draft is under way."""

    id: UUID
    name: str
    part_number: str
    manufacturer: str
    published: int | None
    has_draft: bool


@dataclass(frozen=True)
class RecipeDetail:
    """A recipe with all its versions, the draft first, then the newest."""

    id: UUID
    name: str
    versions: tuple[VersionView, ...]

    @property
    def draft(self) -> VersionView | None:
        """The draft, if there is one."""
        return next((version for version in self.versions if version.state == "draft"), None)

    @property
    def published(self) -> VersionView | None:
        """The version in force, if any was published."""
        return next((version for version in self.versions if version.state == "published"), None)


async def page(session: AsyncSession, *, cursor: str | None = None, limit: int | None = None) -> Page[RecipeSummary]:
    """Return recipes, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    draft, published = aliased(RecipeVersion), aliased(RecipeVersion)
    statement = (
        select(Recipe.id, Recipe.name, published, draft)
        .select_from(Recipe)
        .outerjoin(published, published.id == _version_in_force(Recipe.id))
        .outerjoin(draft, (draft.recipe_id == Recipe.id) & (draft.state == "draft"))
        .order_by(Recipe.id.desc())
        .limit(size + 1)
    )
    if cursor is not None:
        statement = statement.where(Recipe.id < decode(cursor))
    items = [_summary(*row) for row in await session.execute(statement)]
    return page_of(items, size, lambda item: item.id)


async def detail(session: AsyncSession, recipe_id: UUID) -> RecipeDetail:
    """Return one recipe with all its versions.

    Raises:
        NotFound: there is no such recipe.
    """
    order = (RecipeVersion.number.desc().nulls_first(),)
    versions = (await session.execute(_versions().where(Recipe.id == recipe_id).order_by(*order))).all()
    if not versions:
        raise NotFound("recipe", recipe_id)
    return RecipeDetail(recipe_id, versions[0].name, tuple(_view(row) for row in versions))


async def count(session: AsyncSession) -> int:
    """Return how many recipes there are."""
    return await session.scalar(select(func.count()).select_from(Recipe)) or 0


async def names(session: AsyncSession) -> frozenset[str]:
    """Return the names of all recipes."""
    return frozenset(await session.scalars(select(Recipe.name)))


async def version(session: AsyncSession, version_id: UUID) -> VersionView:
    """Return one version of a recipe.

    Raises:
        NotFound: there is no such version.
    """
    row = (await session.execute(_versions().where(RecipeVersion.id == version_id))).first()
    if row is None:
        raise NotFound("recipe version", version_id)
    return _view(row)


async def in_force(session: AsyncSession, reference: str, at: datetime | None = None) -> VersionView:
    """Return the published version that judges now, or judged `at`, by the recipe's id or name, or a part number.

    `at` is timezone-aware; before anything was published, the first version judges (a clock may have been set back).

    Raises:
        NotFound: nothing is called so.
        NothingPublished: the recipe has drafts only.
        PartAmbiguous: several recipes judge that part number.
    """
    if at is None and (named := (await session.execute(_IN_FORCE_NAMED, {"name": reference})).first()) is not None:
        return _view(named)
    recipe_id = await called(session, reference)
    if recipe_id is None:
        return await for_part(session, reference, at)
    row = (await session.execute(_IN_FORCE if at is None else _IN_FORCE_THEN, {"recipe": recipe_id, "at": at})).first()
    if row is None:
        raise NothingPublished(f"The recipe {reference} has no published version yet; publish its draft first.")
    return _view(row)


async def for_part(session: AsyncSession, part_number: str, at: datetime | None = None) -> VersionView:
    """Return the published version that judges a part number now, or judged it `at` (upper and lower case alike).

    Before anything was published for the part, what was published first judges it.

    Raises:
        NotFound: no recipe judges that part.
        PartAmbiguous: several recipes do.
    """
    current = RecipeVersion.id == _version_in_force(RecipeVersion.recipe_id, at)
    same = func.lower(RecipeVersion.part_number) == part_number.lower()
    published = RecipeVersion.state == "published"
    rows = (await session.execute(_versions().where(published, same, current).order_by(Recipe.name))).all()
    if not rows or not part_number:
        raise NotFound("recipe", part_number)
    if at is not None:
        rows = [row for row in rows if _published(row) <= at] or [min(rows, key=_published)]
    if len(rows) > 1:
        names = ", ".join(row.name for row in rows)
        raise PartAmbiguous(f"Several recipes judge the part {part_number}: {names}. Name the recipe instead.")
    return _view(rows[0])


async def called(session: AsyncSession, reference: str) -> UUID | None:
    """Return the id of the recipe that has `reference` as its id or name, or None."""
    try:
        id_ = UUID(reference)
    except ValueError:
        return await session.scalar(_BY_NAME, {"name": reference})
    return await session.scalar(_BY_ID, {"id": id_})


_OTHER = aliased(RecipeVersion)  # once: it costs more than the statement it stands in


def _version_in_force(
    recipe_id: BindParameter[UUID] | InstrumentedAttribute[UUID], at: BindParameter[datetime] | datetime | None = None
) -> ScalarSelect[UUID]:
    newest = _OTHER.number if at is None else case((_OTHER.published_at <= at, _OTHER.number), else_=-_OTHER.number)
    return (
        select(_OTHER.id)
        .where(_OTHER.recipe_id == recipe_id, _OTHER.state == "published")
        .order_by(newest.desc())  # before all of them it is the first one
        .limit(1)
        .scalar_subquery()
    )


def _published(row: Row[RecipeVersion, str]) -> datetime:
    """When the version of a row was published, which it was."""
    at = row[0].published_at
    if at is None:
        raise AssertionError("a version that judges was published")
    return at


def _versions() -> Select[RecipeVersion, str]:
    return select(RecipeVersion, Recipe.name).join(Recipe, Recipe.id == RecipeVersion.recipe_id)


_BY_ID = select(Recipe.id).where(Recipe.id == bindparam("id"))
_BY_NAME = select(Recipe.id).where(Recipe.name == bindparam("name"))
_RECIPE: BindParameter[UUID] = bindparam("recipe", type_=Uuid)
_AT: BindParameter[datetime] = bindparam("at", type_=DateTime(timezone=True))
_IN_FORCE = _versions().where(RecipeVersion.id == _version_in_force(_RECIPE))
_IN_FORCE_NAMED = _versions().where(
    Recipe.name == bindparam("name"), RecipeVersion.id == _version_in_force(RecipeVersion.recipe_id)
)
_IN_FORCE_THEN = _versions().where(RecipeVersion.id == _version_in_force(_RECIPE, _AT))


def _view(row: Row[RecipeVersion, str]) -> VersionView:
    found, name = row
    names = VersionView.__dataclass_fields__.keys() - {"name"}
    return VersionView(name=name, **{field: getattr(found, field) for field in names})


def _summary(id_: UUID, name: str, published: RecipeVersion | None, draft: RecipeVersion | None) -> RecipeSummary:
    shown = published or draft
    return RecipeSummary(
        id=id_,
        name=name,
        part_number=shown.part_number if shown else "",
        manufacturer=shown.manufacturer if shown else "",
        published=published.number if published else None,
        has_draft=draft is not None,
    )
