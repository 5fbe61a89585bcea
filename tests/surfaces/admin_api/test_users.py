"""Users through the admin API: shapes, rules, refusals."""

from datetime import timedelta

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def create(api: httpx.AsyncClient, **body: object) -> dict[str, object]:
    answer = await api.post("/users", json={"email": "ann@example.com", **body})
    assert answer.status_code == 201, answer.text
    data: dict[str, object] = answer.json()["data"]
    return data


async def test_a_user_is_created_with_names_split_from_the_full_name(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/users", json={"email": "anita@example.com", "name": "Anita Singh", "sendSetupEmail": False}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "User created"
    assert (body["data"]["givenName"], body["data"]["familyName"]) == ("Anita", "Singh")
    assert body["data"]["status"] == "pending_initial_password_setup"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"].endswith(f"/users/{body['data']['id']}")


async def test_given_names_are_never_overwritten(api: httpx.AsyncClient) -> None:
    user = await create(api, name="Dr. A. Singh", givenName="Anita", familyName="Singh-Rao")
    assert (user["name"], user["givenName"], user["familyName"]) == ("Dr. A. Singh", "Anita", "Singh-Rao")


async def test_a_user_with_a_password_is_active_and_has_the_identity(api: httpx.AsyncClient) -> None:
    user = await create(api, password="SecurePass123!", emailVerified=True)
    assert (user["hasPassword"], user["identities"], user["status"]) == (
        True,
        [{"kind": "password"}],
        "active",
    )
    assert user["isActive"] is True


async def test_a_password_under_an_escaped_name_is_a_password_all_the_same(api: httpx.AsyncClient) -> None:
    body = b'{"email": "ann@example.com", "p\\u0061ssword": "%s"}'
    assert (await api.post("/users", content=body % b"short")).status_code == 422
    answer = await api.post("/users", content=body % b"SecurePass123!")
    assert (answer.status_code, answer.json()["data"]["hasPassword"]) == (201, True)


async def test_a_phone_number_or_a_username_is_identifier_enough(api: httpx.AsyncClient) -> None:
    phone = (await api.post("/users", json={"phoneNumber": "+1 (555) 123-4567"})).json()["data"]
    assert (phone["phoneNumber"], phone["email"]) == ("+15551234567", None)
    name = (await api.post("/users", json={"username": "Ann.Lee"})).json()["data"]
    assert name["username"] == "Ann.Lee"
    nobody = await api.post("/users", json={"name": "Nobody"})
    assert nobody.status_code == 422
    assert "email" in nobody.json()["details"]


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"email": "Ann@Example.com"}, {"email": "ann@example.COM"}, "email"),
        ({"username": "ann"}, {"username": "ANN"}, "username"),
        ({"phoneNumber": "+15551234567"}, {"phoneNumber": "+1 555 123 4567"}, "phoneNumber"),
    ],
)
async def test_a_duplicate_identifier_is_a_conflict_that_names_the_field(
    api: httpx.AsyncClient, first: dict[str, str], second: dict[str, str], field: str
) -> None:
    assert (await api.post("/users", json=first)).status_code == 201
    answer = await api.post("/users", json=second)
    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate_resource"
    assert field in answer.json()["details"]


async def test_all_faults_are_named_at_once_and_nothing_is_written(api: httpx.AsyncClient) -> None:
    body = {
        "email": "user@localhost",
        "username": "a@b",
        "picture": "javascript:alert(1)",
        "password": "short",
    }
    answer = await api.post("/users", json=body)
    assert answer.status_code == 422
    assert answer.json()["details"].keys() >= {"email", "username", "picture", "password"}
    assert (await api.get("/users")).json()["pagination"]["total"] == 0


