"""The automatic lockout: too many wrong passwords in a row keep everybody out of an account for a while.

It stands beside the person's activity: it moves no version and ends no session. While it lasts no password is looked at, and
the answer at sign-in is the one that everybody gets. It ends by itself, with an administrator's unlock, or with a new password.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from tenantry.domain.tenants.model import Lockout
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions
from tenantry.domain.users.states import LOCKED_OUT, is_locked_out
from tenantry.kernel.work import Work

REASON = LOCKED_OUT
# Beyond so many lockouts in a row the longest one holds for any factor; the bound keeps the power small.
_MOST_IN_A_ROW = 64


class Failures(msgspec.Struct, frozen=True):
    """The wrong passwords of one account: in a row, when the last one came, and the lockouts that they led to."""

    failed_logins: int
    last_failed_at: datetime | None
    lockouts: int
    locked_out_until: datetime | None


def after_failure(before: Failures, rules: Lockout, now: datetime) -> Failures:
    """What one more wrong password makes of the count: the one that reaches the limit locks the account and begins anew."""
    forgotten = now - timedelta(minutes=rules.reset_minutes)
    in_a_row = before.failed_logins if before.last_failed_at and before.last_failed_at > forgotten else 0
    count = in_a_row + 1
    if not rules.enabled or count < rules.max_failures:
        return Failures(count, now, before.lockouts, None)
    minutes = rules.minutes * rules.factor ** min(before.lockouts, _MOST_IN_A_ROW)
    until = now + timedelta(minutes=min(minutes, max(rules.max_minutes, rules.minutes)))
    return Failures(0, now, before.lockouts + 1, until)


async def count_failure(work: Work, user_id: UUID) -> Failures | None:
    """Counts one wrong password; of however many at once each is counted. None while a lockout lasts: nothing was tried then.

    The statements are the same whatever there is to count, and for an id that nobody has, so that the time tells nothing.
    """
    work.require(permissions.UPDATE)
    row = await work.db.one(
        """
        select failed_logins, last_failed_at, lockouts, locked_out_until
        from user_activity
        where user_id = %s
        for no key update
        """,
        (user_id,),
    )
    before = Failures(*row) if row else Failures(0, None, 0, None)
    after = after_failure(before, section(work.tenant, "lockout", Lockout), work.now)
    counted = await work.db.run(
        """
        update user_activity
        set failed_logins = %(failures)s,
            last_failed_at = %(now)s,
            lockouts = %(lockouts)s,
            locked_out_until = %(until)s
        where user_id = %(user)s
          and (locked_out_until is null or locked_out_until <= %(now)s)
        """,
        {
            "failures": after.failed_logins,
            "now": work.now,
            "lockouts": after.lockouts,
            "until": after.locked_out_until,
            "user": user_id,
        },
    )
    return after if counted else None


async def clear_lockout(work: Work, user_id: UUID) -> bool:
    """Forgets every wrong password of the user; says whether that ended a lockout that still lasted."""
    work.require(permissions.UPDATE)
    row = await work.db.one(
        """
        update user_activity a
        set failed_logins = 0,
            lockouts = 0,
            locked_out_until = null
        from (
            select user_id, locked_out_until
            from user_activity
            where user_id = %s
            for no key update
        ) before
        where a.user_id = before.user_id
          and (a.failed_logins, a.lockouts) <> (0, 0)
        returning before.locked_out_until
        """,
        (user_id,),
    )
    return row is not None and is_locked_out(row[0], work.now)


async def note_sign_in(work: Work, user_id: UUID) -> bool:
    """Notes a sign-in and forgets the wrong passwords before it; False, and nothing noted, while a lockout lasts."""
    work.require(permissions.UPDATE)
    noted = await work.db.run(
        """
        update user_activity
        set last_login_at = %(now)s,
            last_seen_at = %(now)s,
            login_count = login_count + 1,
            failed_logins = 0,
            lockouts = 0,
            locked_out_until = null
        where user_id = %(user)s
          and (locked_out_until is null or locked_out_until <= %(now)s)
        """,
        {"now": work.now, "user": user_id},
    )
    return noted > 0
