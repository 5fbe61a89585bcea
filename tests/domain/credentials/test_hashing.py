"""Hashing is bounded, never blocks the event loop, and gives its memory back."""

import asyncio
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import argon2
import bcrypt
import pytest

from tenantry.domain.credentials.foreign import normalise_foreign
from tenantry.domain.credentials.hashing import HashCost, HasherBusy, PasswordHasher
from tenantry.kernel.errors import Kind

CHEAP = HashCost(memory_kib=64, passes=1)


@asynccontextmanager
async def hashing(threads: int = 2, queue: int = 4, cost: HashCost = CHEAP) -> AsyncIterator[PasswordHasher]:
    hasher = PasswordHasher(cost, threads, queue)
    try:
        yield hasher
    finally:
        await asyncio.to_thread(hasher.close)


class Gate:
    """Work that holds a thread of the pool until it is let go."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self._entered = threading.Semaphore(0)

    def work(self) -> bool:
        self._entered.release()
        return self.opened.wait(20)

    async def until_entered(self, times: int) -> None:
        for _ in range(times):
            assert await asyncio.to_thread(self._entered.acquire, timeout=20)


@pytest.mark.asyncio
async def test_the_hash_tells_its_cost_and_verifies_only_its_password() -> None:
    async with hashing(cost=HashCost(memory_kib=128, passes=3, lanes=2)) as hasher:
        stored = await hasher.hash("SecurePass123!")
        assert stored.startswith("$argon2id$v=19$m=128,t=3,p=2$")
        assert await hasher.verify(stored, "SecurePass123!")
        assert not await hasher.verify(stored, "securePass123!")
        assert stored != await hasher.hash("SecurePass123!")


@pytest.mark.asyncio
async def test_a_password_typed_decomposed_verifies() -> None:
    async with hashing() as hasher:
        stored = await hasher.hash("Pässwort 12\u00a03")
        assert await hasher.verify(stored, "Pa\u0308sswort 12 3")


@pytest.mark.parametrize("password", ["", "a\0b", "a\ud800b", "x" * 100_000])
@pytest.mark.asyncio
async def test_a_hostile_password_is_just_a_wrong_one(password: str) -> None:
    async with hashing() as hasher:
        assert not await hasher.verify(await hasher.hash("SecurePass123!"), password)


@pytest.mark.parametrize("stored", [None, "", "no hash", "$argon2id$v=19$m=64,t=1,p=1$broken", "$2b$12$abc"])
@pytest.mark.asyncio
async def test_without_a_readable_hash_nobody_gets_in_and_the_work_is_the_same(stored: str | None) -> None:
    async with hashing(threads=1, cost=HashCost(memory_kib=4096, passes=8)) as hasher:
        existing = await hasher.hash("SecurePass123!")
        assert await hasher.verify(stored, "SecurePass123!") is False
        real = min([await _processor_seconds(hasher, existing) for _ in range(5)])
        decoy = min([await _processor_seconds(hasher, stored) for _ in range(5)])
        assert decoy > real / 3


async def _processor_seconds(hasher: PasswordHasher, stored: str | None) -> float:
    began = time.process_time()
    await hasher.verify(stored, "another password")
    return time.process_time() - began


@pytest.mark.asyncio
async def test_another_cost_calls_for_a_rehash() -> None:
    async with hashing() as cheap, hashing(cost=HashCost(memory_kib=128, passes=1)) as dearer:
        stored = await cheap.hash("SecurePass123!")
        assert not cheap.needs_rehash(stored)
        assert dearer.needs_rehash(stored)
        assert dearer.needs_rehash("$2b$12$abc")


@pytest.mark.asyncio
async def test_past_the_queue_the_answer_is_busy_at_once_and_later_work_is_served() -> None:
    async with hashing(threads=2, queue=3) as hasher:
        gate = Gate()
        accepted = [asyncio.create_task(hasher.run(gate.work)) for _ in range(5)]
        await gate.until_entered(2)
        with pytest.raises(HasherBusy) as caught:
            await hasher.hash("SecurePass123!")
        assert (caught.value.kind, caught.value.code, caught.value.retry_after) == (
            Kind.BUSY,
            "server_busy",
            1,
        )
        gate.opened.set()
        assert await asyncio.gather(*accepted) == [True] * 5
        assert await hasher.hash("SecurePass123!")


@pytest.mark.asyncio
async def test_the_advice_when_to_come_back_grows_with_the_queue() -> None:
    async with hashing(threads=1, queue=199) as hasher:
        gate = Gate()
        accepted = [asyncio.create_task(hasher.run(gate.work)) for _ in range(200)]
        await gate.until_entered(1)
        with pytest.raises(HasherBusy) as caught:
            await hasher.hash("SecurePass123!")
        assert caught.value.retry_after == 10
        gate.opened.set()
        await asyncio.gather(*accepted)


@pytest.mark.asyncio
async def test_never_more_run_at_a_time_than_there_are_threads() -> None:
    running = 0
    most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    async with hashing(threads=3, queue=40) as hasher:
        await asyncio.gather(*(hasher.run(work) for _ in range(40)))
    assert most == 3


@pytest.mark.asyncio
async def test_a_cancelled_caller_leaves_the_queue_at_once() -> None:
    async with hashing(threads=1, queue=2) as hasher:
        gate = Gate()
        first = asyncio.create_task(hasher.run(gate.work))
        await gate.until_entered(1)
        for _ in range(20):
            waiting = [asyncio.create_task(hasher.hash("SecurePass123!")) for _ in range(2)]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            assert await asyncio.gather(*waiting, return_exceptions=True)
            assert all(task.cancelled() for task in waiting)
        after = [asyncio.create_task(hasher.hash("SecurePass123!")) for _ in range(2)]
        gate.opened.set()
        assert await first
        assert len(await asyncio.gather(*after)) == 2


@pytest.mark.asyncio
async def test_a_caller_cancelled_in_the_act_keeps_its_place_until_the_work_is_done() -> None:
    async with hashing(threads=1, queue=0) as hasher:
        gate = Gate()
        first = asyncio.create_task(hasher.run(gate.work))
        await gate.until_entered(1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        with pytest.raises(HasherBusy):
            await hasher.hash("SecurePass123!")
        gate.opened.set()
        deadline = time.monotonic() + 20
        while True:
            try:
                assert await hasher.hash("SecurePass123!")
                break
            except HasherBusy:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.001)


@pytest.mark.asyncio
async def test_what_fails_leaves_its_place_too() -> None:
    def fail() -> None:
        raise ValueError("no luck")

    async with hashing(threads=1, queue=0) as hasher:
        for _ in range(3):
            with pytest.raises(ValueError, match="no luck"):
                await hasher.run(fail)


@pytest.mark.asyncio
async def test_the_event_loop_keeps_its_beat_beside_a_full_queue() -> None:
    async with hashing(threads=2, queue=64, cost=HashCost()) as hasher:
        hashes = [asyncio.create_task(hasher.hash("SecurePass123!")) for _ in range(40)]
        late = []
        while not all(task.done() for task in hashes):
            began = time.perf_counter()
            await asyncio.sleep(0.002)
            late.append(time.perf_counter() - began - 0.002)
        assert len(late) > 20
        assert statistics.median(late) < 0.005


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a nice value belongs to the process")
@pytest.mark.asyncio
async def test_hash_threads_yield_to_the_event_loop() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    async with hashing() as hasher:
        assert await hasher.run(priority) == before + 5
        assert priority() == before


@pytest.mark.asyncio
async def test_closing_drops_what_waits_and_finishes_what_runs() -> None:
    hasher = PasswordHasher(CHEAP, threads=1, queue=1)
    gate = Gate()
    runs = asyncio.create_task(hasher.run(gate.work))
    await gate.until_entered(1)
    waits = asyncio.create_task(hasher.hash("SecurePass123!"))
    await asyncio.sleep(0)
    threading.Timer(0.01, gate.opened.set).start()
    await asyncio.to_thread(hasher.close)
    assert await runs
    with pytest.raises(asyncio.CancelledError):
        await waits


MEMORY = """
import asyncio, time
from tenantry.domain.credentials.hashing import HashCost, PasswordHasher
from tenantry.kernel import heap

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4 // 1024

