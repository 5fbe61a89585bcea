"""The settings over the admin API."""

from typing import Any

import httpx
import pytest

from tenantry.surfaces.kit.setting_sections import SECTIONS
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def settings(api: httpx.AsyncClient) -> dict[str, Any]:
    data: dict[str, Any] = (await api.get("/settings")).json()["data"]
    return data


async def test_every_section_answers_with_its_defaults(api: httpx.AsyncClient) -> None:
    answer = await api.get("/settings")
    data = answer.json()["data"]
    assert set(data) == {"general", *SECTIONS}
    assert data["general"] == {"name": "Acme"}
    assert data["passwordPolicy"]["minLength"] == 8
    assert data["audit"] == {"retentionDays": 90, "autoDelete": False}
    assert answer.headers["etag"].strip('"').isdigit()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_only_the_supplied_keys_change(api: httpx.AsyncClient, method: str) -> None:
    before = await settings(api)
    answer = await api.request(method, "/settings", json={"passwordPolicy": {"minLength": 12}})
    assert answer.status_code == 200
    after = await settings(api)
    assert answer.json() == {"data": after, "message": "Settings updated"}
    before["passwordPolicy"]["minLength"] = 12
    assert after == before


async def test_null_takes_a_key_back_to_its_default(api: httpx.AsyncClient) -> None:
    before = await settings(api)
    await api.put("/settings", json={"audit": {"retentionDays": 30}, "registration": {"enabled": True}})
    await api.put("/settings", json={"audit": {"retentionDays": None}, "registration": {"enabled": None}})
    assert await settings(api) == before


async def test_what_get_answered_is_accepted_back_and_changes_nothing(api: httpx.AsyncClient) -> None:
    first = await api.get("/settings")
    answer = await api.put("/settings", json=first.json()["data"])
    assert answer.status_code == 200
    assert answer.headers["etag"] == first.headers["etag"]
    assert (await api.get("/audit-logs", params={"action": "config.updated"})).json()["data"] == []


async def test_the_name_is_a_setting(api: httpx.AsyncClient) -> None:
    await api.put("/settings", json={"general": {"name": "Acme Corporation"}})
    assert (await settings(api))["general"] == {"name": "Acme Corporation"}
    (entry,) = (await api.get("/audit-logs", params={"action": "config.updated"})).json()["data"]
    assert entry["changes"] == {"general": {"from": {"name": "Acme"}, "to": {"name": "Acme Corporation"}}}


async def test_a_new_policy_holds_for_the_next_password(api: httpx.AsyncClient) -> None:
    await api.put("/settings", json={"passwordPolicy": {"minLength": 20}})
    answer = await api.post("/users", json={"email": "ann@example.com", "password": "Tk9-vulcan-hay"})
    assert answer.status_code == 422
    assert "20" in answer.json()["details"]["password.minLength"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"theme": {"logo": "x"}}, "theme"),
        ({"logo": {"hash": "x"}}, "logo"),
        ({"branding": {"logo": "x"}}, "branding.logo"),
        ({"branding": {"accentColor": "teal"}}, "branding.accentColor"),
        ({"audit": {"colour": "red"}}, "audit.colour"),
        ({"audit": 5}, "audit"),
        ({"audit": {"retentionDays": -1}}, "audit.retentionDays"),
        ({"passwordPolicy": {"minLength": 3}}, "passwordPolicy.minLength"),
        ({"passwordPolicy": {"minLength": "12"}}, "passwordPolicy.minLength"),
        ({"passwordPolicy": {"minLength": 100, "maxLength": 64}}, "passwordPolicy"),
        ({"passwordPolicy": {"unknown": True}}, "passwordPolicy.unknown"),
        ({"accounts": {"defaultPhoneRegion": "germany"}}, "accounts.defaultPhoneRegion"),
        ({"links": {"passwordResetMinutes": 10**12}}, "links.passwordResetMinutes"),
        ({"general": {"name": " "}}, "general.name"),
        ({"general": {"name": None}}, "general.name"),
        ({"general": {"name": 5}}, "general.name"),
        ({"general": {"slug": "new"}}, "general.slug"),
        ({"general": []}, "general"),
    ],
)
async def test_what_is_unknown_or_wrong_is_named_and_nothing_is_written(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    before = await settings(api)
    answer = await api.put("/settings", json={"registration": {"enabled": True}, **body})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["details"]) == [field]
    assert await settings(api) == before


