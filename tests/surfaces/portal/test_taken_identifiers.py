"""Creating a user with what somebody who was deleted still has."""

import httpx
import pytest

from tenantry.domain.provisioning.actions import remove_person
from tests.support.makers import Home
from tests.surfaces.portal.test_new_user import create, problems

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("email", "BOB@example.com", "A deleted user has this email."),
        ("username", "bob", "A deleted user has this username."),
        ("phoneNumber", "+12025550123", "A deleted user has this phone number."),
    ],
)
async def test_what_a_deleted_user_has_is_said_to_be_theirs_with_the_way_to_them(
    admin: httpx.AsyncClient, home: Home, field: str, value: str, told: str
) -> None:
    bob = await home.user("bob@example.com", username="bob", phone="+12025550123")
    async with home.works.write(home.opener()) as work:
        await remove_person(work, bob.user, permanent=False, from_admin_api=False)
    answer = await create(admin, **{field: value, "name": "Bob"})
    assert answer.status_code == 409
    assert problems(answer) == {field: told}
    there = f"/t/acme-corp/portal/access-management/users/{bob.user.id}"
    assert f'<a href="{there}">Open the deleted user</a>' in answer.text
