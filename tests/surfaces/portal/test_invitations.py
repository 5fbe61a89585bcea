"""The list of invitations, and one of them: sent again, handed over, revoked."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tenantry.domain.invitations.mail_actions import note_delivery
from tenantry.kernel.clock import FrozenClock
from tests.support.access import events_of
from tests.support.invitations import accept, invited, mailed, offline_link, shown
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.support.running import task_env
from tests.surfaces.portal.conftest import Enters
from tests.surfaces.portal.test_users import arrows

pytestmark = pytest.mark.asyncio
LIST = "/access-management/invitations"
SITE = "http://localhost:8400"
TITLE = re.compile(r'class="row-link"[^>]*>([^<]*)<')
SECRET = re.compile(r'<code class="secret">([^<]*)</code>')
PART = {"hx-request": "true", "hx-request-type": "partial"}


def titles(page: httpx.Response) -> list[str]:
    """Who stands in the list, in its order."""
    return TITLE.findall(page.text)


async def press(
    browser: httpx.AsyncClient, invitation: UUID, do: str, guarded_by: str = "", **more: str
) -> httpx.Response:
    """Presses a button on the page of an invitation, or forges that with the secret of another page."""
    page = await browser.get(guarded_by or f"{LIST}/{invitation}")
    return await browser.post(f"{LIST}/{invitation}", data={"csrf": form_csrf(page), "do": do, **more})


async def deliver(home: Home, invitation: UUID, clock: FrozenClock, refusal: str | None = None) -> None:
    async with home.works.write(home.opener()) as work:
        await note_delivery(work, invitation, clock.now(), refusal)


async def all_states(home: Home, clock: FrozenClock) -> dict[str, UUID]:
    """One invitation in every state, by its state."""
    made = {"expired": await invited(home, "expired@example.com")}
    clock.advance(timedelta(days=8))
    for state in ("pending", "sent", "opened", "bounced", "accepted", "revoked"):
        made[state] = await invited(home, f"{state}@example.com", name=f"Miss {state.title()}")
    await deliver(home, made["sent"], clock)
    await deliver(home, made["bounced"], clock, "550 no such mailbox")
    await accept(home, await offline_link(home, made["accepted"]))
    async with home.works.write(home.opener()) as work:
        await work.db.run("update invitations set opened_at = %s where id = %s", (work.now, made["opened"]))
        await work.db.run("update invitations set revoked_at = %s where id = %s", (work.now, made["revoked"]))
    return made


async def test_every_invitation_stands_in_the_list_with_its_state(
    enter: Enters, home: Home, clock: FrozenClock
) -> None:
    await all_states(home, clock)
    admin = await enter("tenant_admin")
    page = await admin.get(LIST)
    assert titles(page)[-1] == "expired@example.com"
    assert len(titles(page)) == 7
    for label in ("Pending", "Sent", "Opened", "Bounced", "Accepted", "Revoked", "Expired"):
        assert page.text.count(f">{label}</span>") == 1
    assert 'title="550 no such mailbox"' in page.text
    assert "1–7 of 7" in page.text


async def test_filters_and_search_stand_in_the_address(enter: Enters, home: Home, clock: FrozenClock) -> None:
    await all_states(home, clock)
    admin = await enter("tenant_admin")
    assert titles(await admin.get(f"{LIST}?state=bounced")) == ["Miss Bounced"]
    part = await admin.get(f"{LIST}?search=MISS%20S", headers=PART)
    assert (titles(part), "<html" in part.text) == (["Miss Sent"], False)
    page = await admin.get(f"{LIST}?search=miss&state=opened")
    assert titles(page) == ["Miss Opened"]
    assert f'href="/t/acme-corp/portal{LIST}?state=opened"' in page.text
    assert '<option value="opened" selected>' in page.text
    assert "No invitation matches" in (await admin.get(f"{LIST}?search=nobody")).text
    assert titles(await admin.get(f"{LIST}?sortBy=email&sortDir=ASC&limit=10"))[:2] == [
        "Miss Accepted",
        "Miss Bounced",
    ]
    assert (await admin.get(f"{LIST}?state=unknown")).status_code == 400


async def test_those_who_wait_for_an_answer_can_be_listed_alone(
    enter: Enters, home: Home, clock: FrozenClock
) -> None:
    await all_states(home, clock)
    admin = await enter("tenant_admin")
    waiting = await admin.get(f"{LIST}?state=waiting&sortBy=email")
    assert titles(waiting) == ["Miss Bounced", "Miss Opened", "Miss Pending", "Miss Sent"]
    assert '<option value="waiting" selected>' in waiting.text
    assert "Waiting for an answer <svg" in waiting.text
    assert titles(await admin.get(f"{LIST}?state=waiting&search=open&email=opened@example.com")) == [
        "Miss Opened"
    ]


@pytest.mark.parametrize(
    ("query", "heading", "order", "first"),
    [
        ("sortBy=email", "Person", "ascending", "ann@example.com"),
        ("sortBy=expiresAt", "Ends", "descending", "zoe@example.com"),
        ("", "Invited", "descending", "zoe@example.com"),
        ("sortBy=email&sortDir=DESC", "Person", "descending", "zoe@example.com"),
    ],
)
async def test_the_arrow_shows_the_order_that_holds(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock, query: str, heading: str, order: str, first: str
) -> None:
    await invited(home, "ann@example.com")
    clock.advance(timedelta(minutes=1))
    await invited(home, "zoe@example.com")
    page = await admin.get(f"{LIST}?{query}")
    assert titles(page)[0] == first
    assert arrows(page.text) == [(heading, order, "down" if order == "descending" else "up")]


async def test_an_empty_list_says_what_to_do(admin: httpx.AsyncClient, auditor: httpx.AsyncClient) -> None:
    page = await admin.get(LIST)
    assert "No invitations yet" in page.text
    assert "Invite somebody" in page.text
    assert "Invite somebody" not in (await auditor.get(LIST)).text


async def test_an_invitation_shows_what_became_of_it(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    made = await invited(
        home, name="<script>alert(1)</script>", roles=["auditor"], message="Hello\n<b>you</b>"
    )
    await offline_link(home, made)
    clock.advance(timedelta(minutes=5))
    await offline_link(home, made)
    await deliver(home, made, clock, "550 <i>nobody</i>")
    page = await admin.get(f"{LIST}/{made}")
    assert "<script>alert" not in page.text
    assert "&lt;b&gt;you&lt;/b&gt;" in page.text
    assert "550 &lt;i&gt;nobody&lt;/i&gt;" in page.text
    assert "Auditor" in page.text
    assert page.text.count("Handed over") == 2
    assert page.text.index(">Works<") < page.text.index(">Replaced<")
    assert (await admin.get(f"{LIST}/{UUID(int=7)}")).status_code == 404
    assert (await admin.get(f"{LIST}/nonsense")).status_code == 404


async def test_an_invitation_is_sent_again_and_not_too_often(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    made = await invited(home)
    at_once = await press(admin, made, "resend")
    assert at_once.status_code == 429
    assert "That was asked for too often." in at_once.text
    clock.advance(timedelta(minutes=2))
    answer = await press(admin, made, "resend")
    assert answer.headers["location"] == f"/t/acme-corp/portal{LIST}/{made}?told=resent"
    assert "A new mail is on its way." in (await admin.get(f"{SITE}{answer.headers['location']}")).text
    assert len(await events_of(home, "user.invitation_resent")) == 1


async def test_from_the_list_one_comes_back_to_the_list(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    made = await invited(home)
    clock.advance(timedelta(minutes=2))
    page = await admin.get(f"{LIST}?search=anita&told=resent")
    assert 'name="back" value="search=anita"' in page.text
    form = {"csrf": form_csrf(page), "do": "resend", "back": "search=anita&x=%0d%0aset-cookie:a"}
    answer = await admin.post(f"{LIST}/{made}", data=form)
    assert answer.headers["location"] == (
        f"/t/acme-corp/portal{LIST}?search=anita&x=%0D%0Aset-cookie%3Aa&told=resent"
    )


async def test_a_link_is_shown_once_and_works(admin: httpx.AsyncClient, home: Home) -> None:
    made = await invited(home)
    answer = await press(admin, made, "link")
    [link] = SECRET.findall(answer.text)
    assert link.startswith(f"{SITE}/t/acme-corp/invitation?token=")
    assert 'id="made-link"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "anita@example.com" in (await admin.get(link)).text
    assert link.rpartition("=")[2] not in (await admin.get(f"{LIST}/{made}")).text


async def test_an_invitation_is_revoked_once_one_is_sure(admin: httpx.AsyncClient, home: Home) -> None:
    made = await invited(home)
    asked = await admin.get(f"{LIST}/{made}?ask=revoke")
    assert "Revoke this invitation?" in asked.text
    unsure = await press(admin, made, "revoke")
    assert unsure.status_code == 422
    assert "Tick the box" in unsure.text
    assert (await shown(home, made)).state == "pending"
    answer = await press(admin, made, "revoke", sure="on")
    assert answer.headers["location"].endswith("?told=revoked")
    assert (await shown(home, made)).state == "revoked"
    page = await admin.get(f"{LIST}/{made}?ask=revoke")
    assert "Revoke this invitation?" not in page.text
    assert 'value="resend"' not in page.text


async def test_what_is_over_cannot_be_sent_or_revoked(admin: httpx.AsyncClient, home: Home) -> None:
    made = await invited(home)
    user = await accept(home, await offline_link(home, made))
    for do in ("resend", "link", "revoke"):
        answer = await press(admin, made, do, "/audit-log", sure="on")
        assert answer.status_code == 409
        assert "The invitation was accepted." in answer.text
        assert f"/access-management/users/{user.id}" in answer.text
    assert (await press(admin, made, "nonsense", "/audit-log")).status_code == 400


async def test_whoever_may_only_read_is_offered_nothing_and_refused(
    auditor: httpx.AsyncClient, home: Home
) -> None:
    made = await invited(home)
    page = await auditor.get(f"{LIST}/{made}")
    assert page.status_code == 200
    assert 'name="do"' not in page.text
    assert 'name="do"' not in (await auditor.get(LIST)).text
    for do in ("resend", "link", "revoke"):
        refused = await press(auditor, made, do, "/audit-log", sure="on")
        assert (refused.status_code, "users:create" in refused.text) == (403, True)
    assert (await shown(home, made)).state == "pending"
    assert not await events_of(home, "user.invitation_link_created")


async def test_nobody_takes_hold_of_an_invitation_to_more_than_they_have(home: Home, enter: Enters) -> None:
    made = await invited(home, roles=["tenant_admin"])
    manager = await enter("user_manager")
    for do in ("resend", "link", "revoke"):
        answer = await press(manager, made, do, sure="on")
        assert answer.status_code == 403
        assert "You cannot" in answer.text
        assert not SECRET.findall(answer.text)
    assert (await shown(home, made)).state == "pending"


async def test_a_form_of_another_site_changes_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    made = await invited(home)
    answer = await admin.post(f"{LIST}/{made}", data={"csrf": "forged", "do": "revoke", "sure": "on"})
    assert answer.status_code == 403
    assert (await shown(home, made)).state == "pending"


async def test_nobody_sees_the_invitations_of_another_tenant(
    admin: httpx.AsyncClient, neighbour: Home
) -> None:
    made = await invited(neighbour)
    assert titles(await admin.get(LIST)) == []
    assert (await admin.get(f"{LIST}/{made}")).status_code == 404


async def test_pages_take_few_statements(admin: httpx.AsyncClient, home: Home) -> None:
    made = [await invited(home, f"a{number}@example.com", roles=["auditor"]) for number in range(12)]
    for path, most in ((LIST, 2), (f"{LIST}/{made[0]}", 4)):
        before = statements()
        assert (await admin.get(path)).status_code == 200
        assert statements() - before == most


RESEND = re.compile(r'value="resend" class="([^"]*)"')


async def test_right_after_inviting_the_mail_is_said_to_be_on_its_way(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    made = await invited(home)
    page = await admin.get(f"{LIST}/{made}")
    assert "The mail is being sent." in page.text
    assert RESEND.findall(page.text) == ["btn"]
    await mailed(task_env(home.works, tmp_path), home, tmp_path)
    page = await admin.get(f"{LIST}/{made}")
    assert "The mail has been handed to their mail server." in page.text
    assert RESEND.findall(page.text) == ["btn btn-primary"]
    clock.advance(timedelta(minutes=5))
    await press(admin, made, "resend")
    assert "The mail is being sent." in (await admin.get(f"{LIST}/{made}")).text


async def test_no_mail_is_said_to_be_on_its_way_where_a_link_was_handed_over(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    by_hand, overtaken = await invited(home, send=False), await invited(home, "bob@example.com")
    clock.advance(timedelta(minutes=1))
    await offline_link(home, overtaken)
    for made in (by_hand, overtaken):
        page = await admin.get(f"{LIST}/{made}")
        assert "No mail has left so far." in page.text
        assert "being sent" not in page.text