async def main():
    heap.keep_blocks_for_reuse(19456 * 1024, 2)
    hasher = PasswordHasher(HashCost(memory_kib=64, passes=1), 2, 64)
    await hasher.hash("load the library")
    before = resident()
    hasher = PasswordHasher(HashCost(), 2, 64)
    await asyncio.gather(*(hasher.hash("SecurePass123!") for _ in range(30)))
    used = resident()
    deadline = time.monotonic() + 20
    while resident() > before + 4 and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    print(used - before, resident() - before)

asyncio.run(main())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries return memory by themselves")
def test_the_memory_of_hashes_goes_back_to_the_system_when_idle() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    ).stdout
    used, kept = (int(figure) for figure in printed.split())
    # The heap may keep one free block more than there are threads (see keep_blocks_for_reuse).
    assert used <= (2 + 1) * 20 + 4
    assert kept <= 4


BCRYPT = bcrypt.hashpw(b"SecurePass123!", bcrypt.gensalt(4)).decode()


@pytest.mark.asyncio
async def test_a_hash_from_elsewhere_verifies_and_calls_for_a_rehash() -> None:
    async with hashing() as hasher:
        for stored in (BCRYPT, normalise_foreign("SHA1", hashlib.sha1(b"SecurePass123!").hexdigest())):
            assert await hasher.verify(stored, "SecurePass123!")
            assert not await hasher.verify(stored, "securePass123!")
            assert hasher.needs_rehash(stored)


@pytest.mark.asyncio
async def test_a_hash_from_elsewhere_waits_in_the_same_queue() -> None:
    async with hashing(threads=1, queue=0) as hasher:
        gate = Gate()
        first = asyncio.create_task(hasher.run(gate.work))
        await gate.until_entered(1)
        with pytest.raises(HasherBusy):
            await hasher.verify(BCRYPT, "SecurePass123!")
        gate.opened.set()
        assert await first


@pytest.mark.asyncio
async def test_a_wrong_password_for_a_cheap_hash_takes_no_less_than_for_nobody() -> None:
    stored = normalise_foreign("MD5", hashlib.md5(b"SecurePass123!").hexdigest())
    async with hashing(threads=1, cost=HashCost(memory_kib=4096, passes=8)) as hasher:
        nobody = min([await _processor_seconds(hasher, None) for _ in range(5)])
        cheap = min([await _processor_seconds(hasher, stored) for _ in range(5)])
        assert cheap > nobody / 3


@pytest.mark.parametrize("made_of", ["Pa\u0308sswort 12\u00a03", "P\u00e4sswort 12 3"])
@pytest.mark.asyncio
async def test_a_hash_from_elsewhere_is_tried_as_typed_and_as_prepared(made_of: str) -> None:
    typed = "Pa\u0308sswort 12\u00a03"
    argon2id = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(made_of)
    async with hashing() as hasher:
        for stored in (normalise_foreign("SHA256", hashlib.sha256(made_of.encode()).hexdigest()), argon2id):
            assert await hasher.verify(stored, typed)
            assert not await hasher.verify(stored, typed + "!")
