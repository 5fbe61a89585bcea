"""Many tries at once, on as many connections."""

import asyncio

import pytest

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.credentials.hashing import PasswordHasher
from tenantry.domain.login.actions import hold_attempt, sign_in
from tenantry.domain.login.errors import AccountKeptOut, AttemptEnded, OtherStep, WrongCredentials
from tenantry.domain.login.model import Progress, Step
from tenantry.domain.login.opening import OpenByAttempt, opening_for
from tenantry.domain.login.queries import find_candidate_by_id
from tenantry.domain.sessions.errors import SignInRefused
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.errors import DomainError
from tests.conftest import CHEAP
from tests.support.makers import Home
from tests.support.settings import change
from tests.support.signing_in import GOOD, WRONG, Desk, events, reasons

pytestmark = pytest.mark.asyncio


@pytest.fixture
def desk(busy_home: Home) -> Desk:
    return Desk(busy_home, PasswordHasher(CHEAP, threads=2, queue=100))


async def told(desk: Desk, password: str, ip: str = "192.0.2.7") -> Progress | DomainError:
    try:
        return await desk.try_password(password=password, ip=ip)
    except DomainError as refusal:
        return refusal


async def test_wrong_passwords_at_once_are_each_counted(desk: Desk, busy_home: Home) -> None:
    await change(busy_home, "throttling", signInsPerAddress=1000, signInsPerAccount=1000)
    await change(busy_home, "lockout", maxFailures=50)
    await desk.person()
    answers = await asyncio.gather(*(told(desk, WRONG) for _ in range(40)))
    assert all(isinstance(answer, WrongCredentials) for answer in answers)
    async with busy_home.works.read(busy_home.opener()) as work:
        assert await work.db.value("select failed_logins from user_activity") == 40


async def test_however_many_come_at_once_the_account_is_locked_once(desk: Desk, busy_home: Home) -> None:
    await change(busy_home, "throttling", signInsPerAddress=1000, signInsPerAccount=1000)
    await desk.person()
    await asyncio.gather(*(told(desk, WRONG) for _ in range(40)))
    assert len(await events(busy_home, "user.locked")) == 1
    async with busy_home.works.read(busy_home.opener()) as work:
        assert await work.db.one("select failed_logins, lockouts from user_activity") == (0, 1)
    found = await reasons(busy_home)
    assert (found.count("WRONG_PASSWORD"), found.count("LOCKED_OUT")) == (5, 35)


async def test_throttles_let_through_exactly_so_many(desk: Desk, busy_home: Home) -> None:
    await change(busy_home, "throttling", signInsPerAddress=7, signInsPerAccount=1000)
    answers = await asyncio.gather(*(told(desk, WRONG) for _ in range(20)))
    assert sum(isinstance(answer, TooOften) for answer in answers) == 13


async def test_a_temporary_password_that_comes_between_ends_the_sign_in(desk: Desk, busy_home: Home) -> None:
    """The page was opened, the new password judged and hashed, and only then an administrator sets another one."""
    ann = await desk.person(must_change_password=True)
    token = (await desk.try_password()).attempt_token or ""
    opener = OpenByAttempt(desk.visitor(), token, busy_home.works.clock)
    async with busy_home.works.write(opener) as work:
        async with busy_home.works.write(busy_home.opener()) as admin:
            user = await get_user_for_change(admin, UserRef(ann.user.id, None))
            await store_password(admin, user, "hash", temporary=True, by_admin=True)
        assert opener.attempt is not None
        with pytest.raises(AttemptEnded):
            await hold_attempt(work, opener.attempt)


async def test_of_two_presses_at_once_one_changes_the_password(desk: Desk, busy_home: Home) -> None:
    await desk.person(must_change_password=True)
    token = (await desk.try_password()).attempt_token or ""

    async def press(password: str) -> Progress | DomainError:
        try:
            return await desk.desk.with_new_password(desk.visitor(), token, password)
        except DomainError as refusal:
            return refusal

    answers = await asyncio.gather(*(press(f"a good pass phrase {n}") for n in range(4)))
    assert sum(isinstance(answer, Progress) for answer in answers) == 1
    # Whoever looks just when the first has done it sees somebody who needs no new password any more.
    assert sum(isinstance(answer, AttemptEnded | OtherStep) for answer in answers) == 3
    assert len(await events(busy_home, "user.signed_in")) == 1


async def test_a_password_that_changes_while_somebody_signs_in_with_the_old_one_ends_that_sign_in(
    desk: Desk, busy_home: Home
) -> None:
    """The old password was looked at, and the new one is committed just before the session is written."""
    ann = await desk.person()
    async with busy_home.works.write(opening_for(desk.visitor(), ann.user)) as work:
        candidate = await find_candidate_by_id(work, ann.user.id)
        assert candidate is not None
        async with busy_home.works.write(busy_home.opener()) as admin:
            user = await get_user_for_change(admin, UserRef(ann.user.id, None))
            await store_password(admin, user, "hash", temporary=False, by_admin=True)
        with pytest.raises(SignInRefused):
            await sign_in(
                work,
                candidate.user,
                desk.visitor().caller(),
                remember=False,
                method="password",
                unchanged_since=candidate.epoch,
            )


@pytest.mark.parametrize("what", ["must change", "suspended", "renamed"])
async def test_what_changes_while_the_password_is_hashed_is_seen(
    desk: Desk, busy_home: Home, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ann = await desk.person()
    verify = desk.hasher.verify
    changed = {
        "must change": "must_change_password = true",
        "suspended": "blocked = true",
        "renamed": "name = 'Ann B'",
    }

    async def slow(stored: str | None, password: str) -> bool:
        async with busy_home.works.write(busy_home.opener()) as admin:
            await admin.db.run(
                f"update users set {changed[what]}, version = version + 1 where id = %s", (ann.user.id,)
            )
        return await verify(stored, password)

    monkeypatch.setattr(desk.hasher, "verify", slow)
    answer = await told(desk, GOOD)
    if what == "suspended":
        assert isinstance(answer, AccountKeptOut)
    else:
        assert isinstance(answer, Progress)
        assert answer.step is (Step.CHANGE_PASSWORD if what == "must change" else Step.DONE)
