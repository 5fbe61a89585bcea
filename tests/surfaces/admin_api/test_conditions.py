"""Versions: what a caller has is not sent again, and a change is made to the version that the caller means."""

from datetime import timedelta

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.access import user_id
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
ANN = "/users/ann@example.com"
in_each = pytest.mark.parametrize("address", [ANN, "/settings"])


@in_each
async def test_whoever_has_the_version_gets_304_without_a_body(
    api: httpx.AsyncClient, home: Home, address: str
) -> None:
    await user_id(home)
    etag = (await api.get(address)).headers["etag"]
    for known in (etag, f"W/{etag}", f'"77", {etag}', "*"):
        answer = await api.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert answer.headers["x-ratelimit-remaining"]


@in_each
async def test_whoever_has_another_version_gets_the_whole_answer(
    api: httpx.AsyncClient, home: Home, address: str
) -> None:
    await user_id(home)
    whole = await api.get(address)
    for known in ('"77"', "garbage", "", whole.headers["etag"].strip('"')):
        answer = await api.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.json()) == (200, whole.json())


async def test_a_change_makes_the_known_version_an_old_one(api: httpx.AsyncClient, home: Home) -> None:
    await user_id(home)
    old = (await api.get(ANN)).headers["etag"]
    await api.patch(ANN, json={"name": "Ann Lee"})
    answer = await api.get(ANN, headers={"If-None-Match": old})
    assert (answer.status_code, answer.json()["data"]["name"]) == (200, "Ann Lee")


async def test_a_lock_that_has_ended_by_itself_is_never_hidden_behind_304(
    api: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await user_id(home)
    locked = await api.post(f"{ANN}/lock", json={"until": "2026-03-04T13:00:00Z"})
    known = {"If-None-Match": locked.headers["etag"]}
    assert (await api.get(ANN, headers=known)).status_code == 304
    clock.advance(timedelta(hours=1))
    answer = await api.get(ANN, headers=known)
    assert answer.status_code == 200
    assert "locked" not in answer.json()["data"]["states"]


async def test_a_list_has_no_version(api: httpx.AsyncClient) -> None:
    answer = await api.get("/users", headers={"If-None-Match": "*"})
    assert (answer.status_code, "etag" in answer.headers) == (200, False)


@pytest.mark.parametrize("header", ["garbage", "1", "", '"1', '"1", "2"', 'w/"1"', "*, *"])
@in_each
async def test_an_if_match_that_cannot_be_read_is_a_bad_request_that_names_it(
    api: httpx.AsyncClient, home: Home, address: str, header: str
) -> None:
    await user_id(home)
    answer = await api.patch(address, json={}, headers={"If-Match": header})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert list(answer.json()["details"]) == ["If-Match"]


@in_each
async def test_a_star_takes_any_version_and_a_foreign_tag_none(
    api: httpx.AsyncClient, home: Home, address: str
) -> None:
    await user_id(home)
    present = (await api.get(address)).headers["etag"]
    for header, status in (("*", 200), (present, 200), (f"W/{present}", 200), ('"abc"', 412), ('"77"', 412)):
        answer = await api.patch(address, json={}, headers={"If-Match": header})
        assert answer.status_code == status, header
    assert (
        await api.patch("/users/nobody@example.com", json={}, headers={"If-Match": "*"})
    ).status_code == 404
