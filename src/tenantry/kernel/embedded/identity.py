"""Under which user ids the server runs. PostgreSQL refuses to run as root."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tenantry.kernel.embedded.errors import EmbeddedError

# No distribution hands out these ids: Debian keeps 60000 to 64999 for fixed allocation on demand, and
# systemd's table of user ids (systemd.io/UIDS-GIDS) leaves 60706 to 61183 unused. Below 65536, so that user
# namespaces usually map them.
_UNNAMED = range(60873, 60973)

# Accounts that every distribution has and hardly anything runs as.
_QUIET = ("games", "uucp", "lp", "news", "man", "mail", "daemon", "bin", "nobody")

_NEEDED = {0: "CAP_CHOWN", 1: "CAP_DAC_OVERRIDE", 5: "CAP_KILL", 6: "CAP_SETGID", 7: "CAP_SETUID"}

_WAY_OUT = "start as a normal user or set TENANTRY_DATABASE_URL to your own server"


class Account(NamedTuple):
    uid: int
    gid: int


class Accounts(NamedTuple):
    """`server` owns the cluster and runs PostgreSQL; `builder` runs initdb, which insists on a name."""

    server: Account
    builder: Account | None


def choose_accounts(cluster: Path) -> Accounts | None:
    """The accounts to change to, or None for a normal user, who changes to nobody.

    An existing cluster keeps its owner. A new one gets a user id without a name, so no other program shares
    it. Raises EmbeddedError when this process can't become the needed user.
    """
    owner = _owner(cluster)
    if os.geteuid() != 0:
        _check_normal_user(cluster, owner)
        return None
    _check_capabilities()
    if owner is not None:
        if owner.uid == 0:
            raise EmbeddedError(
                f"{cluster} belongs to root, as whom PostgreSQL never runs; restore its former owner"
            )
        return Accounts(_mapped(owner), None)
    return Accounts(_mapped(_unnamed_account()), _mapped(_quiet_account()))


def _owner(cluster: Path) -> Account | None:
    try:
        facts = cluster.stat()
    except FileNotFoundError:
        return None
    return Account(facts.st_uid, facts.st_gid)


def _check_normal_user(cluster: Path, owner: Account | None) -> None:
    uid = os.geteuid()
    if owner is not None and owner.uid != uid:
        raise EmbeddedError(f"{cluster} belongs to user id {owner.uid}; start as that user or as root")
    if owner is None and not _has_name(uid):
        raise EmbeddedError(
            f"user id {uid} has no name in the user database, and initdb needs one; add it to /etc/passwd or "
            "set TENANTRY_DATABASE_URL to your own server"
        )


def _check_capabilities() -> None:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            missing = [name for bit, name in _NEEDED.items() if not held >> bit & 1]
            if missing:
                names = ", ".join(missing)
                raise EmbeddedError(
                    f"root lacks {names} here and can't run PostgreSQL; grant it, or {_WAY_OUT}"
                )


def _unnamed_account() -> Account:
    for uid in _UNNAMED:
        if not _has_name(uid):
            return Account(uid, uid)
    raise EmbeddedError(f"the user ids {_UNNAMED[0]} to {_UNNAMED[-1]} are all taken; {_WAY_OUT}")


def _quiet_account() -> Account:
    """A named account that nothing runs as now, so that nothing can reach into initdb while it works."""
    busy = set(_running_uids())
    for account in _named_accounts():
        if account.uid not in busy and account.uid != 0:
            return account
    raise EmbeddedError(f"initdb needs an account besides root that no program runs as; {_WAY_OUT}")


def _named_accounts() -> Iterator[Account]:
    for name in _QUIET:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        yield Account(entry.pw_uid, entry.pw_gid)
    for entry in pwd.getpwall():
        yield Account(entry.pw_uid, entry.pw_gid)


def _running_uids() -> Iterator[int]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                yield entry.stat().st_uid
            except OSError:
                continue


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _mapped(account: Account) -> Account:
    if not (_is_mapped("uid_map", account.uid) and _is_mapped("gid_map", account.gid)):
        raise EmbeddedError(
            f"this container maps no user id {account.uid}; map ids up to 65535, or {_WAY_OUT}"
        )
    return account


def _is_mapped(table: str, number: int) -> bool:
    try:
        lines = Path("/proc/self", table).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:  # A kernel without user namespaces maps everything.
        return True
    return any(int(first) <= number < int(first) + int(count) for first, _, count in map(str.split, lines))
