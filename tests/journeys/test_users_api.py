"""The documented calls of the Users API (LumoAuth, API reference, Users), run with curl against a really started server."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.server import Server

COMMANDS = dict(
    block.split("\n", 1)
    for block in Path(__file__).with_name("users_api.curl").read_text().split("\n## ")[1:]
)
USER_FIELDS = {
    "id", "email", "username", "name", "givenName", "familyName", "picture", "emailVerified", "phoneNumber", "isActive",
    "blocked", "mfaEnabled", "roles", "groups", "createdAt", "lastLoginAt", "loginCount",
}  # fmt: skip


def curl(server: Server, name: str, user_id: str = "") -> tuple[int, Any]:
    command = (
        COMMANDS[name]
        .replace("https://app.lumoauth.dev", server.url)
        .replace("sk_live_xxxxx", server.api_key)
        .replace("550e8400...", user_id)
    )
    shell = command.strip() + " --silent --show-error --write-out '\\n%{http_code}'"
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True, timeout=30)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.api, headers=headers, timeout=30) as made:
        yield made


def test_the_documented_calls_work_one_after_the_other(server: Server, client: httpx.Client) -> None:
    status, created = curl(server, "create")
    assert status == 201
    assert created["message"] == "User created"
    user = created["data"]
    assert user["email"] == "newuser@example.com"
    assert user["name"] == "New User"
    assert (user["givenName"], user["familyName"]) == ("New", "User")
    assert user["emailVerified"] is True
    assert [role["slug"] for role in user["roles"]] == ["developer"]
    assert user["createdAt"].endswith("Z")
    assert user.keys() >= USER_FIELDS

    status, listed = curl(server, "list")
    assert status == 200
    assert listed["data"][0]["id"] == user["id"], "the newest comes first"
    assert listed["pagination"]["page"] == 1
    assert listed["pagination"]["limit"] == 20
    assert listed["pagination"]["total"] >= 150
    assert listed["meta"] == listed["pagination"]

    status, fetched = curl(server, "retrieve", user["id"])
    assert (status, fetched["data"]) == (200, user)
    status, by_email = curl(server, "retrieve", "newuser@example.com")
    assert (status, by_email["data"]["id"]) == (200, user["id"])

    status, updated = curl(server, "update", user["id"])
    assert (status, updated["data"]["name"]) == (200, "Updated Name")

    status, blocked = curl(server, "block", user["id"])
    assert (status, blocked["data"]["blocked"], blocked["data"]["isActive"]) == (200, True, False)
    unblocked = client.post(f"/users/{user['id']}/unblock")
    assert (unblocked.status_code, unblocked.json()["data"]["blocked"]) == (200, False)

    status, with_roles = curl(server, "roles", user["id"])
    assert status == 200
    assert [role["slug"] for role in with_roles["data"]["roles"]] == ["admin", "developer"]

    status, deleted = curl(server, "delete", user["id"])
    assert (status, deleted["message"]) == (200, "User deleted for good")
    status, gone = curl(server, "retrieve", user["id"])
    assert (status, gone["code"]) == (404, "resource_not_found")


def test_the_remaining_documented_endpoints_work(server: Server, client: httpx.Client) -> None:
    made = client.post("/users", json={"email": "remaining@example.com", "groups": ["engineering"]})
    assert made.status_code == 201, made.text
    user = made.json()["data"]
    assert [group["slug"] for group in user["groups"]] == ["engineering"]
    at = f"/users/{user['id']}"

    cleared = client.put(f"{at}/groups", json={"groups": []})
    assert (cleared.status_code, cleared.json()["data"]["groups"]) == (200, [])
    password = client.put(f"{at}/password", json={"password": "a-Longer-phrase-7"})
    assert (password.status_code, password.json()["data"]["hasPassword"]) == (200, True)
    weak = client.put(f"{at}/password", json={"password": "short"})
    assert (weak.status_code, weak.json()["code"]) == (422, "validation_error")
    assert "password" in weak.json()["details"]
    assert client.post(f"{at}/password-reset").status_code == 200
    reset = client.post(f"{at}/mfa/reset")
    assert (reset.status_code, reset.json()["data"]["mfaEnabled"]) == (200, False)
