"""What the targets of entries are called now, as far as the reader may see them."""

from uuid import UUID

import pytest

from tenantry.domain.apikeys import permissions as apikeys
from tenantry.domain.audit import permissions
from tenantry.domain.audit.model import Entry
from tenantry.domain.audit.names import Names, list_names
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.model import NewPermission, NewRole
from tenantry.domain.roles.permission_actions import create_permission
from tenantry.domain.roles.role_actions import create_role
from tenantry.domain.users import permissions as users
from tenantry.kernel.events import Outcome
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import MissingPermission
from tests.support.access import acting
from tests.support.invitations import invited
from tests.support.makers import Home
from tests.support.portal import statements

pytestmark = pytest.mark.asyncio


async def about(home: Home, kind: str, target: UUID | None) -> Entry:
    async with home.works.read(home.opener()) as work:
        now = work.now
    return Entry(
        new_id(), "a.b", Outcome.SUCCESS, "system", None, kind, target, {}, {}, None, None, None, now
    )


async def names(home: Home, entries: list[Entry], *held: str) -> Names:
    async with acting(home, *held) as work:
        return await list_names(work, entries)


async def test_each_kind_of_target_has_its_present_name(home: Home) -> None:
    ann = await home.user("ann@example.com", name="Ann")
    async with acting(home) as work:
        made = {
            "group": await create_group(work, NewGroup(name="Crew")),
            "role": await create_role(work, NewRole(name="Cook")),
            "permission": await create_permission(work, NewPermission(slug="soup:cook", name="Cook soup")),
        }
        key: UUID = await work.db.value("select id from api_keys limit 1")
        called: str = await work.db.value("select name from api_keys limit 1")
    invitation = await invited(home)
    targets = {"user": ann.user.id, "api_key": key, "invitation": invitation, **made}
    entries = {kind: await about(home, kind, target) for kind, target in targets.items()}
    found = await names(home, list(entries.values()))
    said = {kind: found.of(entry) for kind, entry in entries.items()}
    assert said.pop("invitation")
    assert said == {
        "user": "ann@example.com",
        "api_key": called,
        "group": "Crew",
        "role": "Cook",
        "permission": "soup:cook",
    }


async def test_who_may_not_see_people_learns_of_none(home: Home) -> None:
    ann = await about(home, "user", (await home.user("ann@example.com")).user.id)
    blind = await names(home, [ann], permissions.READ.name, apikeys.READ.name)
    assert (blind.of(ann), blind.is_gone(ann)) == (None, False)
    seeing = await names(home, [ann], permissions.READ.name, users.READ.name)
    assert seeing.of(ann) == "ann@example.com"


async def test_who_is_gone_or_belongs_to_a_neighbour_has_no_name(home: Home, neighbour: Home) -> None:
    theirs = await about(home, "user", (await neighbour.user("bob@example.com")).user.id)
    gone = await about(home, "group", new_id())
    found = await names(home, [theirs, gone])
    assert [(found.of(one), found.is_gone(one)) for one in (theirs, gone)] == [(None, True)] * 2


async def test_it_takes_one_statement_and_none_where_nobody_is_to_be_named(home: Home) -> None:
    settings, user = await about(home, "tenant", None), await about(home, "user", new_id())
    taken = []
    for entries in ([settings], [settings, user, user]):
        before = statements()
        await names(home, entries)
        taken.append(statements() - before)
    assert taken[1] - taken[0] == 1


async def test_it_takes_the_right_to_read_the_log(home: Home) -> None:
    with pytest.raises(MissingPermission):
        await names(home, [], users.READ.name)