async def test_unknown_sections_and_keys_are_all_named_with_those_there_are(api: httpx.AsyncClient) -> None:
    body = {"theme": {}, "general": {"slug": "x"}, "audit": {"colour": "red", "retentionDays": 0}}
    details = (await api.put("/settings", json=body)).json()["details"]
    assert set(details) == {"theme", "general.slug", "audit.colour", "audit.retentionDays"}
    assert "general, " in details["theme"]
    assert "passwordPolicy" in details["theme"]
    assert details["audit.colour"].endswith("there are retentionDays, autoDelete")
    assert details["general.slug"].endswith("there is name")


@pytest.mark.parametrize("raw", [b"[]", b"{", b"5", b'"text"'])
async def test_a_body_of_another_shape_is_refused(api: httpx.AsyncClient, raw: bytes) -> None:
    assert (await api.put("/settings", content=raw)).status_code == 400


async def test_a_stale_etag_is_refused(api: httpx.AsyncClient) -> None:
    etag = (await api.get("/settings")).headers["etag"]
    change = {"registration": {"enabled": True}}
    fresh = await api.patch("/settings", json=change, headers={"If-Match": etag})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, f'"{int(etag.strip(chr(34))) + 1}"')
    stale = await api.patch(
        "/settings", json={"registration": {"enabled": False}}, headers={"If-Match": etag}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await settings(api))["registration"]["enabled"] is True


async def test_the_audit_shows_what_was_before_and_after(api: httpx.AsyncClient) -> None:
    await api.put("/settings", json={"audit": {"retentionDays": 30}})
    await api.put("/settings", json={"audit": {"retentionDays": 60}})
    entries = (await api.get("/audit-logs", params={"action": "config.updated"})).json()["data"]
    assert entries[0]["changes"] == {"audit": {"from": {"retentionDays": 30}, "to": {"retentionDays": 60}}}
    assert entries[1]["changes"] == {"audit": {"from": None, "to": {"retentionDays": 30}}}


async def test_the_table_of_defaults_says_what_was_set_here(api: httpx.AsyncClient) -> None:
    await api.put("/settings", json={"audit": {"retentionDays": 30}})
    rows = {(row["section"], row["key"]): row for row in (await api.get("/settings/defaults")).json()["data"]}
    assert rows["audit", "retentionDays"] == {
        "section": "audit", "key": "retentionDays", "value": 30, "default": 90, "source": "tenant",
    }  # fmt: skip
    assert rows["passwordPolicy", "minLength"]["source"] == "default"


@pytest.mark.parametrize(("scope", "reads", "writes"), [("admin:read", 200, 403), ("admin:users", 403, 403)])
async def test_scopes(api: httpx.AsyncClient, home: Home, scope: str, reads: int, writes: int) -> None:
    api.headers["Authorization"] = f"Bearer {await home.new_key(scope)}"
    assert (await api.get("/settings")).status_code == reads
    assert (await api.get("/settings/defaults")).status_code == reads
    assert (await api.put("/settings", json={})).status_code == writes


async def test_a_neighbours_settings_do_not_move(api: httpx.AsyncClient, neighbour: Home) -> None:
    await api.put("/settings", json={"general": {"name": "New"}, "audit": {"retentionDays": 30}})
    there = f"http://localhost/t/{neighbour.slug}/api/v1/admin/settings"
    data = (await api.get(there, headers={"Authorization": f"Bearer {neighbour.key}"})).json()["data"]
    assert data["general"] == {"name": "Other"}
    assert data["audit"]["retentionDays"] == 90
