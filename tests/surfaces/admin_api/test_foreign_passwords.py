"""People who come from another system keep the password that they have."""

from typing import Any

import httpx
import pytest

from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
# RFC 2307 {SSHA}, from the tests of passlib: "password".
SSHA = "{SSHA}pKqkNr1tq3wtQqk+UcPyA3HnA2NsU5NJ"
BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"


async def create(api: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await api.post("/users", json={"email": "ann@example.com", **body})


async def stored(home: Home) -> list[str]:
    async with home.works.read(home.opener()) as work:
        return [row[0] for row in await work.db.all("select hash from password_credentials")]


async def everything(home: Home) -> str:
    async with home.works.read(home.opener()) as work:
        return str(await work.db.all("select data, personal from events"))


async def test_a_hash_is_as_good_as_a_password_and_is_shown_nowhere(
    api: httpx.AsyncClient, home: Home
) -> None:
    answer = await create(api, passwordDigest=BCRYPT, passwordAlgorithm="Bcrypt", emailVerified=True)
    assert answer.status_code == 201, answer.text
    user = answer.json()["data"]
    assert (user["hasPassword"], user["status"]) == (True, "active")
    assert await stored(home) == [BCRYPT]
    seen = answer.text + (await api.get(f"/users/{user['id']}")).text + await everything(home)
    assert "CCCC" not in seen
    assert "password_digest" not in seen
    assert "passwordDigest" not in seen


async def test_the_algorithm_may_be_left_out_where_the_hash_says_it(
    api: httpx.AsyncClient, home: Home
) -> None:
    assert (await create(api, passwordDigest=SSHA)).status_code == 201
    assert (await stored(home))[0].startswith("tenantry$digest$")


async def test_a_hash_may_be_an_object(api: httpx.AsyncClient, home: Home) -> None:
    digest = {"hash": "900150983cd24fb0d6963f7d28e17f72", "salt": "c", "saltPosition": "after"}
    assert (await create(api, passwordDigest=digest, passwordAlgorithm="MD5")).status_code == 201
    assert len(await stored(home)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"passwordDigest": SSHA, "password": "SecurePass123!"}, "passwordDigest"),
        ({"passwordDigest": SSHA, "generatePassword": True}, "passwordDigest"),
        ({"passwordAlgorithm": "Bcrypt"}, "passwordAlgorithm"),
        ({"passwordDigest": "900150983cd24fb0d6963f7d28e17f72"}, "passwordDigest"),
        ({"passwordDigest": SSHA, "passwordAlgorithm": "rot13"}, "passwordAlgorithm"),
        ({"passwordDigest": "$2b$31" + BCRYPT[6:], "passwordAlgorithm": "Bcrypt"}, "passwordDigest.cost"),
        ({"passwordDigest": {"hash": "x"}, "passwordAlgorithm": "SHA1"}, "passwordDigest.hash"),
    ],
)
async def test_a_hash_that_is_no_good_is_refused_by_its_field_and_nobody_is_created(
    api: httpx.AsyncClient, home: Home, body: dict[str, Any], field: str
) -> None:
    answer = await create(api, **body)
    assert answer.status_code == 422
    assert field in answer.json()["details"]
    assert (await api.get("/users")).json()["pagination"]["total"] == 0
    assert await stored(home) == []


async def test_a_key_that_may_not_create_users_learns_nothing_of_a_hash(
    api: httpx.AsyncClient, home: Home
) -> None:
    key = await home.new_key("admin:read")
    answer = await api.post(
        "/users",
        json={"email": "ann@example.com", "passwordDigest": "junk"},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 403
