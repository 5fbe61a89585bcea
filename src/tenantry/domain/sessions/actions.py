"""What can be done with sessions: start one, end one, end all. Ending one's own is in `own_actions`."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.sessions import permissions
from tenantry.domain.sessions.errors import SessionNotFound, SignInRefused, TooManySessions
from tenantry.domain.sessions.events import AllSessionsRevoked, SessionRevoked
from tenantry.domain.sessions.model import Caller, StartedSession
from tenantry.domain.sessions.queries import ALIVE
from tenantry.domain.tenants import permissions as tenants
from tenantry.domain.tenants.model import SessionLimits, SignIn
from tenantry.domain.tenants.rules import section
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import end_sign_ins
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user
from tenantry.domain.users.references import UserRef
from tenantry.kernel.crypto import new_token, token_hash
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work


class Lifetime(msgspec.Struct, frozen=True):
    """When a session ends in any case, and after how many unseen seconds; None for never."""

    expires_at: datetime
    idle_seconds: int | None


async def start_session(
    work: Work, user: User, caller: Caller, *, remember: bool, method: str, unchanged_since: int | None = None
) -> StartedSession:
    """Starts a session for somebody who has signed in. Its id and token are new; of the token only a hash is stored.
    `unchanged_since` is the credential epoch of what they have shown, where the user was read before and is not locked: with a
    newer one, or a newer version of the user, they are refused.

    It lasts as the tenant's settings say, but never beyond the user's end, and carries the epoch that the user's row has now: if
    the account is blocked at this very moment, the session is dead once that commits. Where the number of sessions is limited,
    the oldest ones end. Raises SignInRefused for an account that is blocked, locked, disabled, past its end or deleted already,
    and TooManySessions where the tenant wants one too many refused.
    """
    work.require(permissions.START)
    limits = section(work.tenant, "sessions", SessionLimits)
    remember = remember and section(work.tenant, "signIn", SignIn).remember_me
    ended = await _make_room(work, user, limits) if limits.max_concurrent else ()
    lasts = _lifetime(work.now, limits, remember=remember)
    session_id, token = new_id(), new_token()
    row = await work.db.one(
        """
        insert into sessions (
            id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at, ip, user_agent, remember, idle_seconds,
            method)
        select %(id)s, u.id, %(hash)s, u.credential_epoch, %(now)s, %(now)s,
            case when u.valid_until < %(end)s then u.valid_until else %(end)s end,
            %(ip)s, %(agent)s, %(remember)s, %(idle)s, %(method)s
        from users u
        where u.id = %(user)s
          and u.deleted_at is null
          and not u.blocked
          and not u.disabled
          and not (u.locked and (u.locked_until is null or u.locked_until > %(now)s))
          and (u.valid_until is null or u.valid_until > %(now)s)
          and (%(epoch)s::integer is null or (u.credential_epoch, u.version) = (%(epoch)s, %(version)s))
        returning expires_at
        """,
        {
            "id": session_id,
            "user": user.id,
            "hash": token_hash(token),
            "now": work.now,
            "end": lasts.expires_at,
            "idle": lasts.idle_seconds,
            "ip": caller.ip,
            "agent": caller.user_agent,
            "remember": remember,
            "method": method,
            "epoch": unchanged_since,
            "version": user.version,
        },
    )
    if row is None:
        raise SignInRefused
    return StartedSession(session_id, token, row[0], ended)


def _lifetime(now: datetime, limits: SessionLimits, *, remember: bool) -> Lifetime:
    """Somebody who asked to be remembered comes back after days, so their session does not end by lying idle."""
    if remember:
        longest = max(limits.remember_me_minutes, limits.absolute_minutes)
        return Lifetime(now + timedelta(minutes=longest), None)
    idle = limits.idle_minutes * 60 or None
    return Lifetime(now + timedelta(minutes=limits.absolute_minutes), idle)


async def _make_room(work: Work, user: User, limits: SessionLimits) -> tuple[UUID, ...]:
    """Ends the oldest sessions so that one more fits, and tells of each; the user is locked, so that two sign-ins at once
    count each other."""
    await work.db.run("select from users where id = %s for no key update", (user.id,))
    rows = await work.db.all(
        f"""
        select s.id
        {ALIVE}
          and s.user_id = %(user)s
        order by s.id desc
        offset %(kept)s
        """,
        {"now": work.now, "user": user.id, "kept": limits.max_concurrent - 1},
    )
    surplus = tuple(row[0] for row in rows)
    if not surplus:
        return ()
    if limits.at_limit == "refuse":
        raise TooManySessions(limits.max_concurrent)
    await work.db.run("delete from sessions where id = any (%s)", (list(surplus),))
    for session_id in surplus:
        data = {"all": False, "sessionId": str(session_id), "reason": "session_limit"}
        work.record(SessionRevoked(target_id=user.id, data=data, personal={"email": user.email}))
    return surplus


async def end_session(work: Work, session_id: UUID, user: User | None = None) -> None:
    """Ends one session, of this user when one is given. Raises SessionNotFound when it is not theirs or not alive, and
    StrongerUser."""
    work.require(users.UPDATE)
    if user is not None:
        # Before anything is looked up: whether somebody stronger has this session is not theirs to learn.
        await refuse_taking_over(work, user)
    row = await work.db.one(
        f"""
        select s.user_id
        {ALIVE}
          and s.id = %(id)s
        """,
        {"now": work.now, "id": session_id},
    )
    if row is None or (user is not None and row[0] != user.id):
        raise SessionNotFound(session_id)
    owner = user
    if owner is None:
        owner = await get_user(work, UserRef(row[0], None))
        await refuse_taking_over(work, owner)
    await delete_session(work, owner.id, session_id)
    data = {"all": False, "sessionId": str(session_id)}
    work.record(SessionRevoked(target_id=owner.id, data=data, personal={"email": owner.email}))


async def delete_session(work: Work, user_id: UUID, session_id: UUID) -> None:
    """Deletes the row of one session; raises SessionNotFound when the user has none of this id that is alive."""
    work.require(permissions.OWN if work.actor.id == user_id else users.UPDATE)
    ended = await work.db.run(
        f"""
        delete from sessions
        where id in (
            select s.id
            {ALIVE}
              and s.user_id = %(user)s
              and s.id = %(id)s)
        """,
        {"now": work.now, "user": user_id, "id": session_id},
    )
    if not ended:
        raise SessionNotFound(session_id)


async def end_all_sessions(work: Work, user: User) -> None:
    """Ends every session and token of a locked user: one row changes, however many there are. Raises StrongerUser."""
    work.require(users.UPDATE)
    await refuse_taking_over(work, user)
    await end_sign_ins(work, user.id)
    work.record(SessionRevoked(target_id=user.id, data={"all": True}, personal={"email": user.email}))


async def end_everybodys_sessions(work: Work) -> int:
    """Ends every session of the tenant, the actor's own too; gives of how many people.

    It takes the right to change the settings as well, since it reaches people who may do more than the actor.
    """
    work.require(users.UPDATE)
    work.require(tenants.SETTINGS_WRITE)
    reached: int = await work.db.value(
        f"""
        with ended as (
            update users
            set credential_epoch = credential_epoch + 1
            where id in (
                select s.user_id
                {ALIVE}
                order by s.user_id
                for no key update of u)
            returning id
        )
        select count(*)
        from ended
        """,
        {"now": work.now},
    )
    work.record(AllSessionsRevoked(target_id=work.tenant.id, data={"users": reached}))
    return reached
