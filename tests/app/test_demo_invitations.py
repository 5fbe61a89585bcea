"""The demo tenant has invitations to look at, and nobody is mailed."""

import pytest

from tenantry.app.demo_invitations import GUESTS, TOO_LATE, invite_guests
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.invitations.queries import list_invitations
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tests.support.access import events_of
from tests.support.database import SEALER
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_there_are_invitations_in_nearly_every_state_and_no_mail(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Developer"))
        await create_group(work, NewGroup(name="Engineering"))
    await invite_guests(home.works, home.opener(), SEALER)
    everything = Criteria(where=EVERYTHING, sort=Sort("createdAt"), page=Page(100))
    async with home.works.read(home.opener()) as work:
        found = (await list_invitations(work, everything)).invitations
    assert len(found) == len(GUESTS) + len(TOO_LATE)
    assert {one.state.value for one in found} == {
        "pending",
        "sent",
        "opened",
        "bounced",
        "expired",
        "revoked",
    }
    assert {data["mail"] for _, data in await events_of(home, "user.invited")} == {False}
