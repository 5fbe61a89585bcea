"""One thing for many people: whom it would reach, the job, and what became of each."""

import re
from pathlib import Path

import httpx
import pytest

from tenantry.domain.bulk_jobs.model import MOST_OPEN, Action
from tenantry.domain.bulk_jobs.tasks import run
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tests.support.bulk_jobs import ask
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.support.portal_user import read
from tests.support.running import task_env
from tests.support.signing_in import events
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
BULK = "access-management/users/bulk"
JOB = re.compile(r"/access-management/bulk-jobs/([0-9a-f-]{36})")


async def pressed(admin: httpx.AsyncClient, query: str, **more: str) -> httpx.Response:
    """Looks at the preview and presses its button."""
    page = await admin.get(f"{BULK}?{query}")
    assert page.status_code == 200, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    form = dict(hidden) | more
    form["csrf"] = form_csrf(page)
    return await admin.post(BULK, data=form)


async def test_a_preview_says_whom_it_would_reach_and_changes_nobody(
    admin: httpx.AsyncClient, home: Home
) -> None:
    for name in ("ann", "bob"):
        await home.user(f"{name}@example.com", name=name.title())
    page = await admin.get(f"{BULK}?action=suspend&all=1&search=example.com")
    assert "It reaches 3 people" in page.text
    assert "Everybody who matches “example.com”" in page.text
    assert await events(home, "user.suspended") == []


