"""Fills a tenant with people who do not exist, thousands a second."""

import asyncio
import random
import secrets
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenantry.app.people import Crowd, as_stored, id_at, some_time_before
from tenantry.app.refusals import StartRefused
from tenantry.domain.provisioning.loading import LoadedPerson, load_people
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users.queries import count_users
from tenantry.domain.users.states import note
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.permissions import system_actor
from tenantry.kernel.work import ReadWork, Works

CHUNK = 10_000
# Chunks that are stored at the same time, each on a connection of its own.
AT_ONCE = 2
AGE = timedelta(days=730)
LONGEST_ABSENCE = timedelta(days=120)
GENERATOR = system_actor("users generate")
# Of a thousand people: how many are in each state; the rest is active.
SUSPENDED, LOCKED, DISABLED, SETUP, RESET, UNVERIFIED, PHONE, DELETED = 20, 10, 15, 20, 10, 30, 10, 5
COMMON_ROLE, RARE_ROLE = "user", "admin"


async def generate_users(works: Works, slug: str, count: int, progress: Callable[[int], None]) -> None:
    """Stores `count` people in the tenant, a transaction for each chunk; `progress` is told how many each one had.

    The next chunk is made while the database stores the two before it. Raises TenantNotFound and TenantSuspended.
    """
    opener = OpenTenant(slug, GENERATOR)
    async with works.read(opener) as work:
        tenant, roles, present = opener_of(work), await _roles(work), await count_users(work)
    factory = _Factory(count, roles, present)
    storing: deque[asyncio.Task[None]] = deque()
    for first in range(0, count, CHUNK):
        size = min(CHUNK, count - first)
        chunk = await asyncio.to_thread(factory.make, first, size)
        if len(storing) == AT_ONCE:
            await storing.popleft()
        storing.append(asyncio.create_task(_store(works, tenant, chunk, progress)))
    await asyncio.gather(*storing)


def opener_of(work: ReadWork) -> OpenTenant:
    """Opens the same tenant by its id, which a change of its slug does not move."""
    return OpenTenant(work.tenant.id, GENERATOR)


async def _store(
    works: Works, opener: OpenTenant, chunk: list[LoadedPerson], progress: Callable[[int], None]
) -> None:
    try:
        await load_people(works, opener, chunk)
    except ConstraintBroken as broken:
        raise StartRefused(
            f"the tenant holds one of these people already ({broken.constraint}); run it again"
        ) from broken
    progress(len(chunk))


async def _roles(work: ReadWork) -> list[UUID]:
    """The tenant's roles as often as they shall be drawn: most people are users, a tenth has a role of the tenant's own."""
    rows = await work.db.all("select id, slug, is_system from roles order by slug")
    by_slug = {slug: id_ for id_, slug, _ in rows}
    own = [id_ for id_, _, is_system in rows if not is_system]
    common = [by_slug[COMMON_ROLE]] if COMMON_ROLE in by_slug else []
    rare = [by_slug[RARE_ROLE]] if RARE_ROLE in by_slug else []
    return common * 500 + (own * 50)[:50] + rare


class _Factory:
    """Makes people of all ages and states; the older ones first, as they would have come."""

    def __init__(self, count: int, roles: list[UUID], present: int) -> None:
        self._chance = random.Random(secrets.randbits(64))  # noqa: S311 - made-up people need no secrecy
        # Fewer than one in two has a phone number, so numbers from here on are free.
        self._crowd = Crowd(self._chance, secrets.token_hex(3), first_phone=present)
        self._roles = roles
        self._now = datetime.now(UTC)
        self._step = AGE / count

    def make(self, first: int, size: int) -> list[LoadedPerson]:
        return [self._person(self._now - AGE + self._step * (first + number)) for number in range(size)]

    def _person(self, created: datetime) -> LoadedPerson:
        chance = self._chance
        person = LoadedPerson(
            id=id_at(created, chance), clean=as_stored(self._crowd.next()), created_at=created
        )
        if self._roles:
            person.role_id = chance.choice(self._roles)
        self._put_into_a_state(person)
        if person.password_pending is None and chance.random() < 0.8:
            seen = some_time_before(self._now, LONGEST_ABSENCE, chance)
            person.last_login_at = max(seen, created)
            person.login_count = 1 + int(chance.expovariate(1 / 40))
        person.mfa_enabled = chance.random() < 0.15
        return person

    def _put_into_a_state(self, person: LoadedPerson) -> None:
        draw = self._chance.randrange(1000)
        since = self._now - timedelta(days=1)
        if draw < (edge := SUSPENDED):
            person.blocked, person.state_notes = True, {"suspended": note("terms of use", "Generator", since)}
        elif draw < (edge := edge + LOCKED):
            person.locked, person.state_notes = (
                True,
                {"locked": note("too many attempts", "Generator", since)},
            )
        elif draw < (edge := edge + DISABLED):
            person.disabled, person.state_notes = True, {"disabled": note("left", "Generator", since)}
        elif draw < (edge := edge + SETUP):
            person.password_pending = "initial_setup"
        elif draw < (edge := edge + RESET):
            person.password_pending = "reset"
        elif draw < (edge := edge + UNVERIFIED):
            person.email_verified = False
        elif draw < (edge := edge + PHONE):
            person.phone_pending = person.clean.phone is not None
            person.phone_verified = not person.phone_pending
        elif draw < edge + DELETED:
            person.deleted_at = since
