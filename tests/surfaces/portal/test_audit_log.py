"""The audit log in the portal: the list and its filters, one entry in full, and the export."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.groups.actions import add_members, change_group, create_group
from tenantry.domain.groups.model import GroupChanges, NewGroup
from tenantry.domain.notices.events import MailTemplateTested
from tenantry.domain.users.events import UserUpdated
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.ids import new_id
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
ROW = re.compile(r'class="row-link" href="/t/acme-corp/portal/audit-log/([0-9a-f-]{36})[^"]*">([^<]*)<')
PART = {"hx-request": "true", "hx-request-type": "partial"}


def rows(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return [words for _, words in ROW.findall(page.text)]


async def without(home: Home, permission: str) -> None:
    """Takes a permission from every role."""
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            delete from role_permissions
            where permission_id = (select id from permissions where slug = %s)
            """,
            (permission,),
        )


async def opened(client: httpx.AsyncClient, action: str) -> httpx.Response:
    """The newest entry of an action."""
    page = await client.get("audit-log", params={"action": action})
    return await client.get(f"audit-log/{ROW.findall(page.text)[0][0]}")


async def test_the_newest_entry_comes_first_and_a_row_leads_to_it(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    clock.advance(timedelta(minutes=1))
    await change(home, "registration", enabled=True)
    page = await admin.get("audit-log")
    assert rows(page)[0] == "Settings updated"
    [(entry_id, words), *_] = ROW.findall(page.text)
    entry = await admin.get(f"audit-log/{entry_id}")
    assert f"<h1>{words}</h1>" in entry.text
    assert entry_id in entry.text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"action": "config.updated"}, {"Settings updated"}),
        ({"category": "authentication", "outcome": "success"}, {"User signed in"}),
        ({"actor": "root@example.com"}, {"User signed in"}),
        ({"target": "ann@example.com"}, {"User created"}),
        ({"target": "ann@example.com", "action": "user.signed_in"}, set()),
        ({"ip": "127.0.0.1"}, {"User signed in"}),
        ({"ip": "192.0.2.9"}, set()),
        ({"from": "2026-03-05"}, set()),
        ({"to": "2026-03-03"}, set()),
        ({"from": "2026-03-04", "to": "2026-03-04", "action": "config.updated"}, {"Settings updated"}),
    ],
)
async def test_filters_stand_in_the_address_and_combine(
    admin: httpx.AsyncClient, home: Home, asked: dict[str, str], expected: set[str]
) -> None:
    await change(home, "registration", enabled=True)
    await home.user("ann@example.com")
    page = await admin.get("audit-log", params=asked)
    assert set(rows(page)) == expected
    for name, value in asked.items():
        assert f'value="{value}"' in page.text, name
    if not expected:
        assert "Nothing matches" in page.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ip": "10.0."}, "Must be a network address"),
        ({"actor": "nobody@example.com"}, "Nobody has this email address"),
        ({"target": "somebody"}, "Nobody has this email address"),
        ({"from": "soon"}, "Must be a date or a time"),
        ({"from": "2026-03-04", "to": "2026-03-01"}, "Must not lie before from"),
        ({"outcome": "maybe"}, "Must be one of success"),
        ({"category": "gossip"}, "Must be one of authentication"),
        ({"action": "a*b"}, "Must be the name of an action"),
        ({"cursor": "x"}, "cursor"),
    ],
)
@pytest.mark.parametrize("headers", [{}, PART])
async def test_a_filter_that_is_not_right_is_named_and_finds_nothing(
    admin: httpx.AsyncClient, asked: dict[str, str], said: str, headers: dict[str, str]
) -> None:
    page = await admin.get("audit-log", params=asked, headers=headers)
    assert rows(page) == []
    assert said in page.text