@pytest.mark.parametrize("field", ["roles", "groups"])
async def test_an_unknown_role_or_group_leaves_no_half_made_user(api: httpx.AsyncClient, field: str) -> None:
    answer = await api.post("/users", json={"email": "ann@example.com", field: ["no-such-thing"]})
    assert answer.status_code == 422
    assert "no-such-thing" in answer.json()["details"][field]
    assert (await api.get("/users/ann@example.com")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b'{"email": 7}', 400),
        (b'{"email": "a@example.com", "isAdmin": true}', 422),
        (b'{"email": "a\\u0000@example.com"}', 422),
        (b'{"name": "\\ud800", "email": "a@example.com"}', 400),
        (b'{"email": "\xff@example.com"}', 400),
        (b'{"email": "a@example.com", "customData": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}", 422),
        (b'{"customData": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400),
        (b'{"email": "a@example.com", "name": "' + b"x" * 900_000 + b'"}', 422),
        (
            b'{"email": "a@example.com", "roles": [' + b",".join(b'"r%d"' % i for i in range(10_000)) + b"]}",
            422,
        ),
        (b'{"email": "a@example.com", "customData": {"n": 1e999999}}', 400),
    ],
)
async def test_hostile_bodies_are_refused_and_nothing_is_written(
    api: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await api.post("/users", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] is True
    assert answer.json()["details"], "the error names what is wrong"
    assert (await api.get("/users")).json()["pagination"]["total"] == 0


async def test_a_body_beyond_the_limit_is_too_large(api: httpx.AsyncClient) -> None:
    answer = await api.post("/users", content=b'{"name": "' + b"x" * 3_000_000 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["code"] == "request_too_large"
    assert answer.json()["message"] == "The body must have at most 1,048,576 bytes."


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=x", "page=-1", "page=0", "sortBy=password", "sortDir=UP", "blocked=maybe", "status=odd",
     "cursor=%21", "cursor=AAAA", "nonsense=1", "page=1&page=2", "createdFrom=yesterday", "page=99999999999999999999"],
)  # fmt: skip
async def test_bad_query_values_are_refused_and_named(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/users?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "validation_error"
    assert answer.json()["details"]


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("status=odd", "status", ("active", "pending", "deleted")),
        ("sortBy=password", "sortBy", ("createdAt", "name", "lastLoginAt")),
        ("sortDir=UP", "sortDir", ("ASC", "DESC")),
        ("blocked=maybe", "blocked", ("true", "false")),
        ("lastLoginTo=2026-01-01T00:00:00", "lastLoginTo", ("time zone",)),
    ],
)
async def test_a_refused_parameter_is_told_what_is_allowed(
    api: httpx.AsyncClient, query: str, field: str, allowed: tuple[str, ...]
) -> None:
    refusal = (await api.get(f"/users?{query}")).json()
    assert list(refusal["details"]) == [field]
    for name in allowed:
        assert name in refusal["message"]
        assert name in refusal["details"][field]


async def test_what_the_database_made_stands_in_the_answer_as_compactly_as_the_rest(
    api: httpx.AsyncClient,
) -> None:
    await create(api, roles=["user", "auditor"])
    for address in ("/users", "/users/ann@example.com", "/users/ann@example.com/roles", "/roles?limit=100"):
        text = (await api.get(address)).text
        assert '"slug":"auditor"' in text
        assert not any(odd in text for odd in ('" :', '": ', '", "', "}, {"))


async def test_a_page_past_the_end_is_empty(api: httpx.AsyncClient) -> None:
    await create(api)
    answer = await api.get("/users?page=1000000000")
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert answer.json()["pagination"]["total"] == 1


