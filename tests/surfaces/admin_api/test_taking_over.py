"""A key that may manage users cannot climb by taking over somebody stronger."""

import httpx
import pytest

from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/password", {"password": "a-Longer-phrase-7"}),
        ("POST", "/password", {"password": "a-Longer-phrase-7"}),
        ("POST", "/mfa/reset", None),
        ("PUT", "", {"email": "mine@example.com"}),
        ("PUT", "", {"username": "mine"}),
        ("PUT", "", {"phoneNumber": "+15551234567"}),
        ("PUT", "/roles", {"roles": ["tenant_admin"]}),
        ("POST", "/roles", {"role": "admin"}),
    ],
)
async def test_a_user_manager_cannot_take_over_an_administrator(
    api: httpx.AsyncClient, home: Home, method: str, path: str, body: dict[str, object] | None
) -> None:
    await home.user("boss@example.com", roles=["auditor"])
    await home.user("ann@example.com")
    key = {"Authorization": f"Bearer {await home.new_key('admin:users')}"}
    target = "ann@example.com" if "/roles" in path else "boss@example.com"
    answer = await api.request(method, f"/users/{target}{path}", json=body, headers=key)
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == "permission_denied"
    unchanged = (await api.get(f"/users/{target}")).json()["data"]
    assert unchanged["version"] == 1


async def test_a_user_manager_may_still_help_everybody_else(api: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", roles=["user"])
    key = {"Authorization": f"Bearer {await home.new_key('admin:users')}"}
    changed = await api.put(
        "/users/ann@example.com/password", json={"password": "a-Longer-phrase-7"}, headers=key
    )
    assert changed.status_code == 200
    renamed = await api.put("/users/ann@example.com", json={"email": "anna@example.com"}, headers=key)
    assert renamed.status_code == 200
