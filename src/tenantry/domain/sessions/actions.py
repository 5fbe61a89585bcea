"""What can be done with sessions: start one, end one, end all."""

from datetime import timedelta
from uuid import UUID

from tenantry.domain.roles.guards import refuse_taking_over
from tenantry.domain.sessions import permissions
from tenantry.domain.sessions.errors import SessionNotFound, SignInRefused
from tenantry.domain.sessions.events import SessionRevoked
from tenantry.domain.sessions.queries import ALIVE
from tenantry.domain.users import permissions as users
from tenantry.domain.users.credential_actions import end_sign_ins
from tenantry.domain.users.model import User
from tenantry.kernel.crypto import new_token, token_hash
from tenantry.kernel.ids import new_id
from tenantry.kernel.work import Work


async def start_session(
    work: Work, user: User, ip: str | None, user_agent: str | None, lifetime: timedelta
) -> str:
    """Starts a session for somebody who has signed in, and gives its token, which is stored only as a hash.

    It carries the epoch that the user's row has now: if the account is blocked at this very moment, the session is dead once
    that commits. Raises SignInRefused for an account that is blocked, locked, disabled or deleted already.
    """
    work.require(permissions.START)
    token = new_token()
    stored = await work.db.run(
        """
        insert into sessions (id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at, ip, user_agent)
        select %(id)s, u.id, %(hash)s, u.credential_epoch, %(now)s, %(now)s, %(end)s, %(ip)s, %(agent)s
        from users u
        where u.id = %(user)s
          and u.deleted_at is null
          and not u.blocked
          and not u.disabled
          and not (u.locked and (u.locked_until is null or u.locked_until > %(now)s))
        """,
        {
            "id": new_id(),
            "user": user.id,
            "hash": token_hash(token),
            "now": work.now,
            "end": work.now + lifetime,
            "ip": ip,
            "agent": user_agent,
        },
    )
    if not stored:
        raise SignInRefused
    return token


async def end_session(work: Work, user: User, session_id: UUID) -> None:
    """Ends one session of a user. Raises SessionNotFound when it is not theirs or not alive, and StrongerUser."""
    work.require(users.UPDATE)
    await refuse_taking_over(work, user)
    ended = await work.db.run(
        f"""
        delete from sessions
        where id in (
            select s.id
            {ALIVE}
              and s.user_id = %(user)s
              and s.id = %(id)s)
        """,
        {"now": work.now, "user": user.id, "id": session_id},
    )
    if not ended:
        raise SessionNotFound(session_id)
    work.record(
        SessionRevoked(
            target_id=user.id,
            data={"all": False, "sessionId": str(session_id)},
            personal={"email": user.email},
        )
    )


async def end_all_sessions(work: Work, user: User) -> None:
    """Ends every session and token of a locked user: one row changes, however many there are. Raises StrongerUser."""
    work.require(users.UPDATE)
    await refuse_taking_over(work, user)
    await end_sign_ins(work, user.id)
    work.record(SessionRevoked(target_id=user.id, data={"all": True}, personal={"email": user.email}))
