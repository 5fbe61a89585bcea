"""Identifiers: UUID version 7 (RFC 9562 section 5.7), so that the order of ids is the order of creation."""

import os
import time
import uuid

_last_ms = 0
_counter = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 that sorts after every earlier one made by this process.

    `rand_a` is a counter that starts at a random value each millisecond (RFC 9562 section 6.2, method 1); when it runs
    over, the timestamp moves on by one millisecond instead of waiting for the clock.
    """
    global _last_ms, _counter
    now = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    if now > _last_ms:
        _last_ms = now
        _counter = (random >> 68) & 0x7FF
    else:
        _counter += 1
        if _counter > 0xFFF:
            _last_ms += 1
            _counter = 0
    rand_b = random & ((1 << 62) - 1)
    return uuid.UUID(int=(_last_ms << 80) | (0x7 << 76) | (_counter << 64) | (0x2 << 62) | rand_b)
