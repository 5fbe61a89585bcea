"""The tab Danger zone: locking, suspending and disabling, deleting, restoring and erasing."""

from typing import Any

import httpx
import pytest

from tenantry.domain.directory.queries import get_person
from tenantry.domain.users.errors import UserNotFound
from tenantry.domain.users.model import User
from tenantry.domain.users.references import UserRef
from tests.support.access import events_of
from tests.support.makers import Home
from tests.support.portal import form_csrf
from tests.support.portal_user import followed, one, press, read
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio


async def stored(home: Home, person: Any) -> User:
    async with home.works.read(home.opener()) as work:
        return (await get_person(work, UserRef(person.user.id, None), with_deleted=True)).user


async def is_gone(home: Home, person: Any) -> bool:
    try:
        await stored(home, person)
    except UserNotFound:
        return True
    return False


async def danger(client: httpx.AsyncClient, person: Any) -> httpx.Response:
    return await client.get(f"{one(person)}?tab=danger")


@pytest.mark.parametrize(
    ("on", "off", "label"),
    [("lock", "unlock", "Locked"), ("suspend", "reactivate", "Suspended"), ("disable", "enable", "Disabled")],
)
async def test_a_state_is_switched_on_with_a_reason_and_off_again(
    admin: httpx.AsyncClient, home: Home, on: str, off: str, label: str
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user(email_verified=True)
    answer = await press(admin, ann, f"/state/{on}", reason="Asked for", confirm="yes")
    text = await followed(admin, answer)
    assert f"{label} by root@example.com" in text
    assert "Reason: Asked for" in text
    page = await danger(admin, ann)
    assert f'data-dialog="{off}"' in page.text
    assert f'data-dialog="{on}"' not in page.text
    answer = await press(admin, ann, f"/state/{off}", reason="A mistake")
    assert label not in read(await admin.get(one(ann)))
    assert answer.status_code == 303


async def test_a_lock_may_have_an_end(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    answer = await press(admin, ann, "/state/lock", until="2026-03-05T09:00", confirm="yes")
    assert "It ends by itself at 2026-03-05 09:00 UTC" in await followed(admin, answer)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"reason": "Odd"}, "Tick this box to go on."),
        ({"reason": "Odd", "confirm": "yes", "until": "2020-01-01T00:00"}, "The end must lie in the future."),
        ({"reason": "Odd", "confirm": "yes", "until": "soon"}, "Must be a date and a time"),
        ({"reason": "x" * 501, "confirm": "yes"}, "Must be at most 500 characters long."),
    ],
)
async def test_a_faulty_form_stands_open_again_with_what_was_typed(
    admin: httpx.AsyncClient, home: Home, fields: dict[str, str], told: str
) -> None:
    ann = await home.user(email_verified=True)
    page = await press(admin, ann, "/state/lock", **fields)
    assert page.status_code == 422
    assert told in read(page).partition("Lock ann@example.com")[2]
    assert f'value="{fields["reason"]}"' in page.text
    assert 'id="lock"' in page.text.partition("data-open")[0].rpartition("<dialog")[2]
    assert not (await stored(home, ann)).locked


