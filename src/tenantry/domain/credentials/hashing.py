"""Hashing of passwords with Argon2id, in a bounded pool of threads beside the event loop."""

import asyncio
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Annotated, Any, TypeVar

import msgspec

from tenantry.domain.credentials.foreign import verify_foreign
from tenantry.domain.credentials.opaque import opaque_bytes, spellings
from tenantry.kernel import heap, lazy
from tenantry.kernel.errors import DomainError, Kind

T = TypeVar("T")

_ARGON2 = "$argon2"

# On Linux a nice value belongs to a thread. The event loop keeps its own, so it takes the core from a hash
# whenever it has something to do; on an idle machine hashes are as fast as ever. Measured beside a full
# queue on two cores: the loop is late by 4 ms at most in 99 of 100 turns without it and by 1 to 3 ms with
# it. Where other programs keep both cores busy, 5 leaves hashing two thirds of its share; 10 left it a
# third, and the loop then waited up to 42 ms for a hash thread that held the interpreter lock but no core.
_NICE = 5
# How long the pool must have nothing to do before the memory of the hashes goes back to the system.
_IDLE_SECONDS = 1.0
_FIRST_GUESS_SECONDS = 0.05


class HashCost(msgspec.Struct, frozen=True):
    """The cost of one hash. The defaults are the least that OWASP's Password Storage Cheat Sheet asks for."""

    memory_kib: Annotated[int, msgspec.Meta(ge=8)] = 19456
    passes: Annotated[int, msgspec.Meta(ge=1)] = 2
    lanes: Annotated[int, msgspec.Meta(ge=1)] = 1


class HasherBusy(DomainError):
    """More hashes wait than the queue holds. Nothing was hashed; the same request may come again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            Kind.BUSY, "server_busy", "The server is busy; try again shortly.", retry_after=retry_after
        )


class PasswordHasher:
    """Hashes and verifies passwords, at most `threads` at a time and `queue` more waiting.

    Its memory is bounded by `threads` times the memory of one hash. Both methods that hash raise HasherBusy
    at once when the queue is full. A caller that is cancelled while waiting leaves the queue; a hash that
    runs can't be stopped and keeps its place until it is done. One hasher serves one event loop.
    """

    def __init__(self, cost: HashCost, threads: int, queue: int) -> None:
        self._cost = cost
        self._threads = threads
        self._places = threads + queue
        self._pool = ThreadPoolExecutor(threads, "password-hash", initializer=_yield_to_other_threads)
        # Guards the two figures below, which change in the loop's thread and in those of the pool.
        self._lock = threading.Lock()
        self._taken = 0
        self._seconds = _FIRST_GUESS_SECONDS
        self._idle_timer: asyncio.TimerHandle | None = None

    async def hash(self, password: str, judge: Callable[[], None] | None = None) -> str:
        """A new Argon2id hash in PHC string format. Raises HasherBusy.

        `judge` runs first, in the same thread; when it raises, nothing is hashed and the caller gets what it raised.
        """

        def judged_and_hashed() -> str:
            if judge is not None:
                judge()
            return str(self._argon2().hash(opaque_bytes(password)))

        return await self.run(judged_and_hashed)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password belongs to the stored hash, be it Argon2 or one from elsewhere. Raises HasherBusy.

        Without a stored hash, or with one that can't be read, the answer is False after the same work, so
        that the time taken doesn't tell whether somebody has a password. A wrong password for a hash from
        elsewhere takes that work on top of its own: what is cheap to compute is not told apart from nobody.
        """
        return await self.run(lambda: self._verify(stored, spellings(password)))

    def needs_rehash(self, stored: str) -> bool:
        """Whether the hash was made at another cost than the present one; True for what isn't Argon2id at
        all."""
        try:
            return bool(self._argon2().check_needs_rehash(stored))
        except lazy.argon2().exceptions.InvalidHashError:
            return True

    def close(self) -> None:
        """Drops what waits and returns once the hashes that run are done."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _argon2(self) -> Any:
        cost = self._cost
        return lazy.argon2().PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )

    def _verify(self, stored: str | None, passwords: Sequence[bytes]) -> bool:
        errors = lazy.argon2().exceptions
        if stored is not None and stored.startswith(_ARGON2):
            try:
                return any(self._matches(stored, password) for password in passwords)
            except (errors.VerificationError, errors.InvalidHashError):
                # Unreadable, and found so before any work was done.
                pass
        elif stored is not None and any(verify_foreign(stored, password) for password in passwords):
            return True
        for password in passwords:
            self._argon2().hash(password)
        return False

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return bool(self._argon2().verify(stored, password))
        except lazy.argon2().exceptions.VerifyMismatchError:
            return False

    async def run(self, work: Callable[[], T]) -> T:
        """The answer of other work that belongs off the event loop, such as judging a password by a policy.

        It counts like a hash. Raises HasherBusy, and what `work` raises.
        """
        self._take_place()
        try:
            future = self._pool.submit(self._timed, work)
        except BaseException:
            self._leave_place(None)
            raise
        # The callback runs when the work is done and also when a waiting caller is cancelled, exactly once.
        future.add_done_callback(self._leave_place)
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._watch_for_idleness()

    def _take_place(self) -> None:
        with self._lock:
            if self._taken >= self._places:
                raise HasherBusy(self._retry_after())
            self._taken += 1

    def _leave_place(self, _: "Future[Any] | None") -> None:
        with self._lock:
            self._taken -= 1

    def _retry_after(self) -> int:
        """Whole seconds until what waits now will have been hashed."""
        return max(1, math.ceil(self._taken * self._seconds / self._threads))

    def _timed(self, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            took = time.perf_counter() - began
            with self._lock:
                self._seconds += (took - self._seconds) / 8

    def _watch_for_idleness(self) -> None:
        if self._idle_timer is None and self._taken == 0:
            self._idle_timer = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._when_idle)

    def _when_idle(self) -> None:
        self._idle_timer = None
        if self._taken == 0:
            heap.return_free_memory()


def _yield_to_other_threads() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
