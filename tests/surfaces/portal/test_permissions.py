"""The page of one of the tenant's own permissions; the list, a new one and its end are in test_roles.py."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from tenantry.domain.roles.model import NewPermission, PermissionChanges, StoredPermission
from tenantry.domain.roles.permission_actions import change_permission, create_permission
from tenantry.domain.roles.queries import get_permission
from tenantry.kernel.clock import FrozenClock
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.test_roles import hidden

pytestmark = pytest.mark.asyncio
PERMISSIONS = "access-management/roles/permissions"
WANTED = {"name": "<i>Refund</i>", "slug": "orders:pay-back", "description": "Pays\r\nback."}


async def made(home: Home) -> UUID:
    async with acting(home) as work:
        return await create_permission(work, NewPermission(slug="orders:refund", name="Refund"))


async def stored(home: Home, ref: UUID) -> StoredPermission:
    async with acting(home) as work:
        return await get_permission(work, str(ref))


async def test_a_permission_is_renamed_and_what_is_wrong_stands_under_its_field(
    admin: httpx.AsyncClient, home: Home
) -> None:
    one = await made(home)
    page = f"{PERMISSIONS}/{one}"
    before = statements()
    form = hidden(await admin.get(page))
    assert statements() - before <= 6
    refused = await admin.post(page, data={**form, **WANTED, "slug": "orders.pay-back"})
    assert refused.status_code == 422
    assert 'id="slug-problems"' in refused.text
    assert 'value="&lt;i&gt;Refund&lt;/i&gt;"' in refused.text
    assert (await stored(home, one)).name == "Refund"
    answer = await admin.post(page, data={**hidden(refused), **WANTED})
    assert answer.headers["location"].endswith(f"{PERMISSIONS}?told=saved")
    now = await stored(home, one)
    assert (now.name, now.slug, now.description) == ("<i>Refund</i>", "orders:pay-back", "Pays\nback.")


async def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    one = await made(home)
    page = f"{PERMISSIONS}/{one}"
    form = hidden(await admin.get(page))
    clock.advance(timedelta(seconds=1))
    async with acting(home) as work:
        await change_permission(work, str(one), PermissionChanges(name="Theirs"))
    answer = await admin.post(page, data={**form, **WANTED})
    assert answer.status_code == 409
    assert "The permission was changed while you were editing" in answer.text
    assert "<td>Refund</td><td>Theirs</td><td>&lt;i&gt;Refund&lt;/i&gt;</td>" in answer.text
    assert (await stored(home, one)).name == "Theirs"
    again = await admin.post(page, data={**hidden(answer), **WANTED})
    assert again.status_code == 303
    assert (await stored(home, one)).name == "<i>Refund</i>"


async def test_neither_a_system_permission_nor_one_of_nobodys_is_changed(
    admin: httpx.AsyncClient, auditor: httpx.AsyncClient, home: Home
) -> None:
    one = await made(home)
    async with acting(home) as work:
        system = (await get_permission(work, "users:read")).id
    form = hidden(await admin.get(f"{PERMISSIONS}/{one}"))
    for ref, status in ((system, 403), (home.id, 404)):
        assert (await admin.get(f"{PERMISSIONS}/{ref}")).status_code == status
        assert (await admin.post(f"{PERMISSIONS}/{ref}", data={**form, **WANTED})).status_code == status
    assert (await stored(home, system)).slug == "users:read"
    guard = form_csrf(await auditor.get("access-management/roles/user"))
    assert (await auditor.get(f"{PERMISSIONS}/{one}")).status_code == 403
    forged = await auditor.post(f"{PERMISSIONS}/{one}", data={**form, **WANTED, "csrf": guard})
    assert forged.status_code == 403
    assert f"{PERMISSIONS}/{one}" not in (await auditor.get(PERMISSIONS)).text
    assert (await stored(home, one)).slug == "orders:refund"