async def test_disabling_is_offered_only_where_the_tenant_allows_it(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    assert 'data-dialog="disable"' not in (await danger(admin, ann)).text
    page = await press(admin, ann, "/state/disable", confirm="yes")
    assert page.status_code == 422
    assert "Disabling accounts is switched off in the settings of this tenant." in page.text


async def test_there_are_no_other_states_to_switch(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    assert (await press(admin, ann, "/state/promote", confirm="yes")).status_code == 404


async def test_a_deleted_user_is_kept_as_the_portal_keeps_them_and_comes_back(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "deletion", retentionDays=7, adminApiRetentionDays=0)
    ann = await home.user(roles=["auditor"])
    assert "They can be restored for 7 days" in read(await danger(admin, ann))
    refused = await press(admin, ann, "/delete", reason="Left", confirm="yes")
    assert (refused.status_code, "Type the word delete to go on." in refused.text) == (422, True)
    text = await followed(admin, await press(admin, ann, "/delete", reason="Left", confirm=" Delete "))
    assert "The user has been deleted and can be restored." in text
    assert "until 2026-03-11 12:00 UTC" in text
    refused = await press(admin, ann, "/restore", reason="x" * 501)
    assert (refused.status_code, "Must be at most 500 characters long." in refused.text) == (422, True)
    assert 'id="restore"' in refused.text.partition("data-open")[0].rpartition("<dialog")[2]
    text = await followed(admin, await press(admin, ann, "/restore", reason="Came back"))
    assert "The user is back, with their roles and groups." in text
    assert (await stored(home, ann)).deleted_at is None
    assert [data for _, data in await events_of(home, "user.restored")] == [{"reason": "Came back"}]


async def test_without_a_time_to_restore_deleting_is_for_good(admin: httpx.AsyncClient, home: Home) -> None:
    await change(home, "deletion", retentionDays=0)
    ann = await home.user()
    assert "For good, with all that belongs to them." in read(await danger(admin, ann))
    answer = await press(admin, ann, "/delete", confirm="delete")
    assert answer.headers["location"] == "/t/acme-corp/portal/access-management/users?told=removed"
    assert await is_gone(home, ann)


async def test_who_is_deleted_can_be_deleted_for_good(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    await press(admin, ann, "/delete", confirm="delete")
    # A second press on an old page must not do what this one does.
    again = await press(admin, ann, "/delete", confirm="delete")
    assert again.status_code == 409
    assert not await is_gone(home, ann)
    assert (await press(admin, ann, "/delete-for-good", confirm="no")).status_code == 422
    assert (await press(admin, ann, "/delete-for-good", confirm="delete")).status_code == 303
    assert await is_gone(home, ann)


async def test_a_person_is_erased_once_the_word_is_typed(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    assert (await press(admin, ann, "/erase", confirm="delete")).status_code == 422
    assert not await is_gone(home, ann)
    assert (await press(admin, ann, "/erase", reason="Asked for", confirm="erase")).status_code == 303
    assert await is_gone(home, ann)
    [(_, data)] = await events_of(home, "gdpr.delete.requested")
    assert data == {"reason": "Asked for"}


@pytest.mark.parametrize(
    ("path", "confirm"),
    [
        ("/state/lock", "yes"),
        ("/state/suspend", "yes"),
        ("/delete", "delete"),
        ("/delete-for-good", "delete"),
        ("/erase", "erase"),
    ],
)
async def test_somebody_stronger_is_neither_shut_out_nor_deleted(
    enter: Enters, home: Home, path: str, confirm: str
) -> None:
    boss = await home.user("boss@example.com", roles=["tenant_admin"])
    manager = await enter("user_manager")
    page = await press(manager, boss, path, confirm=confirm)
    assert page.status_code == 403
    assert "This user may do things that you may not" in page.text
    assert await stored(home, boss) == boss.user


async def test_on_ones_own_page_stands_why_instead_of_the_buttons(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    answer = await admin.get("/access-management/users/root@example.com?tab=danger")
    page = await admin.get(f"http://localhost:8400{answer.headers['location']}")
    assert "This is your own account. You cannot suspend, lock, disable or delete it here" in read(page)
    zone = page.text.partition('aria-label="Danger zone"')[2].partition("</main>")[0]
    assert "<button" not in zone
    assert "<form" not in zone


@pytest.mark.parametrize(
    ("path", "confirm"),
    [("/state/lock", "yes"), ("/state/suspend", "yes"), ("/delete", "delete"), ("/erase", "erase")],
)
async def test_nobody_shuts_themselves_out_by_a_forged_form(
    admin: httpx.AsyncClient, home: Home, path: str, confirm: str
) -> None:
    answer = await admin.get("/access-management/users/root@example.com")
    own = answer.headers["location"].partition("/portal")[2]
    guard = form_csrf(await admin.get(own))
    page = await admin.post(f"{own}{path}", data={"csrf": guard, "confirm": confirm})
    assert page.status_code == 409
    assert read(page).count("You cannot do this to your own account. Ask another administrator.") == 1
    assert (await admin.get(own)).status_code == 200
