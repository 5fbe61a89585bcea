"""Administrators have an address or number verified, or vouch for it."""

from pathlib import Path

import httpx
import pytest

from tests.support.access import bearer
from tests.support.makers import Home
from tests.support.verification import inbox, types_of, user_now

pytestmark = pytest.mark.asyncio
NUMBER = "+46701740605"


async def test_a_verification_mail_is_sent_as_a_link_or_as_a_code(
    api: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    answer = await api.post(f"/users/{ann.user.id}/verify-email")
    assert (answer.status_code, answer.json()["message"]) == (200, "Verification email sent")
    assert answer.json()["data"]["emailVerified"] is False
    [mail] = await inbox(home, tmp_path)
    assert "/verify-email?token=" in mail.text
    bob = await home.user("bob@example.com")
    assert (await api.post("/users/bob@example.com/verify-email", json={"form": "otp"})).status_code == 200
    [mail] = await inbox(home, tmp_path, "bob@example.com")
    assert f"/verify-email?id={''}" in mail.text
    assert (await user_now(home, bob)).email_verified is False


async def test_a_second_mail_at_once_is_too_many(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    assert (await api.post(f"/users/{ann.user.id}/verify-email")).status_code == 200
    again = await api.post(f"/users/{ann.user.id}/verify-email")
    assert (again.status_code, again.json()["code"]) == (429, "rate_limit_exceeded")
    assert again.headers["retry-after"] == "31"


async def test_an_address_is_marked_as_verified(api: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    for _ in range(2):
        answer = await api.post(f"/users/{ann.user.id}/mark-verified")
        assert (answer.status_code, answer.json()["data"]["emailVerified"]) == (200, True)
    assert await types_of(home) == ["user.email_verified"]


async def test_a_code_is_sent_to_a_number_which_is_pending_until_it_is_typed(
    api: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user(phone=NUMBER)
    answer = await api.post(f"/users/{ann.user.id}/verify-phone")
    assert answer.status_code == 200
    assert "pending_mobile_verification" in answer.json()["data"]["states"]
    [text] = await inbox(home, tmp_path, NUMBER)
    assert "/verify-phone?id=" in text.text
    listed = await api.get("/users", params={"status": "pending_mobile_verification"})
    assert [row["id"] for row in listed.json()["data"]] == [str(ann.user.id)]


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("verify-email", {"email": None, "username": "ann"}, "email"),
        ("verify-email", {"email_verified": True}, "email"),
        ("verify-email", {"blocked": True}, "status"),
        ("mark-verified", {"email": None, "username": "ann"}, "email"),
        ("verify-phone", {}, "phoneNumber"),
        ("verify-phone", {"phone": NUMBER, "phone_verified": True}, "phoneNumber"),
        ("verify-phone", {"phone": NUMBER, "blocked": True}, "status"),
    ],
)
async def test_what_is_of_no_use_is_refused_with_its_field(
    api: httpx.AsyncClient, home: Home, action: str, fields: dict[str, object], field: str
) -> None:
    ann = await home.user(**fields)  # type: ignore[arg-type]
    answer = await api.post(f"/users/{ann.user.id}/{action}")
    assert (answer.status_code, list(answer.json()["details"])) == (422, [field])
    assert await types_of(home) == []


@pytest.mark.parametrize("action", ["verify-email", "mark-verified", "verify-phone"])
async def test_bad_callers_and_bodies_are_refused(
    api: httpx.AsyncClient, home: Home, neighbour: Home, action: str
) -> None:
    ann, theirs = await home.user(phone=NUMBER), await neighbour.user()
    path = f"/users/{ann.user.id}/{action}"
    assert (await api.post(path, json={"nonsense": 1})).status_code == 422
    assert (await api.post(path, headers={"If-Match": '"7"'})).status_code == 412
    assert (await api.post(f"/users/{theirs.user.id}/{action}")).status_code == 404
    reader = bearer(await home.new_key("admin:read"))
    assert (await api.post(path, headers=reader)).status_code == 403
    assert await types_of(home) == []


async def test_a_stronger_users_address_is_not_vouched_for(api: httpx.AsyncClient, home: Home) -> None:
    boss = await home.user("boss@example.com", roles=["admin"])
    manager = bearer(await home.new_key("internal_user_mgt_update"))
    answer = await api.post(f"/users/{boss.user.id}/mark-verified", headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
