"""What is told of in the middle of a batch is known between two pictures, once."""

from __future__ import annotations

import pytest

from data.channels import OUTBOX
from data.priorities import Priority
from data.urls import app_url
from tests.workers.programs import until
from workers import urgency
from workers.composition import Services
from workers.urgency import ANY, NothingUrgent, Told, priority_of


@pytest.mark.parametrize(
    ("payload", "priority"),
    [
        pytest.param('{"priority": 0}', 0, id="waited for"),
        pytest.param('{"priority": 20}', 20, id="batch"),
        pytest.param(None, ANY, id="something missed"),
        pytest.param('{"requeued": 3}', ANY, id="without a priority"),
        pytest.param("no JSON", ANY, id="no JSON"),
        pytest.param("[]", ANY, id="no object"),
    ],
)
def test_a_notification_tells_a_priority_or_anything(payload: str | None, priority: int) -> None:
    assert priority_of(payload) == priority


def test_nothing_told_is_nothing_urgent() -> None:
    assert not Told().beyond(Priority.BATCH)
    assert not NothingUrgent().beyond(Priority.BATCH)


@pytest.mark.parametrize(
    ("told", "present", "urgent"),
    [
        (Priority.WAITING, Priority.BATCH, True),
        (Priority.LIVE, Priority.BATCH, True),
        (Priority.BATCH, Priority.BATCH, False),
        (Priority.WAITING, Priority.WAITING, False),
        (Priority.LIVE, Priority.WAITING, False),
    ],
)
def test_only_what_is_more_urgent_overtakes(told: Priority, present: Priority, urgent: bool) -> None:
    heard = Told()
    heard.hear(f'{{"priority": {int(told)}}}')
    assert heard.beyond(present) is urgent


def test_it_is_told_once_and_the_most_urgent_counts() -> None:
    heard = Told()
    for priority in (Priority.BATCH, Priority.WAITING, Priority.LIVE):
        heard.hear(f'{{"priority": {int(priority)}}}')
    assert heard.beyond(Priority.LIVE)
    assert not heard.beyond(Priority.BATCH)


def test_what_may_have_been_missed_is_looked_for() -> None:
    heard = Told()
    heard.hear(None)
    assert heard.beyond(Priority.WAITING)


async def test_a_thread_hears_what_the_database_tells(services: Services) -> None:
    heard = urgency.listen(app_url(services.settings))
    await until(lambda: heard.beyond(Priority.WAITING))  # it listens, and something may have been missed before
    assert not heard.beyond(Priority.BATCH)
    async with services.database.unit_of_work() as work:
        await work.notify(OUTBOX, {"priority": int(Priority.WAITING)})
        await work.commit()
    await until(lambda: heard.beyond(Priority.LIVE))
    assert not heard.beyond(Priority.BATCH)
