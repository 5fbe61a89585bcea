"""What a running server hands to its doors."""

from typing import Protocol, cast

import msgspec
from litestar.connection import ASGIConnection

from tenantry.domain.apikeys.last_used import LastUsed
from tenantry.domain.credentials.model import PasswordRules
from tenantry.domain.credentials.policy import PasswordPolicy, PersonalWords
from tenantry.domain.login.desk import SignInDesk
from tenantry.domain.sessions.last_seen import LastSeen
from tenantry.kernel.clock import Clock
from tenantry.kernel.config import Settings
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.work import ReadWork, Works
from tenantry.surfaces.kit.limits import Limits, Streams


class Hasher(Protocol):
    """The bounded pool that hashes passwords off the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, stored: str, password: str) -> bool: ...


class PasswordDesk(Protocol):
    """Checks a password against the tenant's policy and the lists of common and breached ones."""

    async def generate(self, policy: PasswordPolicy, about: PersonalWords) -> str: ...

    async def check_new(self, work: ReadWork, password: str, about: PersonalWords) -> None: ...

    async def hash_new(self, policy: PasswordPolicy, password: str, about: PersonalWords) -> str: ...

    async def check_change(self, rules: PasswordRules, password: str, about: PersonalWords) -> None: ...


class Services(msgspec.Struct, frozen=True):
    """One of each, made when the server starts."""

    settings: Settings
    clock: Clock
    works: Works
    sealer: Sealer
    hasher: Hasher
    passwords: PasswordDesk
    limits: Limits
    last_used: LastUsed
    last_seen: LastSeen
    sign_ins: SignInDesk
    streams: Streams = msgspec.field(default_factory=Streams)


def services(connection: ASGIConnection) -> Services:  # type: ignore[type-arg]
    """The services of the server that answers this request."""
    return cast("Services", connection.app.state.services)
