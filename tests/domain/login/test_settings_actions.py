"""Whoever changes how people sign in can still sign in afterwards."""

from typing import Any

import msgspec
import pytest

from tenantry.domain.login.settings_actions import change_settings_safely
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.domain.tenants.rules import OWN_SECTIONS
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.problems import FieldError
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def save(home: Home, person: Any, identifiers: list[str] | None, kind: ActorKind) -> None:
    actor = Actor(kind, person.user.id, "root", frozenset({"settings:write", "settings:read"}))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        await change_settings_safely(work, {"signIn": {"identifiers": identifiers}}, OWN_SECTIONS)


async def stored(home: Home) -> Any:
    async with home.works.read(home.opener()) as work:
        settings = msgspec.json.decode((await get_own_tenant(work)).settings)
    return settings.get("signIn", {}).get("identifiers")


@pytest.mark.parametrize(
    ("identifiers", "missing"),
    [(["username"], "no username"), (["username", "phone"], "no username and no phone number")],
)
async def test_a_person_cannot_leave_themselves_nothing_to_sign_in_by(
    home: Home, identifiers: list[str], missing: str
) -> None:
    root = await home.user("root@example.com")
    with pytest.raises(FieldError) as refused:
        await save(home, root, identifiers, ActorKind.USER)
    told = f"you could no longer sign in yourself: you have {missing}"
    assert refused.value.fields == {"signIn.identifiers": told}
    assert await stored(home) is None


async def test_one_identifier_of_their_own_is_enough_and_a_key_may_anything(home: Home) -> None:
    root = await home.user("root@example.com", username="root")
    await save(home, root, ["username"], ActorKind.USER)
    assert await stored(home) == ["username"]
    await save(home, root, None, ActorKind.USER)
    assert await stored(home) is None
    await save(home, root, ["phone"], ActorKind.API_KEY)
    assert await stored(home) == ["phone"]
