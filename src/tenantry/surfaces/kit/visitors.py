"""Who sits before a page: a visitor about to sign in, or somebody who is signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote
from uuid import UUID

from tenantry.domain.login.model import Visitor
from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.sessions.model import Caller
from tenantry.domain.sessions.opening import OpenBySession
from tenantry.domain.sessions.permissions import OWN
from tenantry.kernel.db import Handle
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import Opener, Opening, ReadWork, Work
from tenantry.surfaces.kit.caller import caller_network, client_ip, shown_key_hash, user_agent
from tenantry.surfaces.kit.limits import Category
from tenantry.surfaces.kit.services import Services, services
from tenantry.surfaces.kit.session_cookie import SessionCookie
from tenantry.surfaces.kit.works import AnyRequest, request_id

TRIES_A_MINUTE = 60_000
"""Tries of one address that reach the database at all; how many of them are let in, the tenant's settings say."""


def visitor_of(request: AnyRequest) -> Visitor:
    """The visitor behind a request."""
    trusted = services(request).settings.trusted_proxies
    return Visitor(
        request.path_params["tenant"],
        client_ip(request, trusted),
        caller_network(request, trusted),
        user_agent(request),
        request_id(request),
    )


def count_visit(request: AnyRequest, what: str) -> None:
    """Counts a costly request of an address in this process. Raises RateLimited."""
    found = services(request)
    network = caller_network(request, found.settings.trusted_proxies)
    request.scope["state"]["allowance"] = found.limits.take(
        f"{what} {network}", Category.WRITE, TRIES_A_MINUTE
    )


def session_cookie(request: AnyRequest) -> SessionCookie:
    """The session cookie of the tenant in the path."""
    return SessionCookie(request.path_params["tenant"], services(request).settings.address)


def sign_in_address(request: AnyRequest, wanted: str) -> str:
    """Where one signs in to come back to the path `wanted`; a browser that shows a session is told there that it has ended."""
    ended = "" if session_cookie(request).read(request) is None else "&told=ended"
    return f"/t/{request.path_params['tenant']}/login?next={quote(wanted, safe='')}{ended}"


def portal_of(work: ReadWork) -> str | None:
    """The address of the portal for those who hold any right in it."""
    return f"/t/{work.tenant.slug}/portal/" if work.actor.permissions - {OWN.name} else None


class Person:
    """Opens units of work for somebody who is signed in, by their cookie or, for a program, by the bearer token.

    Each opening is one statement, notes that the session was seen, and counts against the session. `session_id` is known
    afterwards. Raises SessionEnded and what OpenBySession raises.
    """

    def __init__(self, request: AnyRequest, *, by_bearer: bool = False) -> None:
        self._request = request
        self._found: Services = services(request)
        self._shown = shown_key_hash(request) if by_bearer else session_cookie(request).read(request)
        self.session_id: UUID | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadWork]:
        async with self._found.works.read(self._opener(Category.READ), request_id(self._request)) as work:
            yield work

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Work]:
        async with self._found.works.write(self._opener(Category.WRITE), request_id(self._request)) as work:
            yield work

    @property
    def session(self) -> UUID:
        """The session, once a unit of work was opened with it."""
        if self.session_id is None:
            raise SessionEnded
        return self.session_id

    def opener(self, category: Category) -> Opener:
        """For a unit of work that is opened with more rights than a session gives."""
        return self._opener(category)

    def _opener(self, category: Category) -> "_Opener":
        return _Opener(self, self._request, self._found, self._shown, category)


class _Opener:
    def __init__(
        self, person: Person, request: AnyRequest, found: Services, shown: bytes | None, category: Category
    ) -> None:
        self._person = person
        self._request = request
        self._found = found
        self._shown = shown
        self._category = category

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        request, found, now = self._request, self._found, self._found.clock.now()
        trusted = found.settings.trusted_proxies
        caller = Caller(self._shown, client_ip(request, trusted), user_agent(request))
        opener = OpenBySession(request.path_params["tenant"], caller, now)
        state = request.scope["state"]
        try:
            opening = await opener(db, for_transaction=for_transaction)
        except DomainError:
            state["allowance"] = found.limits.take(caller_network(request, trusted), Category.UNKNOWN_CALLER)
            raise
        assert opener.session_id is not None
        state["allowance"] = found.limits.take(opener.session_id, self._category)
        found.last_seen.seen(opening.tenant.id, opener.session_id, now)
        self._person.session_id = opener.session_id
        return opening
