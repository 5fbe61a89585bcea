"""Two hundred people for the demo tenant, in every state that an account can have, made by the actions that the API uses.

They came over some weeks (`demo_history`), and what has become of some of them happened just now.
"""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby

import msgspec

from tenantry.app.demo_history import moments, remember_sign_ins
from tenantry.app.people import Crowd, id_at
from tenantry.domain.provisioning.actions import create_person, prepare_person
from tenantry.domain.provisioning.loading import LoadedPerson, load_people
from tenantry.domain.provisioning.model import NewPerson
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.actions import set_password_facts
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.errors import AddressReserved, IdentifierTaken
from tenantry.domain.users.model import NewUser, User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import parse_ref
from tenantry.domain.users.rules import clean_new_user
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, change_state
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.problems import Problems
from tenantry.kernel.work import Work, Works, attempt

COUNT = 200
PHONE_PENDING = 4
GROUPS = ("engineering", "sales", "support", "finance", "marketing")
ROLES = ("user", "user", "user", "user", "developer", "developer", "support_agent", "billing")

Step = Callable[[Work, User], Awaitable[object]]


class Fate(msgspec.Struct, frozen=True):
    """What so many of the people have gone through; `step` runs once everybody has been created."""

    people: int
    step: Step | None = None
    with_password: bool = True
    verified: bool = True
    expired: bool = False


async def _suspend(work: Work, user: User) -> None:
    await change_state(work, user, SUSPENDED, on=True, reason="Broke the terms of use")


async def _lock(work: Work, user: User) -> None:
    await change_state(work, user, LOCKED, on=True, reason="Too many failed sign-ins")


async def _lock_for_a_day(work: Work, user: User) -> None:
    await change_state(work, user, LOCKED, on=True, reason="Asked for it", until=work.now + timedelta(days=1))


async def _disable(work: Work, user: User) -> None:
    await change_state(work, user, DISABLED, on=True, reason="Left the company")


async def _demand_new_password(work: Work, user: User) -> None:
    await set_password_facts(work, user.id, "reset", must_change=True, end_sign_ins=True)


async def _delete(work: Work, user: User) -> None:
    await remove_user(work, user, permanently=False, reason="Asked for it")


FATES = (
    Fate(8, _suspend),
    Fate(4, _lock),
    Fate(3, _lock_for_a_day),
    Fate(6, _disable),
    Fate(5, _demand_new_password),
    Fate(10, with_password=False),
    Fate(12, verified=False),
    Fate(5, _delete),
    Fate(3, expired=True),
)


class Life(msgspec.Struct, frozen=True):
    """Who is created, when, with what, and what becomes of them."""

    at: datetime
    new: NewUser
    fate: Fate
    role: str
    groups: list[str]


async def fill(works: Works, opener: OpenTenant, password_hash: str) -> None:
    """Makes all of them over the last weeks, and a past of sign-ins for them. What was made before stays. No mail
    is sent to anybody."""
    # Each installation gets the same people, so that what one person sees another can follow.
    chance = random.Random(20)  # noqa: S311
    crowd = Crowd(chance)
    later = [_phone_pending(crowd.next(), chance) for _ in range(PHONE_PENDING)]
    lives = _lives(crowd, works.clock.now(), chance)
    for at, together in groupby(lives, key=lambda life: life.at):
        # Nothing follows what happens under a clock that is put back.
        async with Works(works.database, FrozenClock(at)).write(opener) as work:
            for life in together:
                await _create(work, life, password_hash)
    with suppress(ConstraintBroken):
        await load_people(works, opener, later)
    async with works.write(opener) as work:
        if await remember_sign_ins(work, chance):
            for life in lives:
                if life.fate.step is not None:
                    ref = parse_ref(str(life.new.email))
                    await life.fate.step(work, await get_user_for_change(work, ref))


def _lives(crowd: Crowd, now: datetime, chance: random.Random) -> list[Life]:
    fates = [fate for fate in FATES for _ in range(fate.people)]
    fates += [Fate(1)] * (COUNT - PHONE_PENDING - len(fates))
    chance.shuffle(fates)
    lives = []
    for at, fate in zip(moments(now, len(fates), chance), fates, strict=True):
        new = crowd.next()
        new.email_verified, new.phone_verified = fate.verified, True
        if fate.expired:
            new.valid_until = now - timedelta(days=1)
        groups = chance.sample(GROUPS, chance.choice((0, 1, 1, 1, 2)))
        lives.append(Life(at, new, fate, chance.choice(ROLES), groups))
    return lives


async def _create(work: Work, life: Life, password_hash: str) -> None:
    wanted = NewPerson(user=life.new, roles=[life.role], groups=life.groups, send_setup=False, via="demo")
    with suppress(IdentifierTaken, AddressReserved):
        async with attempt(work):
            prepared = await prepare_person(work, wanted)
            await create_person(work, prepared, password_hash if life.fate.with_password else None)


def _phone_pending(new: NewUser, chance: random.Random) -> LoadedPerson:
    """Somebody who gave a number and has not confirmed it; the number is asked for by pages that they would use themselves."""
    new.phone = f"+1415555{chance.randrange(10_000):04d}"
    now, problems = datetime.now(UTC), Problems()
    clean = clean_new_user(new, None, problems)
    problems.raise_if_any()
    return LoadedPerson(
        id=id_at(now, chance), clean=clean, created_at=now, phone_verified=False, phone_pending=True
    )
