"""Deleted, restored, purged; and erased, so that the audit log names nobody."""

import json
from typing import Any

from playwright.async_api import Page

from tenantry.kernel.work import Job
from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Found
from tests.support.running import as_owner, until
from tests.support.stories import (
    GENERIC,
    GOOD,
    Place,
    expect_ended,
    expect_inside,
    expect_refused,
    sign_in,
)

pytestmark = on_one_loop
RETENTION = {"deletion": {"adminApiRetentionDays": 30}}


async def test_a_deleted_person_is_kept_out_comes_back_with_everything_and_is_purged_in_time(
    found: Found, page: Page, demo_database: str
) -> None:
    place = await found("deleted", **RETENTION)
    mia = place.email("mia")
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Sailors"})
    user = await place.create(mia, name="Mia Berg", roles=["user"], groups=["sailors"])
    await sign_in(page, place, mia, GOOD)
    await expect_inside(page, mia)

    await place.call("DELETE", f"v1/admin/users/{mia}", params={"reason": "Left"})
    await page.reload()
    await expect_ended(page)
    await sign_in(page, place, mia, GOOD)
    await expect_refused(page, GENERIC)
    await place.call("GET", f"v1/admin/users/{mia}", 404)
    await place.call("POST", "v1/admin/users", 409, json={"email": mia})

    await place.do(user["id"], "restore")
    back = await place.user(mia)
    assert (back["id"], back["roles"], back["groups"]) == (user["id"], user["roles"], user["groups"])
    await sign_in(page, place, mia, GOOD)
    await expect_inside(page, mia)

    await place.call("DELETE", f"v1/admin/users/{mia}")
    await a_month_passes(place, demo_database)
    told = await until(lambda: purged(place, user["id"]))
    assert [entry["action"] for entry in told][:4] == [
        "user.purged",
        "user.deleted",
        "user.signed_in",
        "user.restored",
    ]
    await place.call("POST", f"v1/admin/users/{user['id']}/restore", 404)
    await sign_in(page, place, mia, GOOD)
    await expect_refused(page, GENERIC)
    await place.create(mia)
    await sign_in(page, place, mia, GOOD)
    await expect_inside(page, mia)


async def test_of_an_erased_person_the_audit_log_keeps_what_happened_and_not_who_it_was(
    found: Found, page: Page
) -> None:
    place = await found("erased", **RETENTION)
    mia = place.email("mia")
    user = await place.create(mia, name="Mia Berg", username="miaberg", phoneNumber=place.phone)
    await sign_in(page, place, mia, GOOD)
    await expect_inside(page, mia)
    await place.do(mia, "lock", reason="Asked for it")
    assert names(user) & traces(await place.audit(limit=100))

    await place.call("DELETE", f"v1/admin/users/{mia}", params={"erase": "true", "reason": "Asked by letter"})

    async def erased() -> list[dict[str, Any]]:
        return await place.audit(action="gdpr.delete.completed")

    [done] = await until(erased)
    assert done["target"]["id"] == user["id"]
    log = await place.audit(limit=100)
    assert not names(user) & traces(log)
    about = {entry["action"] for entry in log if (entry["target"] or {}).get("id") == user["id"]}
    assert about >= {"user.created", "user.signed_in", "user.locked", "user.deleted"}
    assert all(
        (entry["ipAddress"], entry["userAgent"]) == (None, None)
        for entry in log
        if entry["actor"]["id"] == user["id"]
    )
    await sign_in(page, place, mia, GOOD)
    await expect_refused(page, GENERIC)


async def a_month_passes(place: Place, conninfo: str) -> None:
    """The time for a restore is over, and the server's next look for such people comes at once."""
    query = "update users set purge_at = now() - interval '1 second' where tenant_id = %s and deleted_at is not null"
    await as_owner(conninfo, query, place.home.id)
    async with place.home.works.write(place.home.opener()) as work:
        work.defer(Job("privacy.purge", {}))


async def purged(place: Place, user_id: str) -> list[dict[str, Any]]:
    told = await place.audit(targetId=user_id, limit=100)
    return told if told[0]["action"] == "user.purged" else []


def names(user: dict[str, Any]) -> set[str]:
    """Everything by which one knows a person."""
    fields = ("email", "username", "name", "givenName", "familyName", "phoneNumber")
    return {user[field] for field in fields}


def traces(log: list[dict[str, Any]]) -> set[str]:
    """Which of Mia's names stand anywhere in the log."""
    text = json.dumps(log)
    known = ("mia@erased.example", "miaberg", "Mia Berg", "Mia", "Berg")
    return {name for name in known if name in text}
