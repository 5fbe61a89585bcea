"""One user's page: its head, its addresses, and what stands in it for whom."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.domain.provisioning.actions import remove_person, switch_state
from tenantry.domain.users.model import PasswordPending
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED
from tenantry.kernel.clock import FrozenClock
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import statements
from tests.support.portal_user import USERS, followed, one, press, read
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
TABS = ("profile", "security", "access", "sessions", "logs", "audit", "danger")
SCRIPT = "<script>alert(1)</script>"


async def test_the_head_names_the_user_with_everything_to_copy(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com", name="Ann Archer", username="ann", phone="+12025550123")
    page = await admin.get(one(ann))
    assert "Ann Archer" in read(page)
    for text in ("ann@example.com", "ann", "+12025550123", str(ann.user.id)):
        assert f'data-copy="{text}"' in page.text


async def test_each_state_is_told_with_its_reason_its_actor_and_its_end(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ann = await home.user()
    async with acting(home) as work:
        until = clock.now() + timedelta(days=2)
        await switch_state(work, ann.user, LOCKED, on=True, reason="Odd sign-ins", until=until)
    text = read(await admin.get(one(ann)))
    assert "Locked by test, just now" in text
    assert "Reason: Odd sign-ins" in text
    assert "It ends by itself at 2026-03-06 12:00 UTC" in text


async def test_a_state_without_an_end_says_so(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    async with acting(home) as work:
        await switch_state(work, ann.user, SUSPENDED, on=True)
    assert "It has no end: it holds until somebody lifts it." in read(await admin.get(one(ann)))


async def test_an_email_address_and_the_360_address_lead_to_the_page(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    page = f"/t/acme-corp/portal{one(ann)}"
    by_email = await admin.get(f"{USERS}/Ann@Example.com?tab=audit")
    assert (by_email.status_code, by_email.headers["location"]) == (303, f"{page}?tab=audit")
    from_elsewhere = await admin.get(f"/users/{ann.user.id}/360")
    assert (from_elsewhere.status_code, from_elsewhere.headers["location"]) == (303, page)


@pytest.mark.parametrize(
    "who", ["0198f3a2-7b1c-7c44-9d0e-5a1f3c2b4d6e", "nobody-at-all", "gone@example.com", "%00@x"]
)
async def test_who_is_unknown_is_a_page_that_leads_back(admin: httpx.AsyncClient, who: str) -> None:
    page = await admin.get(f"{USERS}/{who}")
    assert page.status_code == 404
    assert "There is no such user" in page.text
    assert f'href="/t/acme-corp/portal{USERS}"' in page.text


async def test_a_user_of_another_tenant_is_unknown(
    admin: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    theirs = await neighbour.user()
    assert (await admin.get(one(theirs))).status_code == 404


async def test_a_deleted_user_is_shown_and_can_be_restored(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(name="Ann Archer")
    async with acting(home) as work:
        await remove_person(work, ann.user, permanent=False, from_admin_api=False, reason="Has left")
    page = await admin.get(one(ann))
    text = read(page)
    assert "Reason: Has left" in text
    assert "They can be restored until 2026-04-03 12:00 UTC" in text
    assert 'name="email"' not in page.text
    assert "tab=sessions" not in page.text
    assert "Restore the user" in read(await admin.get(f"{one(ann)}?tab=danger"))


async def test_whoever_changes_a_user_deleted_meanwhile_is_told(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    async with acting(home) as work:
        await remove_person(work, ann.user, permanent=False, from_admin_api=False)
    answer = await press(admin, ann, "", name="Ann", version="1")
    assert answer.status_code == 409
    assert "The user was deleted meanwhile" in answer.text


@pytest.mark.parametrize("tab", TABS)
async def test_no_tab_takes_more_than_six_statements(admin: httpx.AsyncClient, home: Home, tab: str) -> None:
    ann = await home.user(roles=["auditor"])
    address = f"{one(ann)}?tab={tab}"
    await admin.get(address)
    before = statements()
    assert (await admin.get(address)).status_code == 200
    assert statements() - before <= 6


@pytest.mark.parametrize("tab", TABS)
async def test_script_in_any_field_is_shown_as_text(admin: httpx.AsyncClient, home: Home, tab: str) -> None:
    ann = await home.user(
        name=SCRIPT,
        username="ann",
        profile={"nickname": SCRIPT, "address": {"locality": SCRIPT}},
        custom_data={"note": f'"{SCRIPT}'},
    )
    async with acting(home) as work:
        await switch_state(work, ann.user, SUSPENDED, on=True, reason=SCRIPT)
    page = await admin.get(f"{one(ann)}?tab={tab}")
    assert page.status_code == 200
    assert SCRIPT not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


async def test_an_auditor_sees_everything_and_no_button_to_change_it(
    auditor: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(name="Ann Archer", custom_data={"plan": "pro"})
    for tab in TABS[:-1]:
        page = await auditor.get(f"{one(ann)}?tab={tab}")
        assert page.status_code == 200
        assert page.text.count('method="post"') == 1, tab  # signing out
    assert '"plan": "pro"' in read(await auditor.get(one(ann)))
    assert (await auditor.get(f"{one(ann)}?tab=danger")).status_code == 403


async def test_tabs_are_offered_to_those_who_may_open_them(enter: Enters, home: Home) -> None:
    ann = await home.user()
    manager = await enter("user_manager")
    page = await manager.get(one(ann))
    assert "tab=danger" in page.text
    assert "tab=audit" not in page.text
    assert (await manager.get(f"{one(ann)}?tab=audit")).status_code == 403


FORGED: list[tuple[str, dict[str, Any]]] = [
    ("", {"name": "Forged", "version": "1"}),
    ("/resend", {"what": "email"}),
    ("/mark-verified", {"what": "email"}),
    ("/password", {"password": "a brand new passphrase"}),
    ("/password/generate", {}),
    ("/password-reset", {"method": "email_link"}),
    ("/force-reset", {"method": "email_link", "confirm": "yes"}),
    ("/next-sign-in", {"what": "password", "on": "yes"}),
    ("/mfa-reset", {"confirm": "yes"}),
    ("/roles/add", {"roles": "auditor"}),
    ("/roles/remove", {"slug": "user"}),
    ("/groups/add", {"groups": "staff"}),
    ("/sessions/end", {"session": "0198f3a2-7b1c-7c44-9d0e-5a1f3c2b4d6e"}),
    ("/sessions/end-all", {"confirm": "yes"}),
    ("/state/lock", {"confirm": "yes"}),
    ("/state/suspend", {"confirm": "yes"}),
    ("/state/disable", {"confirm": "yes"}),
    ("/delete", {"confirm": "delete"}),
    ("/delete-for-good", {"confirm": "delete"}),
    ("/restore", {}),
    ("/erase", {"confirm": "erase"}),
]


@pytest.mark.parametrize(("path", "fields"), FORGED)
async def test_a_forged_request_is_refused_by_the_domain(
    auditor: httpx.AsyncClient, home: Home, path: str, fields: dict[str, Any]
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user(roles=["user"])
    before = await _stored(home, ann)
    answer = await press(auditor, ann, path, **fields)
    assert answer.status_code == 403, answer.text
    assert "This needs the permission" in read(answer)
    assert await _stored(home, ann) == before


async def test_a_form_of_another_site_changes_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    before = await _stored(home, ann)
    for path, fields in FORGED:
        answer = await admin.post(f"{one(ann)}{path}", data={**fields, "csrf": "x" * 43})
        assert answer.status_code == 403, path
    assert await _stored(home, ann) == before


async def test_somebody_stronger_is_left_alone_with_a_reason(enter: Enters, home: Home) -> None:
    boss = await home.user("boss@example.com", roles=["tenant_admin"])
    manager = await enter("user_manager")
    answer = await press(manager, boss, "/state/suspend", confirm="yes")
    assert answer.status_code == 403
    assert "This user may do things that you may not" in answer.text
    # A dialog would hide the words, and nothing that is typed into it would help.
    assert "data-open" not in answer.text


async def test_what_is_pending_can_be_sent_again(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    page = read(await admin.get(one(ann)))
    assert "Pending email verification" in page
    assert "Send the verification again" in page
    text = await followed(admin, await press(admin, ann, "/resend", what="email"))
    assert "It has been sent again." in text


async def test_what_was_verified_meanwhile_is_not_sent_again(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(email_verified=True)
    text = await followed(admin, await press(admin, ann, "/resend", what="email"))
    assert "It is verified already, so nothing was sent." in text


async def test_nothing_is_offered_to_be_sent_where_it_would_not_work(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(blocked=True, phone="+12025550123")
    page = await admin.get(one(ann))
    assert 'action="/t/acme-corp/portal' + one(ann) + '/resend"' not in page.text
    assert "Mark as verified" in page.text
    bob = await home.user(None, username="bob")
    page = await admin.get(one(bob))
    assert "They have not chosen their first password yet." in page.text
    assert "Send it again" not in page.text


async def test_a_lockout_for_wrong_passwords_does_not_hinder_what_is_sent(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ann = await home.user()
    async with acting(home) as work:
        await work.db.run(
            "update user_activity set locked_out_until = %s, last_failed_at = %s where user_id = %s",
            (clock.now() + timedelta(minutes=5), clock.now(), ann.user.id),
        )
    text = read(await admin.get(one(ann)))
    assert "Locked by the server, just now" in text
    assert "Too many failed sign-ins in a row" in text
    assert "It ends by itself at 2026-03-04 12:05 UTC" in text
    assert "Send the verification again" in text
    assert 'data-dialog="send-reset"' in (await admin.get(f"{one(ann)}?tab=security")).text
    assert (await press(admin, ann, "/resend", what="email")).status_code == 303


async def test_what_a_pending_state_means_is_as_the_tenant_has_set(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(password_pending=PasswordPending.RESET)
    text = read(await admin.get(one(ann)))
    assert "The old one does not work any more." in text
    assert "Signing in does not depend on it." in text
    await change(home, "recovery", oldPasswordWorksUntilReset=True)
    await change(home, "registration", requireEmailVerification=True)
    text = read(await admin.get(one(ann)))
    assert "The old one works only to choose it." in text
    assert "Signing in asks them to." in text


async def test_each_state_leads_to_where_it_is_ended_for_those_who_may_end_it(
    admin: httpx.AsyncClient, auditor: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann = await home.user(valid_until=clock.now() - timedelta(days=1))
    async with acting(home) as work:
        for state in (LOCKED, SUSPENDED, DISABLED):
            user = await get_user_for_change(work, UserRef(ann.user.id, None))
            await switch_state(work, user, state, on=True)
    here = f"/t/acme-corp/portal{one(ann)}"
    lifts = re.compile(rf'href="({here}[^"]+)" aria-label="([^"]+)"')
    assert lifts.findall((await admin.get(one(ann))).text) == [
        (f"{here}?tab=danger", "Enable… Disabled"),
        (f"{here}?tab=danger", "Reactivate… Suspended"),
        (f"{here}#field-validUntil", "Change the end… Past its end"),
        (f"{here}?tab=danger", "Unlock… Locked"),
    ]
    assert lifts.findall((await auditor.get(one(ann))).text) == []
    async with acting(home) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await remove_person(work, user, permanent=False, from_admin_api=False)
    # Whoever is deleted is restored first.
    assert lifts.findall((await admin.get(one(ann))).text) == [(f"{here}?tab=danger", "Restore… Deleted")]


async def _stored(home: Home, person: Any) -> tuple[Any, ...]:
    async with home.works.read(home.opener()) as work:
        row = await work.db.one(
            """
            select u.version, u.credential_epoch, u.name, u.deleted_at,
                (select count(*) from user_roles r where r.user_id = u.id),
                (select count(*) from events e where e.target_id = u.id)
            from users u
            where u.id = %s
            """,
            (person.user.id,),
        )
    assert row is not None
    return tuple(row)
