"""What one does with many people at once, in a real browser: picked, looked at, started, followed, and cancelled."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from playwright.async_api import Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import USERS, Desk, sign_in_elsewhere
from tests.support.running import as_owner, until
from tests.support.stories import Place

pytestmark = on_one_loop
GO_ON = "Go on…"
# Puts every job off that is asked for, so that none of them begins.
HOLD = """
    create function hold_bulk_jobs() returns trigger language plpgsql as
        'begin new.scheduled_at := now() + interval ''1 hour''; return new; end';
    create trigger hold_bulk_jobs before insert on procrastinate_jobs
        for each row when (new.task_name = 'bulk_jobs.run') execute function hold_bulk_jobs()
"""
RELEASE = "drop function hold_bulk_jobs() cascade"


async def crew(place: Place, name: str, *people: str, **fields: Any) -> list[dict[str, Any]]:
    """Three people in a group of their own."""
    await place.call("POST", "v1/admin/groups", 201, json={"name": name})
    return [
        await place.create(
            place.email(f"{one.lower()}.{name.lower()}"),
            name=f"{one} {name}",
            groups=[name.lower()],
            **fields,
        )
        for one in people
    ]


async def go_on(page: Page, action: str) -> None:
    """From the list to the preview of what is done to those who are picked."""
    await page.get_by_label("What to do", exact=True).select_option(action)
    await page.get_by_role("button", name=GO_ON).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(action)


async def preview_of_all(desk: Desk, query: str, action: str, people: int) -> Page:
    """From a page of the list, on which not everybody stands, to the preview for all who match."""
    page = await desk.open(f"{USERS}?limit=1&{query}")
    await page.get_by_label("Pick everybody on this page").check()
    await page.get_by_label(f"All {people} that match, on every page").check()
    await expect(page.get_by_text(f"All {people} picked", exact=True)).to_be_visible()
    await go_on(page, action)
    return page


async def start(desk: Desk, button: str) -> str:
    """Starts the job and gives its id."""
    await desk.press(button)
    await desk.page.wait_for_url(re.compile("/bulk-jobs/"))
    return desk.page.url.rpartition("/")[2]


async def finished(place: Place, job_id: str) -> dict[str, Any]:
    """The job, once it is over."""

    async def over() -> dict[str, Any] | None:
        job: dict[str, Any] = (await place.call("GET", f"v1/admin/bulk-jobs/{job_id}"))["data"]
        return job if job["state"] not in ("queued", "running") else None

    found: dict[str, Any] = await until(over, within=30)
    return found


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Pick {name}")


@asynccontextmanager
async def held(conninfo: str, user_id: str) -> AsyncIterator[None]:
    """Nobody can change this user meanwhile."""
    async with await psycopg.AsyncConnection.connect(conninfo) as conn:
        await conn.execute("select from users where id = %s for update", (user_id,))
        yield


async def test_those_who_are_picked_are_suspended_before_ones_eyes_and_the_results_are_a_file(
    desk: Desk, demo_database: str
) -> None:
    place = desk.place
    ann, bea, cyd = await crew(place, "Bikers", "Ann", "Bea", "Cyd", emailVerified=True)
    await place.do(bea["id"], "block", reason="The season is over")
    page = await desk.open(f"{USERS}?group=bikers&sortBy=name")
    everybody = page.get_by_role("checkbox", name="Pick everybody on this page")
    await everybody.check()
    await expect(box(page, "Cyd Bikers")).to_be_checked()
    await box(page, "Cyd Bikers").uncheck()
    await expect(everybody).to_have_js_property("indeterminate", True)
    await expect(page.get_by_text("2 picked", exact=True)).to_be_visible()
    await go_on(page, "Suspend")
    await expect(page.get_by_role("heading", name="It reaches 2 people")).to_be_visible()
    await expect(
        page.get_by_text("1 of them is so already and stays as before, unless you give a reason or an end.")
    ).to_be_visible()
    await page.get_by_role("link", name="Cancel").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Users")
    assert (await place.user(ann["id"]))["status"] == "active"

    await page.go_back()
    await page.get_by_label("Reason").fill("The season is over")
    async with held(demo_database, ann["id"]):
        job_id = await start(desk, "Suspend: 2 people")
        progress = page.get_by_role("region", name="Progress")
        await expect(progress).to_contain_text("0 of 2 people")
        await expect(progress).to_contain_text("Waiting")
    await expect(progress).to_contain_text("2 of 2 people")
    await expect(progress).to_contain_text("The season is over")
    table = page.get_by_role("region", name="Table of results")
    await expect(table.get_by_role("row", name="Ann Bikers")).to_contain_text("Done")
    await expect(table.get_by_role("row", name="Bea Bikers")).to_contain_text("Nothing to do")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download as CSV").click()
    lines = (await (await download.value).path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    assert any(ann["email"] in line and "done" in line for line in lines)
    await page.get_by_role("link", name="Nothing to do", exact=True).click()
    await expect(table.get_by_role("rowheader")).to_have_text(["Bea Bikers"])
    assert (await place.user(ann["id"]))["stateDetails"]["suspended"]["reason"] == "The season is over"
    assert (await place.user(cyd["id"]))["status"] == "active"
    assert (await finished(place, job_id))["skipped"] == 1


async def test_all_who_match_get_roles_groups_marks_and_mails_and_lose_them_again(desk: Desk) -> None:
    place = desk.place
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Guests"})
    people = await crew(place, "Rowers", "Dan", "Eve", sendSetupEmail=False)

    async def of_both(field: str) -> list[Any]:
        found = [(await place.user(one["id"]))[field] for one in people]
        return [[one["slug"] for one in value] if isinstance(value, list) else value for value in found]

    for action, label, choice, field, slugs in (
        ("Add a role", "Role", "App Manager", "roles", ["app_manager"]),
        ("Remove a role", "Role", "App Manager", "roles", []),
        ("Add to a group", "Group", "Guests", "groups", ["guests", "rowers"]),
        ("Remove from a group", "Group", "Guests", "groups", ["rowers"]),
    ):
        page = await preview_of_all(desk, "group=rowers", action, 2)
        await page.get_by_label(label, exact=True).select_option(choice)
        await desk.press("Go on")
        await expect(page.get_by_text("Everybody who matches Group: rowers.")).to_be_visible()
        named = action.replace("a role", f"the role {choice}").replace("a group", f"the group {choice}")
        job = await finished(place, await start(desk, f"{named}: 2 people"))
        assert (job["state"], job["done"]) == ("done", 2)
        assert [sorted(one) for one in await of_both(field)] == [slugs, slugs], action

    await preview_of_all(desk, "group=rowers", "Resend what is pending", 2)
    await finished(place, await start(desk, "Resend what is pending: 2 people"))
    for one in people:
        await place.post.letter(one["email"], "Verify your email address for Desk")
    await preview_of_all(desk, "group=rowers", "Mark the email address verified", 2)
    await finished(place, await start(desk, "Mark the email address verified: 2 people"))
    assert await of_both("emailVerified") == [True, True]
    await sign_in_elsewhere(place, people[0]["email"])
    await preview_of_all(desk, "group=rowers", "End all sessions", 2)
    await finished(place, await start(desk, "End all sessions: 2 people"))
    assert (await place.call("GET", f"v1/admin/users/{people[0]['id']}/sessions"))["data"] == []


async def test_all_who_match_are_suspended_reactivated_deleted_by_a_word_and_restored(desk: Desk) -> None:
    place = desk.place
    people = await crew(place, "Skiers", "Fay", "Gus", emailVerified=True)
    last = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=9)
    page = await preview_of_all(desk, "group=skiers", "Suspend", 2)
    await page.get_by_label("Until the end of").fill(last.strftime("%Y-%m-%d"))
    await finished(place, await start(desk, "Suspend: 2 people"))
    for one in people:
        note = (await place.user(one["id"]))["stateDetails"]["suspended"]
        assert datetime.fromisoformat(note["until"]) == last + timedelta(days=1)
    await preview_of_all(desk, "group=skiers&status=suspended", "Reactivate", 2)
    await finished(place, await start(desk, "Reactivate: 2 people"))
    assert [(await place.user(one["id"]))["status"] for one in people] == ["active", "active"]

    page = await preview_of_all(desk, "group=skiers", "Delete", 2)
    word = page.get_by_label("Type delete to go on")
    await page.get_by_label("Reason").fill("No snow")
    await word.fill("remove")
    await desk.press("Delete: 2 people")
    await expect(page.get_by_text("Type the word delete.")).to_be_visible()
    await expect(page.get_by_label("Reason")).to_have_value("No snow")
    await word.fill("delete")
    await finished(place, await start(desk, "Delete: 2 people"))
    for one in people:
        await place.call("GET", f"v1/admin/users/{one['id']}", 404)
    await preview_of_all(desk, "group=skiers&status=deleted", "Restore", 2)
    await finished(place, await start(desk, "Restore: 2 people"))
    assert [(await place.user(one["id"]))["status"] for one in people] == ["active", "active"]


async def test_a_job_is_cancelled_before_its_first_people(desk: Desk, demo_database: str) -> None:
    place = desk.place
    people = await crew(place, "Divers", "Hal", "Ida", emailVerified=True)
    await preview_of_all(desk, "group=divers", "Suspend", 2)
    await as_owner(demo_database, HOLD)
    try:
        job_id = await start(desk, "Suspend: 2 people")
    finally:
        await as_owner(demo_database, RELEASE)
    await desk.press("Cancel the rest")
    await desk.told("The job has been cancelled.")
    await expect(desk.page.get_by_role("region", name="Progress")).to_contain_text("Cancelled")
    await desk.page.get_by_role("link", name="Bulk jobs").first.click()
    await expect(
        desk.page.get_by_role("region", name="Table of bulk jobs").get_by_role("row").nth(1)
    ).to_contain_text("Cancelled")
    assert (await finished(place, job_id))["state"] == "cancelled"
    assert [(await place.user(one["id"]))["status"] for one in people] == ["active", "active"]
