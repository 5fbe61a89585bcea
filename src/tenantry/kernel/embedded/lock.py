"""The lock file: it says that a data directory is in use, by whom, and how to reach the server."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

# How long a start waits for others who merely look whether the lock is taken.
_GLANCE_SECONDS = 0.3


class TakenError(Exception):
    """Another process holds the lock."""


class Lock:
    """An exclusive lock on a file, until `release` or the end of the process, and the notes kept in it."""

    def __init__(self, path: Path) -> None:
        """Takes the lock, or raises TakenError; OSError where the file can't be written."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._take()
            self.note({"owner": os.getpid()})
        except BaseException:
            os.close(self._descriptor)
            raise

    def note(self, notes: dict[str, Any]) -> None:
        """Replaces the notes that other processes read."""
        content = json.dumps(notes).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _take(self) -> None:
        deadline = time.monotonic() + _GLANCE_SECONDS
        while True:
            try:
                return fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise TakenError from error
            time.sleep(0.01)


def read_notes(path: Path) -> dict[str, Any]:
    """The notes in the lock file, current or left by a process that died; empty where there are none."""
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
