"""Accepting makes the invited person a user with what is there still of what they were promised; the link works once."""

from datetime import timedelta

import pytest

from tenantry.domain.codes.errors import CodeRefused, TooManyCodes
from tenantry.domain.codes.model import CodeState
from tenantry.domain.directory.queries import get_person
from tenantry.domain.groups.actions import create_group, remove_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.invitations.actions import revoke_invitation
from tenantry.domain.invitations.guest_actions import note_opened, remind_invited, request_new_link
from tenantry.domain.invitations.model import InvitationState
from tenantry.domain.invitations.opening import OpenByInvitation
from tenantry.domain.invitations.queries import find_guest
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role, remove_role
from tenantry.domain.users.errors import IdentifierTaken
from tenantry.domain.users.references import parse_ref
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.errors import DomainError
from tests.support.access import events_of
from tests.support.invitations import ANITA, accept, invited, offline_link, shown
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def guest_state(home: Home, token: str) -> CodeState:
    async with home.works.read(OpenByInvitation(home.slug, token, None, None)) as work:
        return (await find_guest(work, token)).link.state


async def request(home: Home, token: str) -> bool:
    async with home.works.write(OpenByInvitation(home.slug, token, None, None)) as work:
        return await request_new_link(work, token)


async def test_whoever_accepts_becomes_a_user_with_roles_and_groups(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Developer"))
        await create_group(work, NewGroup(name="Engineering"))
    one = await invited(home, roles=["developer", "admin"], groups=["engineering"])
    user = await accept(home, await offline_link(home, one), "Anita Singh")
    async with home.works.read(home.opener()) as work:
        person = await get_person(work, parse_ref(ANITA))
        assert await work.db.value("select hash from password_credentials") == "hash"
        assert await work.db.all("select 1 from address_claims") == []
    assert (person.user.id, person.user.given_name, person.user.family_name) == (user.id, "Anita", "Singh")
    assert {b"developer", b"admin"} <= set(bytes(person.roles).replace(b'"', b" ").split())
    assert b"engineering" in bytes(person.groups)
    after = await shown(home, one)
    assert (after.state, after.user_id) == (InvitationState.ACCEPTED, user.id)
    [(target, data)] = await events_of(home, "user.created")
    assert (target, data["via"]) == (user.id, "invitation")
    [(target, data)] = await events_of(home, "user.invitation_accepted")
    assert (target, data["invitationId"], data["missingRoles"]) == (user.id, str(one), [])


async def test_a_link_that_was_handed_over_proves_no_address(home: Home) -> None:
    user = await accept(home, await offline_link(home, await invited(home)))
    assert user.email_verified is False
    [(_, data)] = await events_of(home, "user.invitation_accepted")
    assert data["offline"] is True


async def test_the_link_works_once(home: Home) -> None:
    token = await offline_link(home, await invited(home))
    await accept(home, token)
    with pytest.raises(CodeRefused) as caught:
        await accept(home, token)
    assert caught.value.state is CodeState.USED
    assert len(await events_of(home, "user.created")) == 1


async def test_opening_the_link_is_noted_and_uses_nothing_up(home: Home) -> None:
    one = await invited(home)
    token = await offline_link(home, one)
    for _ in range(2):
        async with home.works.write(OpenByInvitation(home.slug, token, None, None)) as work:
            await note_opened(work, (await find_guest(work, token)).link)
    assert (await shown(home, one)).state is InvitationState.OPENED
    await accept(home, token)


async def test_what_was_deleted_meanwhile_is_left_out_and_said(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Developer"))
        await create_group(work, NewGroup(name="Engineering"))
    token = await offline_link(home, await invited(home, roles=["developer", "user"], groups=["engineering"]))
    async with home.works.write(home.opener()) as work:
        await remove_role(work, "developer")
        await remove_group(work, "engineering")
        # The same name is another role, which nobody has promised.
        await create_role(work, NewRole(name="Developer"))
    await accept(home, token)
    [(_, data)] = await events_of(home, "user.invitation_accepted")
    assert (data["missingRoles"], data["missingGroups"]) == (["developer"], ["engineering"])
    [(_, given)] = await events_of(home, "user.role.assigned")
    assert given == {"roles": ["user"]}


async def test_a_bad_name_leaves_the_link_good(home: Home) -> None:
    token = await offline_link(home, await invited(home))
    for name in ("a\x00b", "x" * 129, "a\nb"):
        with pytest.raises(DomainError) as caught:
            await accept(home, token, name)
        assert list(caught.value.fields) == ["name"]
    await accept(home, token)


async def test_an_address_that_became_a_users_is_not_taken_from_them(home: Home, clock: FrozenClock) -> None:
    one = await invited(home)
    token = await offline_link(home, one)
    clock.advance(timedelta(days=7))
    await home.user(ANITA)
    clock.advance(timedelta(days=-1))
    with pytest.raises(IdentifierTaken):
        await accept(home, token)
    assert await guest_state(home, token) is CodeState.VALID


async def test_a_revoked_an_overtaken_and_an_expired_link_accept_nothing(
    home: Home, clock: FrozenClock
) -> None:
    one, two = await invited(home), await invited(home, "bob@example.com")
    revoked, old = await offline_link(home, one), await offline_link(home, two)
    new = await offline_link(home, two)
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, one)
    for token in (revoked, old):
        with pytest.raises(CodeRefused) as caught:
            await accept(home, token)
        assert caught.value.state is CodeState.OVERTAKEN
    clock.advance(timedelta(days=7))
    with pytest.raises(CodeRefused) as caught:
        await accept(home, new)
    assert caught.value.state is CodeState.EXPIRED


async def test_the_holder_of_an_expired_link_asks_for_a_new_one(home: Home, clock: FrozenClock) -> None:
    one = await invited(home)
    token = await offline_link(home, one)
    assert await request(home, token) is False
    clock.advance(timedelta(days=7))
    assert await request(home, token) is True
    assert (await shown(home, one)).state is InvitationState.PENDING
    assert [target for target, _ in await events_of(home, "user.invitation_requested")] == [one]
    with pytest.raises(TooManyCodes):
        await request(home, token)


async def test_a_request_for_what_is_over_sends_nothing(home: Home, clock: FrozenClock) -> None:
    one, two = await invited(home), await invited(home, "bob@example.com")
    first, second = await offline_link(home, one), await offline_link(home, two)
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, one)
    clock.advance(timedelta(days=7))
    await home.user("bob@example.com")
    assert (await request(home, first), await request(home, second)) == (False, False)
    assert await events_of(home, "user.invitation_requested") == []


async def test_an_invited_person_who_tries_to_register_is_sent_a_new_link(
    home: Home, clock: FrozenClock
) -> None:
    await invited(home)
    clock.advance(timedelta(minutes=5))
    async with home.works.write(home.opener()) as work:
        assert await remind_invited(work, ANITA) is True
        assert await remind_invited(work, ANITA) is True
        assert await remind_invited(work, "bob@example.com") is False
    assert len(await events_of(home, "user.invitation_requested")) == 1


async def test_purging_the_user_takes_the_invitation_along(home: Home) -> None:
    user = await accept(home, await offline_link(home, await invited(home)))
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from users where id = %s", (user.id,))
        assert await work.db.value("select count(*) from invitations") == 0
