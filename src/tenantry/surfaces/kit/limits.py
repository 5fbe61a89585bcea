"""How often one caller may call: fixed windows of a minute, counted in this process.

With several worker processes each counts for itself, so a caller may get up to that many times the limit; the documentation
says so. Limits as documented by LumoAuth (API reference, rate limits): 1000 reads and 100 writes a minute for each key.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from uuid import UUID

import msgspec

from tenantry.kernel.errors import DomainError, Kind

WINDOW_SECONDS = 60
MOST_TRACKED = 50_000


class Category(Enum):
    """What is counted apart; the value is the default number of requests a minute."""

    READ = 1000
    WRITE = 100
    AUDIT_EXPORT = 10
    UNKNOWN_CALLER = 600


class Allowance(msgspec.Struct):
    """What is left of a window. `reset` is the Unix time in seconds at which it ends."""

    limit: int
    remaining: int
    reset: int


class RateLimited(DomainError):
    """The caller has used up the window."""

    def __init__(self, allowance: Allowance, now: float) -> None:
        wait = max(1, allowance.reset - int(now))
        super().__init__(
            Kind.TOO_MANY,
            "rate_limit_exceeded",
            f"Too many requests: {allowance.limit} a minute are allowed. Try again in {wait} seconds.",
            retry_after=wait,
        )
        self.allowance = allowance


class Limits:
    """The windows of this process."""

    def __init__(self) -> None:
        self._windows: dict[tuple[UUID | str, Category], Allowance] = {}

    def take(self, caller: UUID | str, category: Category, limit: int | None = None) -> Allowance:
        """Counts one request and gives what is left; raises RateLimited when nothing was left."""
        now = time.time()
        window = self._windows.get((caller, category))
        if window is None or window.reset <= now:
            if len(self._windows) >= MOST_TRACKED:
                self._forget(now)
            most = category.value if limit is None else limit
            span = 3600 if category is Category.AUDIT_EXPORT else WINDOW_SECONDS
            window = Allowance(most, most, int(now) + span)
            self._windows[caller, category] = window
        if window.remaining <= 0:
            raise RateLimited(window, now)
        window.remaining -= 1
        return window

    def _forget(self, now: float) -> None:
        self._windows = {key: window for key, window in self._windows.items() if window.reset > now}
        # Too many callers at once: the oldest windows go, so that a flood of addresses does not give everybody a new one.
        unknown = [key for key in self._windows if key[1] is Category.UNKNOWN_CALLER]
        for key in unknown[: MOST_TRACKED // 2]:
            del self._windows[key]


class Streams:
    """How many answers are being streamed: each holds a database connection until its reader has read everything."""

    def __init__(self, most: int = 4, most_of_one_tenant: int = 2) -> None:
        self._most = most
        self._most_of_one = most_of_one_tenant
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, tenant: str) -> AsyncIterator[None]:
        """A place while the block runs; DomainError BUSY when all are taken."""
        if self._open.total() >= self._most or self._open[tenant] >= self._most_of_one:
            raise DomainError(
                Kind.BUSY,
                "server_busy",
                "Other exports are still running. Try again in a minute.",
                retry_after=60,
            )
        self._open[tenant] += 1
        try:
            yield
        finally:
            self._open[tenant] -= 1
