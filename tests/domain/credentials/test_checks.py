"""A refused password is told every rule it breaks, at once."""

import pytest

from tenantry.domain.credentials.breached import BreachedLists
from tenantry.domain.credentials.checks import PasswordDesk, check_password, demands, refuse_broken, words_of
from tenantry.domain.credentials.errors import PasswordRefused
from tenantry.domain.credentials.hashing import HashCost, HasherBusy, PasswordHasher
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords
from tenantry.kernel.errors import Kind
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
CHEAP = HashCost(memory_kib=64, passes=1, lanes=1)
GOOD = "correct horse battery staple"
STRICT = PasswordPolicy(
    min_length=12, require_uppercase=True, require_numbers=True, require_symbols=True, history_count=3
)


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(CHEAP, threads=1, queue=8)


async def test_every_broken_rule_is_named_together_and_alone(hasher: PasswordHasher) -> None:
    about = PersonalWords(email="ann.smith@example.com")
    with pytest.raises(PasswordRefused) as caught:
        await refuse_broken(PasswordRules(STRICT), "annsmith", about, hasher, None)
    refusal = caught.value
    assert (refusal.kind, refusal.code) == (Kind.UNPROCESSABLE, "validation_error")
    assert set(refusal.fields) >= {
        "password",
        "password.minLength",
        "password.uppercase",
        "password.numbers",
        "password.symbols",
        "password.userInfo",
    }
    assert refusal.message.startswith("The password must be at least 12 characters long; must contain ")
    assert "annsmith" not in str(refusal.fields) + refusal.message


async def test_a_good_password_passes(hasher: PasswordHasher) -> None:
    earlier = (await hasher.hash("another good one"),)
    await refuse_broken(
        PasswordRules(PasswordPolicy(history_count=1), earlier), GOOD, PersonalWords(), hasher, None
    )


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_an_earlier_password_may_not_come_again(hasher: PasswordHasher, which: int) -> None:
    passwords = [GOOD, "another one altogether", "and a third one besides"]
    earlier = tuple([await hasher.hash(password) for password in passwords])
    with pytest.raises(PasswordRefused) as caught:
        await refuse_broken(
            PasswordRules(PasswordPolicy(history_count=3), earlier),
            passwords[which],
            PersonalWords(),
            hasher,
            None,
        )
    assert caught.value.fields["password.history"] == "must not be any of the last 3 passwords"


async def test_a_repeated_password_is_told_its_other_faults_as_well(hasher: PasswordHasher) -> None:
    earlier = (await hasher.hash("password"),)
    with pytest.raises(PasswordRefused) as caught:
        await refuse_broken(PasswordRules(STRICT, earlier), "password", PersonalWords(), hasher, None)
    assert {"password.history", "password.minLength", "password.common"} <= set(caught.value.fields)


async def test_a_password_of_megabytes_is_refused_without_a_hash(hasher: PasswordHasher) -> None:
    class Untouched:
        async def verify(self, stored: str, password: str) -> bool:
            raise AssertionError("a hash was computed")

    with pytest.raises(PasswordRefused) as caught:
        await refuse_broken(
            PasswordRules(STRICT, ("x",)), "aA1!" * 500_000, PersonalWords(), Untouched(), None
        )
    assert "password.maxLength" in caught.value.fields


async def test_a_full_queue_is_no_judgement(hasher: PasswordHasher) -> None:
    full = PasswordHasher(CHEAP, threads=1, queue=-1)
    with pytest.raises(HasherBusy):
        await refuse_broken(PasswordRules(STRICT, ("x",)), GOOD, PersonalWords(), full, None)


async def test_breached_lists_are_asked(hasher: PasswordHasher) -> None:
    class Known:
        def contains(self, password: str) -> bool:
            return password == GOOD

    desk = PasswordDesk(hasher, BreachedLists(Known()))
    with pytest.raises(PasswordRefused) as caught:
        await desk.check_change(PasswordRules(PasswordPolicy()), GOOD, PersonalWords())
    assert set(caught.value.fields) == {"password", "password.breached"}


async def test_a_first_password_is_judged_by_the_tenants_policy(home: Home, hasher: PasswordHasher) -> None:
    desk = PasswordDesk(hasher, None)
    await change(home, "passwordPolicy", minLength=40)
    async with home.works.read(home.opener()) as work:
        with pytest.raises(PasswordRefused) as caught:
            await desk.check_new(work, GOOD, PersonalWords())
    assert caught.value.fields["password.minLength"] == "must be at least 40 characters long"


async def test_the_history_of_a_user_is_read_from_the_database(home: Home, hasher: PasswordHasher) -> None:
    await change(home, "passwordPolicy", historyCount=2)
    ann = await home.user(password_hash=await hasher.hash(GOOD))
    about = words_of(ann.user, "Acme")
    async with home.works.read(home.opener()) as work:
        with pytest.raises(PasswordRefused) as caught:
            await check_password(work, GOOD, about, ann.user.id, hasher, None)
        await check_password(work, "something else entirely", about, ann.user.id, hasher, None)
    assert "password.history" in caught.value.fields


async def test_the_policy_is_told_before_a_password_is_chosen() -> None:
    assert demands(PasswordPolicy(reject_user_info=False, reject_common=False, reject_breached=False)) == [
        "8 to 256 characters"
    ]
    assert len(demands(STRICT)) == 7
