"""`marksight migrate` and `marksight seed`, as a user runs them."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from core.rights import Role
from data import migrate
from data.queries import people
from data.settings import Settings
from tests.data.conftest import Scratch, scratch  # noqa: F401 - the fixture
from workers.composition import Services

pytestmark = pytest.mark.usefixtures("postgres")


async def marksight(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command; return its exit code and everything it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from dashboard.cli import main; main()", *arguments),
        env={**clean, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


def urls(scratch: Scratch) -> dict[str, str]:  # noqa: F811
    return {"MARKSIGHT_DATABASE_URL": scratch.app_url, "MARKSIGHT_OWNER_URL": scratch.owner_url}


async def test_migrates_up_and_down(scratch: Scratch) -> None:  # noqa: F811
    assert await marksight("migrate", **urls(scratch)) == (0, f"schema at revision {migrate.head()}\n")
    assert await marksight("migrate", **urls(scratch)) == (0, f"schema at revision {migrate.head()}\n")
    assert await marksight("migrate", "--down-to", "0001", **urls(scratch)) == (0, "schema at revision 0001\n")
    assert await marksight("migrate", "--down-to", "base", **urls(scratch)) == (0, "schema at revision base\n")


async def test_says_in_one_line_what_is_missing(scratch: Scratch) -> None:  # noqa: F811
    code, said = await marksight("migrate", MARKSIGHT_DATABASE_URL=scratch.app_url)
    assert (code, said.count("\n")) == (4, 1)
    assert "MARKSIGHT_OWNER_URL" in said


async def test_never_shows_a_password(scratch: Scratch) -> None:  # noqa: F811
    wrong = scratch.owner_url.replace("marksight_owner:", "marksight_owner:hunter2")
    code, said = await marksight("migrate", MARKSIGHT_DATABASE_URL=scratch.app_url, MARKSIGHT_OWNER_URL=wrong)
    assert code == 4
    assert "hunter2" not in said


async def test_seeds_once(services: Services, postgres: Settings) -> None:
    home = {"MARKSIGHT_HOME": str(postgres.home)}
    code, said = await marksight("seed", **home)
    assert code == 0
    assert "picture ds18b20.jpg" in said
    assert await marksight("seed", **home) == (0, "0 recipes and 0 pictures are new\n")


async def test_the_first_administrator_is_made_as_the_settings_say(services: Services, postgres: Settings) -> None:
    told = {"MARKSIGHT_HOME": str(postgres.home), "MARKSIGHT_ADMIN_USER": "root-of-all"}
    code, said = await marksight("seed", **told, MARKSIGHT_ADMIN_PASSWORD="short")
    assert (code, "no administrator yet, and none could be made" in said) == (0, True), "the rest is there all the same"
    code, said = await marksight("seed", **told, MARKSIGHT_ADMIN_PASSWORD="nine green parrots")
    assert code == 0, said
    async with services.database.session() as session:
        made = await people.user(session, "root-of-all")
    assert (made.role, made.has_password) == (Role.ADMIN, True)


@pytest.mark.parametrize(("command", "word"), [("migrate", "MARKSIGHT_OWNER_URL"), ("seed", "pictures")])
async def test_explains_itself(command: str, word: str) -> None:
    code, said = await marksight(command, "--help")
    assert code == 0
    assert word in said