async def test_older_entries_follow_by_a_cursor_without_a_gap(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    for minutes in range(12):
        clock.advance(timedelta(minutes=1))
        await change(home, "sessions", idleMinutes=40 + minutes)
    page = await admin.get("audit-log", params={"limit": "10", "action": "config.updated"})
    seen = ROW.findall(page.text)
    assert len(seen) == 10
    older = re.search(r'href="([^"]*cursor=[^"]*)"', page.text)
    assert older is not None
    following = await admin.get(f"http://localhost:8400{older[1].replace('&amp;', '&')}", headers=PART)
    assert "<html" not in following.text
    assert len(ROW.findall(following.text)) == 2
    assert not {one for one, _ in ROW.findall(following.text)} & {one for one, _ in seen}
    # An entry leads back to the page on which it stood.
    assert "cursor=" in re.findall(r'class="row-link" href="([^"]*)"', following.text)[0]


async def test_an_entry_shows_what_was_before_and_after(admin: httpx.AsyncClient, home: Home) -> None:
    await change(home, "sessions", idleMinutes=45)
    await change(home, "sessions", idleMinutes=50)
    entry = await opened(admin, "config.updated")
    assert "Sessions: idle minutes" in entry.text
    assert re.search(
        r'<del class="diff-before">45</del>.*?<ins class="diff-after">50</ins>', entry.text, re.DOTALL
    )
    raw = re.search(r'<pre tabindex="0">(.*?)</pre>', entry.text, re.DOTALL)
    assert raw is not None
    shown: dict[str, Any] = json.loads(raw[1].replace("&#34;", '"'))
    assert shown["changes"] == {"sessions": {"from": {"idleMinutes": 45}, "to": {"idleMinutes": 50}}}


async def test_an_entry_shows_from_where_it_came(admin: httpx.AsyncClient) -> None:
    entry = await opened(admin, "user.signed_in")
    for said in ("127.0.0.1", "Firefox/140.0", "root@example.com", "Request id"):
        assert said in entry.text


async def test_script_in_an_entry_is_text(admin: httpx.AsyncClient, home: Home) -> None:
    name = {"from": "Ann", "to": "<script>alert(1)</script>"}
    async with home.works.write(home.opener()) as work:
        work.record(UserUpdated(data={"fields": ["name"]}, personal={"changes": {"name": name}}))
    entry = await opened(admin, "user.updated")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in entry.text
    assert "<script>alert" not in entry.text


async def test_an_entry_of_a_neighbour_is_not_there(
    admin: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    async with neighbour.works.read(neighbour.opener()) as work:
        foreign: UUID = await work.db.value("select id from events limit 1")
    for missing in (str(foreign), "nonsense"):
        assert (await admin.get(f"audit-log/{missing}")).status_code == 404


async def test_targets_are_called_as_they_are_called_now_and_people_lead_to_their_page(
    admin: httpx.AsyncClient, auditor: httpx.AsyncClient, home: Home
) -> None:
    ann, bob, cyd = [(await home.user(f"{name}@example.com")).user for name in ("ann", "bob", "cyd")]
    async with acting(home) as work:
        group = await create_group(work, NewGroup(name="Old crew"))
        await add_members(work, str(group), [str(ann.id), str(bob.id), str(cyd.id)])
    async with acting(home) as work:
        await change_group(work, str(group), GroupChanges(name="New crew"))
        await work.db.run("update users set email = 'anna@example.com' where id = %s", (ann.id,))
        await work.db.run("delete from users where id = %s", (cyd.id,))
    page = await admin.get("audit-log", params={"action": "user.group.added"})
    for user, email in ((ann, "anna@example.com"), (bob, "bob@example.com")):
        assert re.search(rf'<a [^>]*href="[^"]*/users/{user.id}">{email}</a>', page.text), email
    assert f"{str(cyd.id)[:8]} (gone)" in page.text
    assert f"/users/{cyd.id}" not in page.text
    created = await admin.get("audit-log", params={"action": "group.created"})
    assert "New crew</span>" in created.text
    assert "(gone)" in (await opened(admin, "user.group.added")).text
    # Who may read the log and not see people learns nobody's address from it.
    await without(home, "users:read")
    page = await auditor.get("audit-log", params={"action": "user.group.added"})
    assert str(ann.id)[:8] in page.text
    assert "anna@example.com" not in page.text
    assert f"/users/{ann.id}" not in page.text


async def test_a_template_that_was_tested_is_named(admin: httpx.AsyncClient, home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        work.record(MailTemplateTested(target_id=new_id(), data={"kind": "password_reset"}))
    page = await admin.get("audit-log", params={"action": "mail_template.tested"})
    assert "Password reset</span>" in page.text


async def test_the_list_takes_at_most_six_statements(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com")
    asked = {"category": "authentication", "actor": "root@example.com", "target": "ann@example.com"}
    await admin.get("audit-log", params=asked)
    before = statements()
    await admin.get("audit-log", params=asked)
    assert statements() - before <= 6


async def test_the_export_streams_the_days_and_is_recorded(
    auditor: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await change(home, "registration", enabled=True)
    clock.advance(timedelta(minutes=1))
    field = form_csrf(await auditor.get("audit-log"))
    answer = await auditor.post(
        "audit-log/export", data={"csrf": field, "format": "csv", "from": "", "to": ""}
    )
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert "config.updated" in {line["action"] for line in lines}
    assert "audit.exported" not in {line["action"] for line in lines}
    assert rows(await auditor.get("audit-log", params={"action": "audit.exported"})) == ["Audit exported"]
    as_json = await auditor.post(
        "audit-log/export", data={"csrf": field, "format": "json", "from": "2026-03-05"}
    )
    assert as_json.json() == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"csrf": "made-up"}, 403),
        ({"format": "xml"}, 400),
        ({"from": "soon"}, 400),
        ({"from": "2026-03-04", "to": "2026-03-01"}, 400),
    ],
)
async def test_a_bad_export_is_refused_and_not_recorded(
    admin: httpx.AsyncClient, changed: dict[str, str], status: int
) -> None:
    form = {"csrf": form_csrf(await admin.get("audit-log")), "format": "csv", **changed}
    assert (await admin.post("audit-log/export", data=form)).status_code == status
    assert rows(await admin.get("audit-log", params={"action": "audit.exported"})) == []


async def test_whoever_may_not_read_the_log_is_refused(enter: Enters, home: Home) -> None:
    manager = await enter("user_manager")
    assert (await manager.get("audit-log")).status_code == 403
    async with home.works.read(home.opener()) as work:
        entry = await work.db.value("select id from events limit 1")
    assert (await manager.get(f"audit-log/{entry}")).status_code == 403


async def test_an_export_without_the_right_to_it_is_refused(auditor: httpx.AsyncClient, home: Home) -> None:
    field = form_csrf(await auditor.get("audit-log"))
    await without(home, "audit:export")
    page = await auditor.get("audit-log")
    assert rows(page)
    assert "Export" not in page.text
    forged = await auditor.post("audit-log/export", data={"csrf": field, "format": "csv"})
    assert forged.status_code == 403
    assert "audit:export" in forged.text
