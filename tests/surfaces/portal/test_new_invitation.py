"""Inviting one person, and moving between the two ways in which a user comes to be."""

import html
import json
import re
from uuid import UUID

import httpx
import pytest

from tenantry.domain.invitations.model import Invitation
from tenantry.domain.invitations.queries import get_invitation
from tests.support.access import events_of
from tests.support.invitations import invited
from tests.support.makers import Home
from tests.support.portal import form_csrf
from tests.support.signing_in import GOOD
from tests.surfaces.portal.test_new_user import (
    ANITA,
    CREATE,
    INVITE,
    SECRET,
    SITE,
    TENANT,
    TICKED,
    group,
    many,
    problems,
    send,
    typed,
)

pytestmark = pytest.mark.asyncio


def carried(page: httpx.Response) -> dict[str, str]:
    """What goes along unseen to the other tab."""
    form = page.text.partition('id="new-person"')[2]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {name: html.unescape(value) for name, value in found if name not in ("csrf", "how")}


async def invitation(home: Home, shown: httpx.Response) -> Invitation:
    async with home.works.read(home.opener()) as work:
        return await get_invitation(
            work, UUID(shown.headers["location"].partition("?")[0].rpartition("/")[2])
        )


async def test_somebody_is_invited_with_what_they_are_to_get(admin: httpx.AsyncClient, home: Home) -> None:
    await group(home, "Engineering")
    answer = await send(
        admin, email=ANITA, name="Anita Singh", groups=["engineering"], roles=["auditor"], message="Welcome!\r\nMonday."
    )  # fmt: skip
    assert answer.status_code == 303
    made = await invitation(home, answer)
    assert (made.email, made.name, made.message) == (ANITA, "Anita Singh", "Welcome!\nMonday.")
    assert [one["slug"] for one in json.loads(bytes(made.groups))] == ["engineering"]
    shown = await admin.get(f"{SITE}{answer.headers['location']}")
    assert "The invitation is on its way." in shown.text
    [(_, data)] = await events_of(home, "user.invited")
    assert data["mail"] is True


async def test_an_invitation_without_mail_shows_its_link_once(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await send(admin, email=ANITA, send="link")
    [link] = SECRET.findall(answer.text)
    token = link.rpartition("=")[2]
    assert answer.headers["cache-control"] == "no-store"
    [(made, data)] = await events_of(home, "user.invited")
    assert data["mail"] is False
    assert ANITA in (await admin.get(f"{TENANT}/invitation?token={token}")).text
    assert token not in (await admin.get(f"/access-management/invitations/{made}")).text


async def test_an_invitation_is_refused_in_place(admin: httpx.AsyncClient, home: Home) -> None:
    bob = await home.user("bob@example.com")
    anita = await invited(home)
    before = await many(home)
    answer = await send(admin, email="bob@example.com", message="Hello <b>Bob</b>", roles=["auditor"])
    assert (answer.status_code, problems(answer)) == (
        409,
        {"email": "A user with this email already exists."},
    )
    assert f"/access-management/users/{bob.user.id}" in answer.text
    assert f"{bob.user.id}." not in answer.text, "the id is for the link alone"
    assert "Hello &lt;b&gt;Bob&lt;/b&gt;" in answer.text
    assert TICKED.findall(answer.text) == ["auditor"]
    answer = await send(admin, email=ANITA)
    assert problems(answer) == {"email": "There is an open invitation for this email."}
    assert f"/access-management/invitations/{anita}" in answer.text
    answer = await send(admin, email="nowhere", message="x" * 2001, groups=["gone"])
    assert set(problems(answer)) == {"email", "message", "groups"}
    answer = await send(admin, email="carla@example.com", groups=["gone"])
    assert problems(answer)["groups"].startswith("The group “gone” was deleted or renamed")
    assert await many(home) == before


async def test_what_was_typed_moves_along_to_the_other_tab_and_back(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await group(home, "Engineering")
    before = await many(home)
    shared = {"email": ANITA, "name": "Anita <Singh>", "groups": "engineering", "roles": "auditor"}
    page = await admin.get(INVITE)
    form = {"csrf": form_csrf(page), "how": "invite", "send": "link", "message": "Hello <b>", **shared}
    creating = await admin.post(CREATE, data=form | {"switch": "create"})
    assert (creating.status_code, problems(creating)) == (200, {})
    assert "Create a user" in creating.text
    assert (typed(creating, "email"), typed(creating, "name")) == (ANITA, "Anita <Singh>")
    assert TICKED.findall(creating.text) == ["engineering", "auditor"]
    assert 'value="email_link" required checked' in creating.text
    hidden = carried(creating)
    assert hidden == {"send": "link", "message": "Hello <b>"}
    more = {"phoneNumber": "12", "customData": "{", "kind": "service", "mustEnrolMfa": "on"}
    form = {"csrf": form_csrf(creating), "how": "create", "password": GOOD, **hidden, **shared, **more}
    inviting = await admin.post(INVITE, data=form | {"switch": "invite"})
    assert "Invite a user" in inviting.text
    assert typed(inviting, "email") == ANITA
    assert 'value="link" required checked' in inviting.text
    assert "\nHello &lt;b&gt;</textarea>" in inviting.text
    assert carried(inviting) == more
    assert GOOD not in inviting.text
    assert await many(home) == before


async def test_only_our_own_form_moves_along(admin: httpx.AsyncClient, auditor: httpx.AsyncClient) -> None:
    forged = await admin.post(CREATE, data={"csrf": "forged", "switch": "create", "email": ANITA})
    assert (forged.status_code, ANITA in forged.text) == (403, False)
    form = {"csrf": form_csrf(await auditor.get("/audit-log")), "switch": "create"}
    refused = await auditor.post(CREATE, data=form)
    assert (refused.status_code, "users:create" in refused.text) == (403, True)


async def test_the_enter_key_sends_the_form_and_presses_no_tab(admin: httpx.AsyncClient) -> None:
    for path in (CREATE, INVITE):
        text = (await admin.get(path)).text
        first = re.search(r'<button type="submit"[^>]*form="new-person"[^>]*>', text)
        assert first is not None
        assert "formaction" not in first[0]