async def test_pressing_the_button_starts_a_job_that_tells_what_became_of_each(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user("ann@example.com", name="Ann Archer")
    answer = await pressed(admin, f"action=suspend&id={ann.user.id}", reason="Too many mails")
    assert answer.status_code == 303
    found = JOB.search(answer.headers["location"])
    assert found is not None
    page = await admin.get(f"access-management/bulk-jobs/{found[1]}")
    assert "Waiting" in page.text
    assert "0 of 1 people" in page.text
    assert "Too many mails" in page.text
    assert 'data-hx-trigger="every 1s"' in page.text
    assert "root@example.com" in (await admin.get("access-management/bulk-jobs")).text


async def test_a_job_can_be_cancelled_and_is_not_asked_for_any_more(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user("ann@example.com")
    job = (await pressed(admin, f"action=suspend&id={ann.user.id}")).headers["location"]
    page = await admin.get(f"http://localhost:8400{job}")
    answer = await admin.post(f"http://localhost:8400{job}/cancel", data={"csrf": form_csrf(page)})
    assert answer.headers["location"].endswith("?told=cancelled")
    page = await admin.get(f"http://localhost:8400{job}")
    assert "Cancelled" in page.text
    assert "every 1s" not in page.text


async def test_what_became_of_each_is_a_file_away(
    admin: httpx.AsyncClient, home: Home, tmp_path: Path, neighbour: Home
) -> None:
    ann = await home.user("ann@example.com", name="@Ann")
    job = (await pressed(admin, f"action=suspend&id={ann.user.id}")).headers["location"]
    assert "results.csv" not in (await admin.get(f"http://localhost:8400{job}")).text
    where = {"tenant": str(home.id), "job": job.rpartition("/")[2], "round": 0}
    await run(task_env(home.works, tmp_path), where)
    page = await admin.get(f"http://localhost:8400{job}?outcome=done")
    assert f'href="{job}/results.csv?outcome=done"' in page.text
    answer = await admin.get(f"http://localhost:8400{job}/results.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"{ann.user.id},'@Ann,ann@example.com,done,,," in answer.text
    other = f"http://localhost:8400/t/{neighbour.slug}/portal/access-management/bulk-jobs"
    assert (await admin.get(f"{other}/{where['job']}/results.csv")).status_code == 303


async def test_whoever_sees_no_people_gets_no_file(
    enter: Enters, admin: httpx.AsyncClient, home: Home
) -> None:
    job = (await pressed(admin, "action=suspend&all=1")).headers["location"]
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Looks", slug="looks", permissions=["settings:read"]))
    looks = await enter("looks")
    assert (await looks.get(f"http://localhost:8400{job}/results.csv")).status_code == 403


async def test_too_many_open_jobs_are_refused_with_what_to_do(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    for _ in range(MOST_OPEN):
        await ask(home, Action.RESEND, ids=[ann.user.id])
    answer = await pressed(admin, f"action=suspend&id={ann.user.id}", reason="one too many")
    assert answer.status_code == 409
    assert "Wait until one of them has ended, or cancel one." in answer.text
    assert "one too many" in answer.text


async def test_an_end_that_is_past_leaves_the_rest_of_the_form_as_it_was(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user("ann@example.com")
    answer = await pressed(
        admin, f"action=suspend&id={ann.user.id}", until="2020-01-01", reason="The season is over"
    )
    assert answer.status_code == 422
    assert "Must lie in the future." in answer.text
    assert "The season is over" in answer.text
    assert "It reaches 1 person" in answer.text


async def test_deleting_asks_for_a_word(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    answer = await pressed(admin, f"action=delete&id={ann.user.id}", confirm="yes", reason="gone for good")
    assert answer.status_code == 422
    assert "Type the word delete." in answer.text
    assert "gone for good" in answer.text
    again = await pressed(admin, f"action=delete&id={ann.user.id}", confirm="Delete")
    assert again.status_code == 303


async def test_a_role_is_chosen_before_anybody_is_shown(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    page = await admin.get(f"{BULK}?action=add_role&id={ann.user.id}")
    assert '<option value="auditor">' in page.text
    assert "It reaches" not in page.text
    page = await admin.get(f"{BULK}?action=add_role&id={ann.user.id}&withRole=auditor")
    assert "It reaches 1 person" in page.text


async def test_the_filter_by_a_group_and_the_group_to_give_are_two_things(
    admin: httpx.AsyncClient, home: Home
) -> None:
    key = {"Authorization": f"Bearer {home.key}"}
    made = await admin.post(
        "http://localhost:8400/t/acme-corp/api/v1/admin/groups", json={"name": "Staff"}, headers=key
    )
    assert made.status_code == 201
    await home.user("ann@example.com", groups=["staff"])
    page = await admin.get(f"{BULK}?action=add_group&all=1&group=staff&withGroup=staff")
    assert 'name="group" value="staff"' in page.text
    assert "It reaches 1 person" in page.text
    assert "1 of them is so already and stays as before" in page.text
    refused = await admin.get(f"{BULK}?action=add_group&all=1&group=staff&withGroup=nowhere")
    assert "There is no such group." in refused.text


async def test_whoever_may_only_read_starts_nothing(auditor: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    lists = await auditor.get("access-management/users")
    assert 'name="id"' not in lists.text
    page = await auditor.get("access-management/bulk-jobs")
    assert page.status_code == 200
    form = {"csrf": form_csrf(page), "action": "suspend", "id": str(ann.user.id)}
    answer = await auditor.post(BULK, data=form)
    assert answer.status_code == 403
    assert await events(home, "bulk_job.started") == []


async def test_a_form_of_another_site_starts_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    answer = await admin.post(BULK, data={"action": "suspend", "id": str(ann.user.id), "csrf": "x" * 43})
    assert answer.status_code == 403
    assert "did not come from this page" in answer.text
    assert await events(home, "bulk_job.started") == []


@pytest.mark.parametrize(
    "query", ["action=suspend", "action=suspend&id=x", "action=odd&id=x", "action=suspend&all=1&status=odd"]
)
async def test_an_address_that_makes_no_sense_reaches_nobody(admin: httpx.AsyncClient, query: str) -> None:
    answer = await admin.get(f"{BULK}?{query}")
    assert answer.status_code < 500
    assert "It reaches" not in answer.text


async def test_the_pages_take_few_statements(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com")
    job = (await pressed(admin, f"action=suspend&id={ann.user.id}")).headers["location"]
    for address in (
        f"{BULK}?action=suspend&all=1",
        "access-management/bulk-jobs",
        f"http://localhost:8400{job}",
    ):
        before = statements()
        assert (await admin.get(address)).status_code == 200
        assert statements() - before <= 1 + 6


@pytest.mark.parametrize(
    ("action", "field", "heading", "sentence"),
    [
        (
            "add_role",
            "withRole=auditor",
            "Add the role Auditor",
            "They get what the role Auditor permits at once.",
        ),
        (
            "remove_role",
            "withRole=auditor",
            "Remove the role Auditor",
            "They lose the role Auditor, unless a group of theirs gives it as well.",
        ),
        (
            "add_group",
            "withGroup=staff",
            "Add to the group Our staff",
            "They get the roles of the group Our staff too.",
        ),
        (
            "remove_group",
            "withGroup=staff",
            "Remove from the group Our staff",
            "They lose the roles of the group Our staff too.",
        ),
    ],
)
async def test_the_role_or_group_is_named_before_and_after_pressing(
    admin: httpx.AsyncClient, home: Home, action: str, field: str, heading: str, sentence: str
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name="Our staff", slug="staff"))
    ann = await home.user("ann@example.com")
    query = f"action={action}&id={ann.user.id}&{field}"
    page = read(await admin.get(f"{BULK}?{query}"))
    assert page.count(heading) == 2  # above, and on the button
    assert sentence in page
    job = (await pressed(admin, query)).headers["location"]
    before = statements()
    assert heading in read(await admin.get(f"http://localhost:8400{job}"))
    assert statements() - before <= 1 + 6
    assert heading in read(await admin.get("access-management/bulk-jobs"))