async def test_a_body_got_from_get_is_accepted_back(api: httpx.AsyncClient) -> None:
    user = await create(api, password="SecurePass123!", roles=["user"])
    got = (await api.get(f"/users/{user['id']}")).json()
    for body in (got, got["data"]):
        answer = await api.put(f"/users/{user['id']}", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == got["data"], "nothing has changed"


@pytest.mark.parametrize("field", ["id", "blocked", "roles", "createdAt", "mfaEnabled", "status", "version"])
async def test_a_changed_read_only_field_is_refused(api: httpx.AsyncClient, field: str) -> None:
    user = await create(api)
    answer = await api.put(f"/users/{user['id']}", json={field: "something else", "name": "New Name"})
    assert answer.status_code == 422
    assert field in answer.json()["details"]
    assert (await api.get(f"/users/{user['id']}")).json()["data"]["name"] is None


async def test_put_changes_only_what_is_sent_and_patch_does_the_same(api: httpx.AsyncClient) -> None:
    user = await create(api, name="Ann Lee", locale="en_US")
    assert user["locale"] == "en-US"
    put = (await api.put(f"/users/{user['id']}", json={"name": "Anna Lee-Roy"})).json()["data"]
    assert (put["name"], put["givenName"], put["familyName"], put["locale"]) == (
        "Anna Lee-Roy",
        "Anna",
        "Lee-Roy",
        "en-US",
    )
    patched = (await api.patch(f"/users/{user['id']}", json={"locale": None})).json()["data"]
    assert (patched["locale"], patched["name"]) == (None, "Anna Lee-Roy")


async def test_what_the_next_sign_in_asks_for_is_changed_like_any_other_field(api: httpx.AsyncClient) -> None:
    user = await create(api, password="SecurePass123!", mustEnrolMfa=True)
    at = f"/users/{user['id']}"
    changed = (await api.put(at, json={"mustChangePassword": True, "mustEnrolMfa": False})).json()["data"]
    assert (changed["mustChangePassword"], changed["mustEnrolMfa"]) == (True, False)
    [entry] = (await api.get("/audit-logs?action=user.updated")).json()["data"]
    assert entry["changes"] == {
        "must_change_password": {"from": False, "to": True},
        "must_enrol_mfa": {"from": True, "to": False},
    }
    refused = await api.put(at, json={"mustChangePassword": None, "mustEnrolMfa": "yes"})
    assert refused.status_code == 400
    assert set(refused.json()["details"]) == {"mustChangePassword", "mustEnrolMfa"}


async def test_a_new_address_is_unverified_unless_the_caller_says_so(api: httpx.AsyncClient) -> None:
    user = await create(api, emailVerified=True)
    moved = (await api.put(f"/users/{user['id']}", json={"email": "ann@example.org"})).json()["data"]
    assert (moved["email"], moved["emailVerified"]) == ("ann@example.org", False)
    sure = (
        await api.put(f"/users/{user['id']}", json={"email": "ann@example.net", "emailVerified": True})
    ).json()["data"]
    assert sure["emailVerified"] is True
    same = (await api.put(f"/users/{user['id']}", json={"email": "Ann@example.net"})).json()["data"]
    assert (same["email"], same["emailVerified"]) == ("Ann@example.net", True)


async def test_the_last_identifier_cannot_be_cleared(api: httpx.AsyncClient) -> None:
    user = await create(api)
    answer = await api.put(f"/users/{user['id']}", json={"email": None})
    assert answer.status_code == 422
    assert "email" in answer.json()["details"]


async def test_a_stale_version_is_refused_on_every_write(api: httpx.AsyncClient) -> None:
    user = await create(api)
    at = f"/users/{user['id']}"
    assert (await api.put(at, json={"name": "Ann Lee"}, headers={"If-Match": '"1"'})).headers["etag"] == '"2"'
    stale = {"If-Match": '"1"'}
    for answer in (
        await api.put(at, json={"name": "Ann Lee"}, headers=stale),
        await api.post(f"{at}/block", headers=stale),
        await api.put(f"{at}/roles", json={"roles": []}, headers=stale),
        await api.put(f"{at}/groups", json={"groups": []}, headers=stale),
        await api.delete(at, headers=stale),
        await api.delete(at, headers={"If-Match": '"garbage"'}),
    ):
        assert answer.status_code == 412, answer.request.url
        assert answer.json()["code"] == "precondition_failed"
    assert (await api.delete(at, headers={"If-Match": '"2"'})).status_code == 200


async def test_block_and_unblock_answer_with_the_user(api: httpx.AsyncClient) -> None:
    user = await create(api, password="SecurePass123!", emailVerified=True)
    blocked = (await api.post(f"/users/{user['id']}/block", json={"reason": "left the company"})).json()[
        "data"
    ]
    assert (blocked["blocked"], blocked["isActive"], blocked["status"]) == (True, False, "suspended")
    assert blocked["stateDetails"]["suspended"]["reason"] == "left the company"
    assert blocked["stateDetails"]["suspended"]["by"] == "test"
    unblocked = (await api.post(f"/users/{user['id']}/unblock")).json()["data"]
    assert (unblocked["blocked"], unblocked["isActive"], unblocked["stateDetails"]) == (False, True, {})


async def test_blocking_again_without_a_word_keeps_reason_and_beginning(
    api: httpx.AsyncClient, clock: FrozenClock
) -> None:
    user = await create(api)
    first = (await api.post(f"/users/{user['id']}/block", json={"reason": "left"})).json()["data"]
    clock.advance(timedelta(hours=1))
    again = (await api.post(f"/users/{user['id']}/block")).json()["data"]
    assert again["stateDetails"] == first["stateDetails"]
    assert again["version"] == first["version"]
    other = (await api.post(f"/users/{user['id']}/block", json={"reason": "fraud"})).json()["data"]
    assert other["stateDetails"]["suspended"]["reason"] == "fraud"


async def test_a_lock_lifts_itself_at_its_end(api: httpx.AsyncClient, clock: FrozenClock) -> None:
    user = await create(api, password="SecurePass123!", emailVerified=True)
    past = await api.post(f"/users/{user['id']}/lock", json={"until": "2020-01-01T00:00:00Z"})
    assert past.status_code == 422
    locked = (await api.post(f"/users/{user['id']}/lock", json={"until": "2026-03-04T13:00:00Z"})).json()[
        "data"
    ]
    assert (locked["status"], locked["isActive"]) == ("locked", False)
    clock.advance(clock.now().replace(hour=13) - clock.now())
    assert (await api.get(f"/users/{user['id']}")).json()["data"]["status"] == "active"
    assert (await api.post(f"/users/{user['id']}/lock")).json()["data"]["status"] == "locked"


async def test_disabling_must_be_allowed_by_the_tenant(api: httpx.AsyncClient) -> None:
    user = await create(api)
    refused = await api.post(f"/users/{user['id']}/disable")
    assert (refused.status_code, list(refused.json()["details"])) == (422, ["disabled"])
    assert (await api.put("/settings", json={"accounts": {"disablingEnabled": True}})).status_code == 200
    disabled = (await api.post(f"/users/{user['id']}/disable", json={"reason": "on leave"})).json()["data"]
    assert (disabled["status"], disabled["isActive"]) == ("disabled", False)


async def test_is_active_suspends_and_reactivates(api: httpx.AsyncClient) -> None:
    user = await create(api, password="SecurePass123!", emailVerified=True)
    off = (await api.put(f"/users/{user['id']}", json={"isActive": False})).json()["data"]
    assert (off["isActive"], off["blocked"]) == (False, True)
    on = (await api.put(f"/users/{user['id']}", json={"isActive": True})).json()["data"]
    assert (on["isActive"], on["blocked"]) == (True, False)


async def test_deletion_is_for_good_unless_the_tenant_keeps_people_for_a_while(
    api: httpx.AsyncClient,
) -> None:
    user = await create(api)
    assert (await api.delete(f"/users/{user['id']}")).json() == {"message": "User deleted for good"}
    assert (await api.get("/users?status=deleted")).json()["data"] == []
    assert (await api.put("/settings", json={"deletion": {"adminApiRetentionDays": 30}})).status_code == 200
    kept = await create(api, roles=["user"])
    deleted = await api.delete(f"/users/{kept['id']}")
    assert deleted.json() == {"message": "User deleted; they can be restored until 2026-04-03 12:00 UTC"}
    assert (await api.get(f"/users/{kept['id']}")).status_code == 404
    assert (await api.get("/users")).json()["data"] == []
    [row] = (await api.get("/users?status=deleted")).json()["data"]
    told = {"by": "test", "since": "2026-03-04T12:00:00Z", "until": "2026-04-03T12:00:00Z"}
    assert (row["id"], row["stateDetails"]["deleted"]) == (kept["id"], {**told, "reason": None})
    back = f"/users/{kept['id']}/restore"
    refused = await api.post(back, json={"reason": "x" * 501})
    assert (refused.status_code, set(refused.json()["details"])) == (422, {"reason"})
    restored = (await api.post(back, json={"reason": "By mistake"})).json()["data"]
    [entry] = (await api.get("/audit-logs?action=user.restored")).json()["data"]
    assert entry["metadata"]["reason"] == "By mistake"
    assert [role["slug"] for role in restored["roles"]] == ["user"]
    purged = await api.delete(f"/users/{kept['id']}?permanent=true")
    assert purged.json() == {"message": "User deleted for good"}
    assert (await api.get("/users?status=deleted")).json()["data"] == []


async def test_the_same_idempotency_key_gives_the_same_answer_and_one_user(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "create-ann-1"}
    first = await api.post("/users", json={"email": "ann@example.com"}, headers=key)
    again = await api.post("/users", json={"email": "ann@example.com"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/users", json={"email": "bob@example.com"}, headers=key)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["details"]
    assert (await api.get("/users")).json()["pagination"]["total"] == 1


async def test_every_answer_says_what_is_left_of_the_rate(api: httpx.AsyncClient, home: Home) -> None:
    key = await home.new_key("admin:write", read_rate=2)
    headers = {"Authorization": f"Bearer {key}"}
    for left in ("1", "0"):
        answer = await api.get("/users", headers=headers)
        assert answer.headers["x-ratelimit-remaining"] == left
    limited = await api.get("/users", headers=headers)
    assert limited.status_code == 429
    assert limited.json()["code"] == "rate_limit_exceeded"
    assert 1 <= int(limited.headers["retry-after"]) <= 60
    unknown = await api.get("/nothing-here")
    assert unknown.status_code == 404
    assert "x-ratelimit-limit" in unknown.headers
