"""A sign-in under way: what was typed, by whom, how far it has come."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from tenantry.domain.sessions.model import Caller
from tenantry.domain.users.model import User
from tenantry.kernel.work import TenantFacts

METHOD_PASSWORD = "password"
AMR = {METHOD_PASSWORD: ["pwd"]}
"""Methods as RFC 8176 names them (Authentication Method Reference Values)."""


class Step(StrEnum):
    """What is asked for next; `done` is when nothing is."""

    PASSWORD = "password"
    VERIFY_EMAIL = "verify_email"
    CHANGE_PASSWORD = "change_password"
    DONE = "done"


class Reason(StrEnum):
    """Why a sign-in failed, as the audit log tells administrators."""

    UNKNOWN_USER = "UNKNOWN_USER"
    WRONG_PASSWORD = "WRONG_PASSWORD"
    NO_PASSWORD = "NO_PASSWORD"
    LOCKED_OUT = "LOCKED_OUT"
    THROTTLED = "THROTTLED"
    SUSPENDED = "SUSPENDED"
    LOCKED = "LOCKED"
    DISABLED = "DISABLED"
    PAST_VALIDITY = "PAST_VALIDITY"
    PASSWORD_RESET_PENDING = "PASSWORD_RESET_PENDING"
    TOO_MANY_SESSIONS = "TOO_MANY_SESSIONS"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"


class Visitor(msgspec.Struct, frozen=True):
    """Who knocks: at which tenant, from where, with which browser. `network` is what tries are counted by."""

    slug: str
    ip: str | None
    network: str
    user_agent: str | None
    request_id: str = ""

    def caller(self) -> Caller:
        return Caller(None, self.ip, self.user_agent)


class Credentials(msgspec.Struct, frozen=True):
    """What was typed. `next_path` is where to go on afterwards."""

    identifier: str
    password: str
    remember: bool = False
    next_path: str | None = None


class Candidate(msgspec.Struct, frozen=True):
    """The person whom an identifier names, with what decides about a sign-in of theirs."""

    user: User
    epoch: int
    password_hash: str | None
    locked_out: bool


class Attempt(msgspec.Struct, frozen=True):
    """A sign-in whose password was right and that waits for a further step."""

    id: UUID
    user_id: UUID
    remember: bool
    next_path: str | None
    method: str
    expires_at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about the next step."""

    proven: bool
    email_unverified: bool
    password_outdated: bool


class SignedIn(msgspec.Struct, frozen=True):
    """A session that has begun. `token` is stored nowhere; `remember` says whether it outlives the browser."""

    token: str
    expires_at: datetime
    session_id: UUID
    remember: bool


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sign-in has come: what is next, and the attempt's token, which only the first step gives; or the session."""

    step: Step
    attempt_token: str | None = None
    expires_at: datetime | None = None
    signed_in: SignedIn | None = None
    next_path: str | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs to ask for the step that is next. `rules` are what the tenant asks of a new password."""

    step: Step
    tenant: TenantFacts
    account: str
    email: str | None
    rules: tuple[str, ...] = ()
    shortest: int = 1
    longest: int = 256
