"""What a row of people, tokens or preferences may hold is held to by the database; what changes of them is followed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError

from data.database import Database
from data.queries import audit
from data.queries.audit import AuditView, Sought
from data.tables import Invitation, Preferences, SignIn, SignInFailure, Token, User
from data.tables.people import MOST_PREFERENCES
from tests.data.rows import MOMENT

DIGEST = bytes(range(32))


async def add(database: Database, table: Any, **values: Any) -> Any:
    row = {"id": database.ids(), **values} if hasattr(table, "id") else values
    async with database.unit_of_work() as work:
        await work.session.execute(insert(table).values(row))
        await work.commit()
    return row.get("id")


async def ada(database: Database, **values: Any) -> Any:
    return await add(database, User, **{"name": "ada", "display_name": "Ada", "role": "viewer", **values})


async def entries(database: Database, relation: str) -> list[AuditView]:
    async with database.session() as session:
        return [*reversed((await audit.page(session, Sought(relation=relation), limit=100)).items)]


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ({"name": "Ada"}, "ck_users_name_plain"),
        ({"name": "ada "}, "ck_users_name_plain"),
        ({"name": "ad\u0430"}, "ck_users_name_plain"),
        ({"name": "ada\n"}, "ck_users_name_plain"),
        ({"name": "a" * 65}, "ck_users_name_plain"),
        ({"role": "machine"}, "ck_users_role_known"),
        ({"role": "root"}, "ck_users_role_known"),
    ],
    ids=["capitals", "a space", "a Cyrillic letter", "a line break", "too long", "a machine", "no role"],
)
async def test_people_are_checked(database: Database, values: dict[str, str], check: str) -> None:
    with pytest.raises(IntegrityError, match=check):
        await ada(database, **values)


@pytest.mark.parametrize(("one", "other"), [("ada", "ada"), ("paul", "pau1"), ("bob", "b0b")])
async def test_no_two_pass_for_each_other(database: Database, one: str, other: str) -> None:
    await ada(database, name=one)
    with pytest.raises(IntegrityError, match="uq_users"):
        await ada(database, name=other)


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ({"role": "admin"}, "ck_tokens_role_known"),
        ({"role": None}, "ck_tokens_has_one_role"),
        ({"digest": b"short"}, "ck_tokens_digest_is_sha256"),
    ],
    ids=["an admin's", "of no role", "no digest"],
)
async def test_tokens_are_checked(database: Database, values: dict[str, Any], check: str) -> None:
    with pytest.raises(IntegrityError, match=check):
        await add(database, Token, **{"name": "AOI-1", "role": "machine", "digest": DIGEST, "prefix": "ms_", **values})


async def test_a_token_of_somebody_has_no_role_of_its_own(database: Database) -> None:
    user_id = await ada(database)
    with pytest.raises(IntegrityError, match="ck_tokens_has_one_role"):
        await add(database, Token, name="x", user_id=user_id, role="viewer", digest=DIGEST, prefix="ms_")


async def test_a_token_may_be_called_as_one_that_was_revoked(database: Database) -> None:
    made = {"role": "machine", "prefix": "ms_"}
    await add(database, Token, name="AOI-1", digest=DIGEST, revoked_at=MOMENT, **made)
    await add(database, Token, name="aoi-1", digest=DIGEST[::-1], **made)
    with pytest.raises(IntegrityError, match="uq_tokens_name"):
        await add(database, Token, name="Aoi-1", digest=bytes(32), **made)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (SignIn, {"address": "", "user_agent": "", "last_seen_at": MOMENT, "expires_at": MOMENT, "digest": b""}),
        (Invitation, {"expires_at": MOMENT, "digest": b""}),
        (SignInFailure, {"address": "", "name_digest": b"ada", "last_at": MOMENT, "paused_until": MOMENT}),
    ],
)
async def test_a_secret_is_kept_by_its_digest_alone(database: Database, table: Any, values: dict[str, Any]) -> None:
    of = {"user_id": await ada(database)} if table is SignIn else {}
    with pytest.raises(IntegrityError, match="digest_is_sha256"):
        await add(database, table, **values, **of)


@pytest.mark.parametrize(
    "document",
    [[], "dark", {"pages": "x" * MOST_PREFERENCES}],
    ids=["a list", "a word", "too long"],
)
async def test_preferences_are_bounded(database: Database, document: Any) -> None:
    user_id = await ada(database)
    with pytest.raises(IntegrityError, match="ck_preferences_document_bounded"):
        await add(database, Preferences, user_id=user_id, document=document)


async def test_the_trail_keeps_who_changed_a_role_and_of_a_password_its_digest(database: Database) -> None:
    user_id = await ada(database, password_hash="$argon2id$secret")
    async with database.unit_of_work() as work:
        await work.session.execute(update(User).where(User.id == user_id).values(role="admin"))
        await work.commit()
    made, changed = await entries(database, "users")
    assert (made.operation, changed.operation, changed.row_id) == ("insert", "update", user_id)
    assert changed.changed == ("role",)
    assert "password_hash_sha256" in (made.after or {})
    assert "argon2" not in str(made.after)


async def test_a_token_is_followed_but_for_its_last_use(database: Database) -> None:
    token_id = await add(database, Token, name="AOI-1", role="machine", digest=DIGEST, prefix="ms_")
    async with database.unit_of_work() as work:
        await work.session.execute(update(Token).where(Token.id == token_id).values(last_used_at=MOMENT))
        await work.commit()
    assert [each.operation for each in await entries(database, "tokens")] == ["insert"]
    async with database.unit_of_work() as work:
        values = {"last_used_at": MOMENT, "revoked_at": MOMENT}
        await work.session.execute(update(Token).where(Token.id == token_id).values(values))
        await work.commit()
    made, revoked = await entries(database, "tokens")
    assert revoked.changed == ("revoked_at",)
    assert DIGEST.hex() not in str(made.after)


async def test_preferences_are_followed_by_their_digest(database: Database) -> None:
    user_id = await ada(database)
    await add(database, Preferences, user_id=user_id, document={"theme": "dark"})
    [entry] = await entries(database, "preferences")
    assert entry.row_id == user_id
    assert set(entry.after or {}) == {"user_id", "document_sha256"}


async def test_signing_in_leaves_no_entry(database: Database) -> None:
    user_id = await ada(database)
    moments = {"last_seen_at": MOMENT, "expires_at": MOMENT}
    await add(database, SignIn, user_id=user_id, digest=DIGEST, address="::1", user_agent="", **moments)
    async with database.session() as session:
        relations = set(await session.scalars(text("SELECT relation FROM audit.entries")))
    assert relations == {"users"}
