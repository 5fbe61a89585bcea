"""Codes are checked and used by programs, and guesses are counted."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.codes.model import Form
from tenantry.domain.directory.model import Person
from tenantry.domain.verification.actions import request_email_verification
from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.verification import (
    inbox,
    locked,
    other,
    otp_in,
    page_in,
    rows,
    secret_in,
    user_now,
)
from tests.surfaces.identity_api.conftest import SETUP, choose_password, jane, resend

pytestmark = pytest.mark.asyncio
NOBODYS = UUID(int=7)


async def mailed_token(home: Home, folder: Path, person: Person, **more: Any) -> str:
    async with home.works.write(home.opener()) as work:
        await request_email_verification(work, await locked(work, person), form=Form.LINK, **more)
    return secret_in((await inbox(home, folder))[0].text)


async def mailed_code(home: Home, folder: Path, person: Person) -> tuple[str, str]:
    async with home.works.write(home.opener()) as work:
        await request_email_verification(work, await locked(work, person), form=Form.OTP)
    text = (await inbox(home, folder))[0].text
    return secret_in(text), otp_in(text)


async def test_a_link_is_validated_and_verifies(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await jane(home)
    token = await mailed_token(home, tmp_path, person)
    sent = {
        "code": token,
        "verifiedChannel": {"type": "EMAIL", "claim": "http://wso2.org/claims/emailaddress"},
    }
    answer = await identity.post("/validate-code", json=sent)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await user_now(home, person)).email_verified is True
    again = await identity.post("/validate-code", json={"code": token})
    assert (again.status_code, sorted(again.json())) == (400, ["code", "description", "message"])


async def test_a_one_time_code_is_validated_and_guesses_are_counted(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    person = await jane(home)
    code_id, digits = await mailed_code(home, tmp_path, person)
    for path in ("/validate-code", "/introspect-code"):
        wrong = await identity.post(path, json={"code": f"{code_id}.{other(digits)}"})
        assert (wrong.status_code, sorted(wrong.json())) == (400, ["code", "description", "message"])
    assert await rows(home, "select attempts from codes") == [(2,)]
    known = await identity.post("/introspect-code", json={"code": f"{code_id}.{digits}"})
    assert (known.status_code, known.json()["recoveryScenario"]) == (200, "EMAIL_VERIFICATION_OTP")
    assert (await identity.post("/validate-code", json={"code": f"{code_id}.{digits}"})).status_code == 202
    assert (await user_now(home, person)).email_verified is True


async def test_a_refusal_that_is_repeated_with_its_key_stays_one(
    identity: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    code_id, digits = await mailed_code(home, tmp_path, await jane(home))
    for _ in range(2):
        wrong = await identity.post(
            "/validate-code",
            json={"code": f"{code_id}.{other(digits)}"},
            headers={"Idempotency-Key": "v-1"},
        )
        assert wrong.status_code == 400
    assert await rows(home, "select attempts from codes") == [(1,)]


async def test_a_code_for_a_password_is_only_looked_at(
    identity: httpx.AsyncClient, browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await jane(home, **SETUP)
    await resend(identity, "ASK_PASSWORD")
    path = page_in((await inbox(home, tmp_path))[0].text)
    token = path.partition("token=")[2]
    for _ in range(2):
        assert (await identity.post("/validate-code", json={"code": token})).status_code == 202
    told = await identity.post("/introspect-code", json={"code": token})
    assert told.json() == {
        "user": {"username": "jane", "realm": "PRIMARY", "tenantDomain": home.slug},
        "recoveryScenario": "ASK_PASSWORD",
        "recoveryStep": "SET_PASSWORD",
        "isExpired": False,
    }
    await choose_password(browser, path)
    assert (await identity.post("/validate-code", json={"code": token})).status_code == 400


@pytest.mark.parametrize(
    ("scenario", "expected", "step"),
    [(None, "EMAIL_VERIFICATION", "VERIFY_EMAIL"), ("SELF_SIGN_UP", "SELF_SIGN_UP", "CONFIRM_SIGN_UP")],
)
async def test_an_expired_link_is_told_of(
    identity: httpx.AsyncClient,
    home: Home,
    clock: FrozenClock,
    tmp_path: Path,
    scenario: str | None,
    expected: str,
    step: str,
) -> None:
    token = await mailed_token(home, tmp_path, await jane(home), scenario=scenario)
    clock.advance(timedelta(hours=24))
    told = (await identity.post("/introspect-code", json={"code": token})).json()
    assert (told["recoveryScenario"], told["recoveryStep"], told["isExpired"]) == (expected, step, True)
    assert (await identity.post("/validate-code", json={"code": token})).status_code == 400


@pytest.mark.parametrize("code", ["", "nonsense", f"{NOBODYS}.123456", f"{NOBODYS}.", ".", "x" * 5000, "é.1"])
async def test_an_unknown_code_is_400(identity: httpx.AsyncClient, home: Home, code: str) -> None:
    for path in ("/validate-code", "/introspect-code"):
        answer = await identity.post(path, json={"code": code})
        assert (answer.status_code, sorted(answer.json())) == (400, ["code", "description", "message"])


async def test_the_code_of_a_neighbour_is_unknown(
    identity: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    theirs = await jane(neighbour)
    await jane(home)
    token = await mailed_token(neighbour, tmp_path / "a", theirs)
    for path in ("/validate-code", "/introspect-code"):
        assert (await identity.post(path, json={"code": token})).status_code == 400
    assert (await user_now(neighbour, theirs)).email_verified is False
