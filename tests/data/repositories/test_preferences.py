"""What people prefer, as it is written."""

from __future__ import annotations

from data.database import Database
from data.queries import people
from data.repositories.preferences import PreferencesOf
from tests.data.repositories.people import person


async def test_what_was_said_last_takes_the_place_of_what_was_before(database: Database) -> None:
    ada, bob = await person(database), await person(database, "bob")
    for user_id, document in ((ada, {"theme": "dark"}), (bob, {"theme": "light"}), (ada, {"units": "mm"})):
        async with database.unit_of_work() as work:
            await PreferencesOf(work.session).set(user_id, document)
            await work.commit()
    async with database.session() as session:
        told = [await people.preferences(session, each) for each in (ada, bob, database.ids())]
    assert told == [{"units": "mm"}, {"theme": "light"}, {}]
