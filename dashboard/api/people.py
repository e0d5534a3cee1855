"""People: add them, change what they may, let them set a password, end their sign-ins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.paging import Paged
from dashboard.api.people_schemas import LinkView, NewPersonBody, PersonChange, PersonPage, PersonView
from data.queries import people
from data.queries.people import UserView
from workers import accounts, invitations, signing_in
from workers.accounts import Change, NewUser
from workers.composition import Services

Person = Annotated[str, Path(max_length=200, description="Their name, or their id.")]

router = APIRouter(prefix="/v1/people", tags=["people"])


@router.get(
    "", operation_id="listPeople", summary="List people, the newest first", responses=documented("cursor-invalid")
)
async def list_people(services: WithServices, wanted: Annotated[Paged, Query()]) -> PersonPage:
    """List everybody who signs in, those who may not any more too."""
    async with services.database.session() as session:
        page = await people.users(session, cursor=wanted.cursor, limit=wanted.limit)
    present = await signing_in.present(services, [user.id for user in page.items])
    return PersonPage.of(page, lambda user: PersonView.of(user, present[user.id]))


@router.post(
    "",
    operation_id="addPerson",
    summary="Let somebody in",
    status_code=201,
    responses=documented("account-invalid", "account-taken", "origin-refused"),
)
async def add_person(services: WithServices, said: NewPersonBody) -> PersonView:
    """Add somebody; they come in by a link of their own (`/v1/people/{person}/link`), by which they set a password."""
    return await _told(services, await accounts.add(services, NewUser(said.name, said.role, said.display_name)))


@router.get("/{person}", operation_id="getPerson", summary="Show somebody", responses=documented("person-not-found"))
async def get_person(services: WithServices, person: Person) -> PersonView:
    """Show somebody, by their name or id."""
    async with services.database.session() as session:
        user = await people.user(session, person)
    return await _told(services, user)


@router.patch(
    "/{person}",
    operation_id="changePerson",
    summary="Change what somebody may, or is called",
    responses=documented("account-invalid", "last-admin", "origin-refused", "person-not-found"),
)
async def change_person(services: WithServices, person: Person, said: PersonChange) -> PersonView:
    """Change somebody. A new role holds at once; who is active no more is signed out, and nobody is deleted."""
    return await _told(services, await accounts.change(services, person, Change(**said.model_dump())))


@router.post(
    "/{person}/link",
    operation_id="makeLink",
    summary="Make a link by which somebody sets their password",
    status_code=201,
    responses=documented("origin-refused", "person-not-found"),
)
async def make_link(services: WithServices, person: Person) -> LinkView:
    """Make a link that works once; one made before is good for nothing. Who follows it ends all their sign-ins."""
    return LinkView.of(await invitations.invite(services, person))


@router.post(
    "/{person}/sign-out",
    operation_id="signOutPerson",
    summary="End all sign-ins of somebody",
    status_code=204,
    responses=documented("origin-refused", "person-not-found"),
)
async def sign_out_person(services: WithServices, person: Person) -> None:
    """Sign somebody out everywhere; they may sign in again."""
    async with services.database.session() as session:
        user = await people.user(session, person)
    await signing_in.sign_out_everywhere(services, user.id)


async def _told(services: Services, user: UserView) -> PersonView:
    return PersonView.of(user, (await signing_in.present(services, [user.id]))[user.id])
