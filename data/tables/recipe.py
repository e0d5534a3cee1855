"""What a part is judged by: recipes and their versions.

1. A version is a draft until it is published; then it has a number and never changes again, nor is it deleted. A
   trigger holds this in the database (`recipe_versions_immutable`), against every role.
2. Numbers count up from one within a recipe, without gaps; the version in force is the published one of the highest
   number. Going back is publishing an old document anew.
3. A recipe has at most one draft. `revision` counts its saves: who saves must name the revision they read.
4. `document` is `core.recipe.Recipe.to_document()`; the columns beside it repeat what is asked for by name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, one_of

VersionState = Literal["draft", "published"]


class Recipe(Base):
    """A recipe: a name under which versions are kept."""

    __tablename__ = "recipes"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class RecipeVersion(Base):
    """One version of a recipe; immutable once published."""

    __tablename__ = "recipe_versions"
    __table_args__ = (
        UniqueConstraint("recipe_id", "number"),
        one_of("state", get_args(VersionState)),
        CheckConstraint(
            "(state = 'draft') = (number IS NULL) AND (state = 'draft') = (published_at IS NULL)",
            name="published_is_numbered",
        ),
        Index("uq_recipe_versions_draft", "recipe_id", unique=True, postgresql_where=text("state = 'draft'")),
        Index(
            "ix_recipe_versions_part_number",
            text("lower(part_number)"),
            postgresql_where=text("state = 'published'"),
        ),
    )

    id: Mapped[Id]
    recipe_id: Mapped[UUID] = mapped_column(ForeignKey("recipes.id"))
    number: Mapped[int | None]
    state: Mapped[VersionState] = mapped_column(Text, server_default="draft")
    revision: Mapped[int] = mapped_column(server_default="1")
    part_number: Mapped[str]
    manufacturer: Mapped[str] = mapped_column(server_default="")
    document: Mapped[Document]
    comment: Mapped[str] = mapped_column(server_default="")
    saved_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    published_at: Mapped[datetime | None]
