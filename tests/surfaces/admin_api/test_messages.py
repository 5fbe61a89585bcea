"""Messages over the admin API: where each went and what became of it, never what it said."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.notices.outbox import deliver, queue_message, queue_text
from tenantry.kernel.ids import new_id
from tenantry.kernel.mail import MailDelayed, Message, RecipientRefused
from tenantry.kernel.sms import Sms
from tests.support.makers import Home
from tests.support.running import task_env

pytestmark = pytest.mark.asyncio
SECRET = "https://id.example.com/?token=topsecret"
FIELDS = {
    *("id", "kind", "channel", "sentTo", "state", "attempts", "lastError"),
    *("userId", "invitationId", "createdAt", "sentAt"),
}


class Broken:
    """A mail server that is shut, or refuses."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def send(self, message: Message) -> None:
        raise self.error


async def mail(home: Home, folder: Path, user_id: UUID | None, kind: str = "notices.welcome") -> UUID:
    sealer = task_env(home.works, folder).sealer
    message = Message("ann@example.com", "Hello", SECRET)
    async with home.works.write(home.opener()) as work:
        return await queue_message(work, kind, user_id, None, message, sealer)


async def text(home: Home, folder: Path, user_id: UUID) -> UUID:
    sealer = task_env(home.works, folder).sealer
    async with home.works.write(home.opener()) as work:
        sms = Sms("+4915112345678", SECRET)
        return await queue_text(work, "notices.verify_phone_code", user_id, None, sms, sealer)


async def listed(api: httpx.AsyncClient, path: str = "/messages", **params: Any) -> list[str]:
    answer = await api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    assert "topsecret" not in answer.text
    return [row["id"] for row in answer.json()["data"]]


async def test_a_message_is_shown_with_all_but_its_content(
    api: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await home.user()
    message_id = await mail(home, tmp_path, person.user.id)
    [row] = (await api.get("/messages")).json()["data"]
    assert set(row) == FIELDS
    assert (row["kind"], row["channel"], row["sentTo"]) == ("welcome", "email", "ann@example.com")
    assert (row["state"], row["attempts"], row["sentAt"]) == ("queued", 0, None)
    assert row["userId"] == str(person.user.id)
    await deliver(task_env(home.works, tmp_path), home.id, message_id)
    after = (await api.get(f"/messages/{message_id}")).json()["data"]
    assert (after["state"], after["attempts"]) == ("sent", 1)
    assert after["sentAt"] is not None


async def test_the_filters_find_what_they_say(api: httpx.AsyncClient, home: Home, tmp_path: Path) -> None:
    ann, bob = await home.user("ann@example.com"), await home.user("bob@example.com")
    bounced = str(await mail(home, tmp_path, ann.user.id))
    refusing = task_env(home.works, tmp_path, Broken(RecipientRefused("550 no such user")))
    await deliver(refusing, home.id, UUID(bounced))
    sms = str(await text(home, tmp_path, ann.user.id))
    theirs = str(await mail(home, tmp_path, bob.user.id, "notices.password_changed"))
    assert await listed(api) == [theirs, sms, bounced]
    assert await listed(api, sortDir="ASC") == [bounced, sms, theirs]
    assert await listed(api, userId=str(ann.user.id)) == [sms, bounced]
    assert await listed(api, f"/users/{ann.user.id}/messages") == [sms, bounced]
    assert await listed(api, f"/users/{ann.user.id}/messages", channel="sms") == [sms]
    assert await listed(api, state="bounced") == [bounced]
    assert await listed(api, state="failed") == []
    assert await listed(api, channel="sms") == [sms]
    assert await listed(api, kind="password_changed") == [theirs]
    assert await listed(api, search="4915") == [sms]
    assert await listed(api, invitationId=str(new_id())) == []
    [row] = (await api.get("/messages", params={"state": "bounced"})).json()["data"]
    assert row["lastError"] == "550 no such user"


async def test_a_cursor_goes_through_all_of_them(api: httpx.AsyncClient, home: Home, tmp_path: Path) -> None:
    made = [str(await mail(home, tmp_path, None)) for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        answer = (await api.get("/messages", params=params)).json()
        seen += [row["id"] for row in answer["data"]]
        cursor = answer["pagination"].get("nextCursor")
        if cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"channel": "pigeon"}, "channel"),
        ({"kind": "nothing"}, "kind"),
        ({"userId": "nobody"}, "userId"),
        ({"sortBy": "sentTo"}, "sortBy"),
        ({"cursor": "x"}, "cursor"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_filter_is_named(api: httpx.AsyncClient, params: dict[str, str], field: str) -> None:
    answer = await api.get("/messages", params=params)
    assert answer.status_code == 400
    assert field in answer.json()["details"]


async def test_a_message_that_waits_can_be_tried_and_one_that_is_over_cannot(
    api: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    message_id = await mail(home, tmp_path, None)
    with pytest.raises(MailDelayed):
        await deliver(task_env(home.works, tmp_path, Broken(MailDelayed("away"))), home.id, message_id)
    answer = await api.post(f"/messages/{message_id}/retry")
    assert answer.status_code == 202
    assert (answer.json()["data"]["state"], answer.json()["data"]["lastError"]) == ("queued", "away")
    await deliver(task_env(home.works, tmp_path, Broken(RecipientRefused("550 gone"))), home.id, message_id)
    over = await api.post(f"/messages/{message_id}/retry")
    assert over.status_code == 409
    assert "Send the link, code or invitation again" in over.text
    for unknown in (str(new_id()), "nothing"):
        assert (await api.post(f"/messages/{unknown}/retry")).status_code == 404
        assert (await api.get(f"/messages/{unknown}")).status_code == 404


async def test_a_reading_key_may_look_and_not_retry(
    api: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    reader = {"Authorization": f"Bearer {await home.new_key('admin:read')}"}
    message_id = await mail(home, tmp_path, None)
    assert (await api.get("/messages", headers=reader)).status_code == 200
    assert (await api.post(f"/messages/{message_id}/retry", headers=reader)).status_code == 403


async def test_a_neighbours_messages_are_not_shown(
    api: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    stranger = await neighbour.user()
    theirs = await mail(neighbour, tmp_path, stranger.user.id)
    assert await listed(api) == []
    assert await listed(api, userId=str(stranger.user.id)) == []
    assert (await api.get(f"/messages/{theirs}")).status_code == 404
    assert (await api.post(f"/messages/{theirs}/retry")).status_code == 404
    assert (await api.get(f"/users/{stranger.user.id}/messages")).status_code == 404
