"""Mail templates over the admin API."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tenantry.domain.mail_templates.catalogue import KINDS
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
OURS = {
    "subject": "Ours for {{ tenant_name }}",
    "text": "Hello{% if person_name %} {{ person_name }}{% endif %}: {{ link }}",
    "html": '<p>{{ person_name }}</p><a href="{{ link }}">here</a>',
}
ADDRESS = "/mail-templates/password_reset"


async def one(api: httpx.AsyncClient) -> dict[str, Any]:
    data: dict[str, Any] = (await api.get(ADDRESS)).json()["data"]
    return data


async def test_every_kind_is_listed_with_whether_it_is_the_tenants_own(api: httpx.AsyncClient) -> None:
    await api.put(ADDRESS, json=OURS)
    listed = (await api.get("/mail-templates")).json()["data"]
    assert [entry["kind"] for entry in listed] == list(KINDS)
    assert [entry["kind"] for entry in listed if entry["isCustom"]] == ["password_reset"]
    assert {entry["channel"] for entry in listed} == {"email", "sms"}


async def test_a_built_in_text_is_shown_as_one_could_write_it_with_its_variables(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.get(ADDRESS)
    data = answer.json()["data"]
    assert (data["isCustom"], data["version"], data["updatedAt"]) == (False, 0, None)
    assert answer.headers["etag"] == '"0"'
    assert "{{ link }}" in data["text"]
    assert 'href="{{ link }}"' in data["html"]
    variables = {variable["name"]: variable for variable in data["variables"]}
    assert variables["link"]["required"] is True
    assert variables["link"]["type"] == "address"
    assert variables["person_name"]["mayBeEmpty"] is True
    assert variables["first"]["type"] == "flag"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_get_answered_is_accepted_back(api: httpx.AsyncClient, kind: str) -> None:
    shown = (await api.get(f"/mail-templates/{kind}")).json()
    for body in (shown, shown["data"]):
        answer = await api.put(f"/mail-templates/{kind}", json=body)
        assert answer.status_code == 200, answer.text
        stored = answer.json()["data"]
        assert (stored["text"], stored["html"]) == (shown["data"]["text"], shown["data"]["html"])


async def test_an_untouched_built_in_text_stays_built_in(api: httpx.AsyncClient) -> None:
    built_in = await one(api)
    kept = (await api.put(ADDRESS, json=built_in)).json()["data"]
    assert (kept["isCustom"], kept["version"]) == (False, 0)
    await api.put(ADDRESS, json=OURS)
    texts = {part: built_in[part] for part in ("subject", "text", "html")}
    assert (await api.put(ADDRESS, json=texts)).json()["data"]["isCustom"] is False


async def test_a_text_is_saved_and_reset(api: httpx.AsyncClient) -> None:
    built_in = await one(api)
    answer = await api.put(ADDRESS, json=OURS)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Mail template saved"
    saved = await one(api)
    assert {name: saved[name] for name in OURS} == OURS
    assert (saved["isCustom"], saved["version"]) == (True, 1)
    answer = await api.delete(ADDRESS)
    assert answer.status_code == 200
    assert (await one(api))["text"] == built_in["text"]
    assert (await one(api))["isCustom"] is False


async def test_a_put_is_the_whole_of_the_texts(api: httpx.AsyncClient) -> None:
    await api.put(ADDRESS, json=OURS)
    await api.put(ADDRESS, json={"subject": "Short", "text": "{{ link }}"})
    assert (await one(api))["html"] is None


async def test_a_version_that_is_not_the_present_one_is_refused(api: httpx.AsyncClient) -> None:
    first = await api.put(ADDRESS, json=OURS, headers={"If-Match": '"0"'})
    assert first.headers["etag"] == '"1"'
    for method in ("PUT", "DELETE"):
        body = OURS if method == "PUT" else None
        answer = await api.request(method, ADDRESS, json=body, headers={"If-Match": '"0"'})
        assert answer.status_code == 412
    assert (await one(api))["version"] == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"text"}),
        ({"text": "{{ link }}"}, {"subject"}),
        ({**OURS, "text": "{{ ''.__class__ }}{{ link }}"}, {"text"}),
        ({**OURS, "text": "{% for x in link %}{% endfor %}"}, {"text"}),
        ({**OURS, "subject": "{% include 'x' %}"}, {"subject"}),
        ({**OURS, "subject": "Hello\r\nBcc: eve@example.org"}, {"subject"}),
        ({**OURS, "html": "<script>{{ link }}</script>", "text": "none"}, {"html", "text"}),
        ({**OURS, "colour": "red"}, {"colour"}),
        ({**OURS, "text": "x" * 900_000}, {"text"}),
    ],
)
async def test_a_bad_text_is_named_and_nothing_is_stored(
    api: httpx.AsyncClient, body: dict[str, Any], fields: set[str]
) -> None:
    answer = await api.put(ADDRESS, json=body)
    assert answer.status_code == 422
    assert set(answer.json()["details"]) == fields
    assert (await one(api))["version"] == 0
    assert (await api.get("/audit-logs", params={"action": "mail_template.updated"})).json()["data"] == []


async def test_an_unknown_kind_is_not_found(api: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/preview"),
        ("POST", "/test"),
    ):
        for kind in ("nothing", "..%2f..%2fetc%2fpasswd"):
            body = None if method in {"GET", "DELETE"} else {**OURS}
            answer = await api.request(method, f"/mail-templates/{kind}{path}", json=body)
            assert answer.status_code == 404, (method, kind, answer.text)


async def test_a_preview_shows_what_is_sent_with_examples_and_stores_nothing(
    api: httpx.AsyncClient,
) -> None:
    built_in = (await api.post(f"{ADDRESS}/preview")).json()["data"]
    assert built_in["subject"] == "Reset your Acme password"
    answer = await api.post(f"{ADDRESS}/preview", json=OURS)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["data"]["subject"] == "Ours for Acme"
    assert answer.json()["data"]["text"].startswith("Hello Anita: https://")
    assert (await one(api))["isCustom"] is False
    await api.put(ADDRESS, json=OURS)
    assert (await api.post(f"{ADDRESS}/preview", json={})).json() == answer.json()
    refused = await api.post(f"{ADDRESS}/preview", json={**OURS, "text": "{{ x }}"})
    assert refused.status_code == 422
    assert "line 1" in refused.json()["details"]["text"]


async def test_a_test_is_queued_audited_and_listed(api: httpx.AsyncClient) -> None:
    answer = await api.post(f"{ADDRESS}/test", json={"to": "bob@example.org"})
    assert answer.status_code == 202
    message = (await api.get(f"/messages/{answer.json()['data']['messageId']}")).json()["data"]
    assert (message["kind"], message["sentTo"], message["state"]) == (
        "password_reset",
        "bob@example.org",
        "queued",
    )
    [entry] = (await api.get("/audit-logs", params={"action": "mail_template.tested"})).json()["data"]
    assert entry["outcome"] == "success"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"to": ""},
        {"to": "nobody"},
        {"to": "a@example.org\r\nBcc: b@example.org"},
        {"to": "a@example.org, b@example.org"},
        {"to": 5},
        {"to": "bob@example.org", "text": "{{ x }}"},
    ],
)
async def test_a_test_to_what_is_no_address_is_refused(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await api.post(f"{ADDRESS}/test", json=body)
    assert answer.status_code in {400, 422}
    assert (await api.get("/messages")).json()["data"] == []


async def test_the_21st_test_in_an_hour_is_refused(api: httpx.AsyncClient) -> None:
    for _ in range(20):
        assert (await api.post(f"{ADDRESS}/test", json={"to": "bob@example.org"})).status_code == 202
    answer = await api.post(f"{ADDRESS}/test", json={"to": "bob@example.org"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 3601


async def test_a_reading_key_may_read_and_preview_and_no_more(api: httpx.AsyncClient, home: Home) -> None:
    reader = {"Authorization": f"Bearer {await home.new_key('admin:read')}"}
    assert (await api.get("/mail-templates", headers=reader)).status_code == 200
    assert (await api.post(f"{ADDRESS}/preview", json=OURS, headers=reader)).status_code == 200
    assert (await api.put(ADDRESS, json=OURS, headers=reader)).status_code == 403
    assert (await api.delete(ADDRESS, headers=reader)).status_code == 403
    test = await api.post(f"{ADDRESS}/test", json={"to": "bob@example.org"}, headers=reader)
    assert test.status_code == 403
    stranger = {"Authorization": f"Bearer {await home.new_key('admin:users')}"}
    for path in ("/mail-templates", ADDRESS, "/messages"):
        assert (await api.get(path, headers=stranger)).status_code == 403


async def test_a_neighbours_texts_are_not_shown(
    api: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    await api.put(ADDRESS, json=OURS)
    theirs = {"Authorization": f"Bearer {neighbour.key}"}
    base = f"http://localhost/t/{neighbour.slug}/api/v1/admin"
    listed = (await api.get(f"{base}/mail-templates", headers=theirs)).json()["data"]
    assert not any(entry["isCustom"] for entry in listed)
    crossed = await api.get(f"http://localhost/t/{home.slug}/api/v1/admin{ADDRESS}", headers=theirs)
    assert crossed.status_code == 401
