"""Calls of the Linux kernel that Python lacks, and children that give up root for good."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

# Values of the Linux headers sys/prctl.h, linux/capability.h, sched.h and sys/mount.h.
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3, _CAP_DAC_READ_SEARCH = 0x20080522, 2
_CLONE_NEWNS = 0x20000
_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_SLAVE = 2, 4, 0x1000, 0x4000, 0x80000

_libc = ctypes.CDLL(None, use_errno=True)


class RefusedError(Exception):
    """The server can't be started; one line says why."""


def become(user: tuple[int, int] | None, search: bool) -> None:
    """Turns this process into `user` (user id, group id) for good; None stays who we are.

    With `search` it keeps one right of root, CAP_DAC_READ_SEARCH, also through exec (capabilities(7), ambient
    set).
    """
    if user is None:
        return
    uid, gid = user
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    if search:
        # Without this bit a change of user takes all capabilities, and access(2), which PostgreSQL asks about
        # its own binaries, would answer as if there were none. Only a process with CAP_SETPCAP may set it.
        _check(_libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "prctl")
    os.setresuid(uid, uid, uid)
    if search:
        _keep_only(_CAP_DAC_READ_SEARCH)


def _keep_only(capability: int) -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    # Twice (effective, permitted, inheritable): capabilities below 32, then those above.
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)), "capset")
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl")


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Has the kernel send us `number` when the parent ends. To be called last: a change of user undoes it."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0), "prctl")
    if os.getppid() != parent:  # It ended before we could ask.
        os._exit(4)


def child_status(work: Callable[[], NoReturn]) -> int:
    """Runs `work` in a child that dies with this process; returns its exit code."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent(parent, signal.SIGKILL)
            work()
        except OSError as error:
            print(f"child: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def leave_shared_mounts() -> None:
    """Gives this process a mount namespace of its own, or raises OSError.

    It still follows what the machine unmounts (slave, not private), so it keeps no device busy.
    """
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _mount(None, "/", None, _MS_REC | _MS_SLAVE, None)


def mount_empty(target: str) -> None:
    """Covers `target` by an empty folder in memory that everybody may read."""
    _mount("tmpfs", target, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755")


def mount_again(source: str, target: str) -> None:
    """Shows the folder `source` at `target` as well."""
    _mount(source, target, None, _MS_BIND, None)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, options)]
    _check(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
