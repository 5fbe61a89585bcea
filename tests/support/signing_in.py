"""A desk to sign in at, which counts what it hashes, and people with passwords."""

from typing import Any

from tenantry.domain.credentials.breached import breached_lists
from tenantry.domain.credentials.checks import PasswordDesk
from tenantry.domain.credentials.hashing import PasswordHasher
from tenantry.domain.directory.model import Person
from tenantry.domain.login.desk import SignInDesk
from tenantry.domain.login.model import Credentials, Progress, Visitor
from tests.support.database import SEALER
from tests.support.makers import Home

GOOD = "correct horse battery staple"
WRONG = "wrong horse battery staple"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Counting:
    """A hasher that counts what it does, over a real one."""

    def __init__(self, real: PasswordHasher) -> None:
        self._real = real
        self.verified = 0
        self.hashed = 0
        self.looked_at: list[str | None] = []

    async def hash(self, password: str) -> str:
        self.hashed += 1
        return await self._real.hash(password)

    async def verify(self, stored: str | None, password: str) -> bool:
        self.verified += 1
        self.looked_at.append(stored)
        return await self._real.verify(stored, password)

    def needs_rehash(self, stored: str) -> bool:
        return self._real.needs_rehash(stored)


class Desk:
    """The desk of one tenant, with its hasher in sight."""

    def __init__(self, home: Home, hasher: PasswordHasher) -> None:
        self.home = home
        self.hasher = Counting(hasher)
        judge = PasswordDesk(hasher, breached_lists(None))
        self.desk = SignInDesk(home.works, self.hasher, judge, SEALER)

    def visitor(self, ip: str = "192.0.2.7", user_agent: str | None = BROWSER) -> Visitor:
        return Visitor(self.home.slug, ip, ip, user_agent, "r-1")

    async def try_password(
        self, identifier: str = "ann@example.com", password: str = GOOD, ip: str = "192.0.2.7", **more: Any
    ) -> Progress:
        return await self.desk.with_password(self.visitor(ip), Credentials(identifier, password, **more))

    async def person(self, email: str | None = "ann@example.com", **fields: Any) -> Person:
        """Somebody whose password is GOOD."""
        return await self.home.user(email, password_hash=await self.hasher._real.hash(GOOD), **fields)


async def events(home: Home, event_type: str) -> list[dict[str, Any]]:
    """Every event of a type, the oldest first: outcome, actor_kind, target_id, data, ip."""
    async with home.works.read(home.opener()) as work:
        rows = await work.db.all(
            """
            select outcome, actor_kind, actor_id, target_id, data, host(ip)
            from events
            where type = %s
            order by id
            """,
            (event_type,),
        )
    names = ("outcome", "actor_kind", "actor_id", "target_id", "data", "ip")
    return [dict(zip(names, row, strict=True)) for row in rows]


async def reasons(home: Home) -> list[str]:
    """Why sign-ins failed, the oldest first."""
    return [event["data"]["reason"] for event in await events(home, "user.signed_in.failed")]
