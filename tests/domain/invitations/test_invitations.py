"""An invitation holds an address back, hands out what its maker may hand out, and stands in one state at a time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tenantry.domain.codes.errors import TooManyCodes
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.invitations.actions import (
    create_offline_link,
    invite,
    invite_many,
    resend_invitation,
    revoke_invitation,
)
from tenantry.domain.invitations.errors import (
    AddressHeld,
    AlreadyInvited,
    AlreadyUser,
    InvitationClosed,
    InvitationNotFound,
)
from tenantry.domain.invitations.model import InvitationState, NewInvitation
from tenantry.domain.invitations.queries import list_invitations, list_links
from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.users.claims import Purpose, claim_address
from tenantry.domain.users.errors import AddressReserved
from tenantry.domain.users.model import UserChanges
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import EVERYTHING, Compare, Criteria, Node, Op, Page, Sort
from tenantry.kernel.errors import DomainError
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import MissingPermission
from tenantry.kernel.problems import FieldError
from tests.support.access import acting, events_of
from tests.support.database import SEALER
from tests.support.invitations import ANITA, accept, invited, offline_link, shown
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
INVITER = ("users:create", "users:read")


async def found(home: Home, where: Node = EVERYTHING, search: str | None = None) -> list[str]:
    criteria = Criteria(where=where, sort=Sort("email"), page=Page(100), search=search)
    async with home.works.read(home.opener()) as work:
        return [one.email for one in (await list_invitations(work, criteria)).invitations]


async def claims(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all("select email_key, purpose, owner from address_claims")


async def resend(home: Home, invitation_id: UUID) -> None:
    async with home.works.write(home.opener()) as work:
        await resend_invitation(work, invitation_id)


async def revoke(home: Home, invitation_id: UUID) -> bool:
    async with home.works.write(home.opener()) as work:
        return await revoke_invitation(work, invitation_id)


async def test_an_invited_person_is_no_user_and_their_address_is_held_back(home: Home) -> None:
    invitation_id = await invited(home, "Anita@Example.com", name="Anita Singh", message="Hello\nAnita")
    one = await shown(home, invitation_id)
    assert (one.state, one.email, one.message) == ("pending", "Anita@Example.com", "Hello\nAnita")
    assert await claims(home) == [(ANITA, "invitation", invitation_id)]
    with pytest.raises(AddressReserved):
        await home.user(ANITA)
    event = (await events_of(home, "user.invited"))[0]
    assert event == (invitation_id, {"roles": [], "groups": [], "mail": True})


async def test_the_address_of_an_invitation_cannot_become_another_users_by_a_change(home: Home) -> None:
    await invited(home)
    bob = await home.user("bob@example.com")

    async def rename() -> None:
        async with home.works.write(home.opener()) as work:
            user = await get_user_for_change(work, UserRef(bob.user.id, None))
            await change_person(work, user, UserChanges(email=ANITA))

    with pytest.raises(AddressReserved):
        await rename()


async def test_an_address_that_is_a_users_is_not_invited_and_the_user_is_named(home: Home) -> None:
    ann = await home.user("ann@example.com")
    with pytest.raises(AlreadyUser) as caught:
        await invited(home, "ANN@example.com")
    assert caught.value.fields == {
        "email": "a user with this email already exists",
        "userId": str(ann.user.id),
    }
    assert await found(home) == []


async def test_who_may_not_see_users_is_not_told_which_one_has_the_address(home: Home) -> None:
    await home.user("ann@example.com")
    with pytest.raises(AlreadyUser) as caught:
        async with acting(home, "users:create") as work:
            await invite(work, NewInvitation(email="ann@example.com"))
    assert caught.value.fields == {"email": "a user with this email already exists"}


async def test_an_address_is_invited_once_at_a_time(home: Home) -> None:
    first = await invited(home)
    with pytest.raises(AlreadyInvited) as caught:
        await invited(home, "ANITA@example.com")
    assert caught.value.fields["invitationId"] == str(first)


async def test_an_address_that_is_held_back_for_a_user_is_not_invited(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await claim_address(work, ANITA, Purpose.EMAIL_CHANGE, new_id(), None)
    with pytest.raises(AddressHeld):
        await invited(home)


async def test_an_expired_invitation_holds_nothing_back_and_gives_way_to_a_new_one(
    home: Home, clock: FrozenClock
) -> None:
    old = await invited(home)
    clock.advance(timedelta(days=7))
    assert (await shown(home, old)).state is InvitationState.EXPIRED
    new = await invited(home)
    assert (await shown(home, old)).state is InvitationState.REVOKED
    assert (await shown(home, new)).state is InvitationState.PENDING
    assert await events_of(home, "user.invitation_revoked") == [(old, {"replaced": True})]


async def test_the_address_of_an_expired_invitation_can_be_given_to_a_user(
    home: Home, clock: FrozenClock
) -> None:
    old = await invited(home)
    clock.advance(timedelta(days=7))
    await home.user(ANITA)
    with pytest.raises(AlreadyUser):
        await resend(home, old)


async def test_an_invitation_can_be_made_to_last_for_ever(home: Home, clock: FrozenClock) -> None:
    await change(home, "links", invitationMinutes=-1)
    one = await invited(home)
    clock.advance(timedelta(days=3000))
    assert ((await shown(home, one)).state, (await shown(home, one)).expires_at) == ("pending", None)
    with pytest.raises(AlreadyInvited):
        await invited(home)


async def test_the_claim_ends_with_the_invitation_when_the_tenant_has_shortened_its_time(
    home: Home, clock: FrozenClock
) -> None:
    await change(home, "links", invitationMinutes=-1)
    one = await invited(home)
    await change(home, "links", invitationMinutes=60)
    clock.advance(timedelta(minutes=5))
    await resend(home, one)
    clock.advance(timedelta(hours=1))
    assert (await shown(home, one)).state is InvitationState.EXPIRED
    await home.user(ANITA)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "user@localhost"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@example.com\r\nBcc: x@example.com"}, "email"),
        ({"name": "x" * 129}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\r\nb"}, "name"),
        ({"message": "x" * 2001}, "message"),
        ({"message": "a\x00b"}, "message"),
        ({"roles": ["nobody"]}, "roles"),
        ({"groups": ["nobody"]}, "groups"),
        ({"groups": ["x"] * 101}, "groups"),
    ],
)
async def test_bad_input_names_the_field_and_nothing_is_written(
    home: Home, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(DomainError) as caught:
        await invited(home, **fields)
    assert list(caught.value.fields) == [named]
    assert (await found(home), await claims(home)) == ([], [])


async def test_nobody_invites_to_more_than_they_may_do_themselves(home: Home) -> None:
    for roles, permissions in ((["admin"], (*INVITER, "roles:assign")), (["user"], INVITER)):
        with pytest.raises((Escalation, MissingPermission)):
            async with acting(home, *permissions) as work:
                await invite(work, NewInvitation(email=ANITA, roles=roles))
    async with acting(home, *INVITER, "roles:assign") as work:
        await invite(work, NewInvitation(email=ANITA, roles=["user"]))


async def test_nobody_takes_hold_of_an_invitation_to_more_than_they_may_do(home: Home) -> None:
    strong = await invited(home, roles=["admin"])
    for attempt in (
        lambda work: create_offline_link(work, strong, SEALER),
        lambda work: resend_invitation(work, strong),
        lambda work: revoke_invitation(work, strong),
    ):
        with pytest.raises(Escalation):
            async with acting(home, *INVITER, "roles:assign") as work:
                await attempt(work)
    assert (await shown(home, strong)).state is InvitationState.PENDING


async def test_inviting_takes_the_right_to_create_users(home: Home) -> None:
    with pytest.raises(MissingPermission):
        async with acting(home, "users:read") as work:
            await invite(work, NewInvitation(email=ANITA))


async def test_a_revoked_invitation_frees_its_address_at_once(home: Home) -> None:
    one = await invited(home)
    token = await offline_link(home, one)
    assert await revoke(home, one) is True
    assert await revoke(home, one) is False
    assert (await shown(home, one)).state is InvitationState.REVOKED
    assert await claims(home) == []
    assert await events_of(home, "user.invitation_revoked") == [(one, {"replaced": False})]
    with pytest.raises(DomainError):
        await accept(home, token)
    await home.user(ANITA)


async def test_what_is_over_is_not_sent_again_nor_revoked(home: Home) -> None:
    one, two = await invited(home), await invited(home, "bob@example.com")
    await accept(home, await offline_link(home, one))
    await revoke(home, two)
    for invitation_id in (one, two):
        with pytest.raises(InvitationClosed):
            await resend(home, invitation_id)
        with pytest.raises(InvitationClosed):
            await offline_link(home, invitation_id)
    with pytest.raises(InvitationClosed):
        await revoke(home, one)
    with pytest.raises(InvitationNotFound):
        await revoke(home, new_id())


async def test_sending_again_begins_the_whole_time_anew_but_not_too_often(
    home: Home, clock: FrozenClock
) -> None:
    one = await invited(home)
    with pytest.raises(TooManyCodes) as caught:
        await resend(home, one)
    assert caught.value.retry_after == 31
    clock.advance(timedelta(days=8))
    await resend(home, one)
    again = await shown(home, one)
    assert (again.state, again.expires_at) == (InvitationState.PENDING, clock.now() + timedelta(days=7))
    for _ in range(4):
        clock.advance(timedelta(minutes=1))
        await resend(home, one)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(TooManyCodes):
        await resend(home, one)
    clock.advance(timedelta(hours=1))
    await resend(home, one)
    assert len(await events_of(home, "user.invitation_resent")) == 6


async def test_the_history_of_links_is_kept(home: Home, clock: FrozenClock) -> None:
    one = await invited(home)
    await offline_link(home, one)
    clock.advance(timedelta(minutes=1))
    await offline_link(home, one)
    async with home.works.read(home.opener()) as work:
        links = await list_links(work, one)
    assert [(link.channel, link.state.value) for link in links] == [
        ("offline", "valid"),
        ("offline", "overtaken"),
    ]
    assert (await shown(home, one)).sends == 2


async def test_a_list_is_filtered_by_state_address_and_text(home: Home, clock: FrozenClock) -> None:
    one = await invited(home, "old@example.com", name="Olga Old")
    clock.advance(timedelta(days=8))
    two = await invited(home, "bob@example.com")
    await invited(home)
    await accept(home, await offline_link(home, two))

    def state(value: str) -> Compare:
        return Compare("state", Op.EQ, value)

    assert await found(home, state("pending")) == [ANITA]
    assert await found(home, state("accepted")) == ["bob@example.com"]
    assert await found(home, state("expired")) == ["old@example.com"]
    assert await found(home, Compare("email", Op.EQ, "BOB@example.com")) == ["bob@example.com"]
    assert await found(home, search="olga") == ["old@example.com"]
    assert await found(home, search="EXAMPLE") == [ANITA, "bob@example.com", "old@example.com"]
    assert (await shown(home, one)).state is InvitationState.EXPIRED


async def test_a_list_is_filtered_by_who_can_still_accept(home: Home, clock: FrozenClock) -> None:
    await invited(home, "old@example.com")
    clock.advance(timedelta(days=8))
    await accept(home, await offline_link(home, await invited(home, "bob@example.com")))
    await revoke(home, await invited(home, "carla@example.com"))
    await invited(home)
    assert await found(home, Compare("waiting", Op.EQ, True)) == [ANITA]
    assert await found(home, Compare("waiting", Op.EQ, False)) == [
        "bob@example.com",
        "carla@example.com",
        "old@example.com",
    ]


async def test_a_list_is_filtered_by_what_the_invited_are_to_get_and_when_they_were_invited(
    home: Home, clock: FrozenClock
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name="Engineering"))
    await invited(home, "bob@example.com", roles=["auditor"])
    clock.advance(timedelta(days=1))
    now = clock.now()
    await invited(home, "carla@example.com", groups=["engineering"])
    assert await found(home, Compare("role", Op.EQ, "auditor")) == ["bob@example.com"]
    assert await found(home, Compare("role", Op.EQ, "engineering")) == []
    assert await found(home, Compare("group", Op.EQ, "engineering")) == ["carla@example.com"]
    assert await found(home, Compare("createdAt", Op.GE, now)) == ["carla@example.com"]
    assert await found(home, Compare("createdAt", Op.LT, now)) == ["bob@example.com"]


async def test_of_many_some_are_refused_and_the_others_invited(home: Home) -> None:
    await home.user("ann@example.com")
    wanted: list[NewInvitation | DomainError] = [
        NewInvitation(email="zoe@example.com"),
        NewInvitation(email="ann@example.com"),
        NewInvitation(email="ZOE@example.com"),
        NewInvitation(email="nobody"),
        NewInvitation(email="bob@example.com", roles=["nobody"]),
        FieldError("email", "is missing"),
        NewInvitation(email=ANITA, roles=["user"]),
    ]
    async with home.works.write(home.opener()) as work:
        answers = await invite_many(work, wanted)
    kinds = ["" if isinstance(answer, UUID) else type(answer).__name__ for answer in answers]
    assert kinds == ["", "AlreadyUser", "AlreadyInvited", "DomainError", "FieldError", "FieldError", ""]
    assert await found(home) == [ANITA, "zoe@example.com"]
    assert len(await events_of(home, "user.invited")) == 2


@pytest.mark.parametrize("count", [0, 1001])
async def test_nobody_or_too_many_at_once_are_refused(home: Home, count: int) -> None:
    with pytest.raises(FieldError, match="1 to 1000"):
        async with home.works.write(home.opener()) as work:
            await invite_many(work, [NewInvitation(email=ANITA)] * count)


async def test_the_neighbour_may_invite_the_same_people_and_sees_no_invitation_of_ours(
    home: Home, neighbour: Home
) -> None:
    ours, theirs = await invited(home), await invited(neighbour)
    token = await offline_link(home, ours)
    with pytest.raises(InvitationNotFound):
        await shown(neighbour, ours)
    with pytest.raises(InvitationNotFound):
        await revoke(neighbour, ours)
    with pytest.raises(DomainError):
        await accept(neighbour, token)
    await accept(home, token)
    assert (await shown(neighbour, theirs)).state is InvitationState.PENDING
    assert await claims(neighbour) == [(ANITA, "invitation", theirs)]


async def test_roles_and_groups_are_shown_by_slug_and_name(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Developer"))
        await create_group(work, NewGroup(name="Engineering"))
    one = await shown(home, await invited(home, roles=["developer"], groups=["engineering"]))
    assert bytes(one.roles) == b'[{"slug" : "developer", "name" : "Developer"}]'
    assert bytes(one.groups) == b'[{"slug" : "engineering", "name" : "Engineering"}]'
