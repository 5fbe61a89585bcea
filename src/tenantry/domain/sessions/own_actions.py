"""What somebody who is signed in can do with their own sessions: sign out, end one, end the others, end all."""

from uuid import UUID

from tenantry.domain.sessions import permissions
from tenantry.domain.sessions.actions import delete_session
from tenantry.domain.sessions.errors import SessionEnded, SessionNotFound
from tenantry.domain.sessions.events import SessionRevoked, UserSignedOut
from tenantry.kernel.work import Work


async def sign_out(work: Work, session_id: UUID) -> None:
    """Ends the session in which the actor is; a page that comes twice finds it gone, which is as well."""
    work.require(permissions.OWN)
    user_id = _actor(work)
    try:
        await delete_session(work, user_id, session_id)
    except SessionNotFound:
        return
    work.record(UserSignedOut(target_id=user_id, data={"sessionId": str(session_id)}))


async def end_own_session(work: Work, session_id: UUID) -> None:
    """Ends one of the actor's sessions. Raises SessionNotFound when they have none of this id that is alive."""
    work.require(permissions.OWN)
    user_id = _actor(work)
    await delete_session(work, user_id, session_id)
    work.record(SessionRevoked(target_id=user_id, data={"all": False, "sessionId": str(session_id)}))


async def end_own_sessions(work: Work, kept: UUID | None = None) -> None:
    """Ends every session and token of the actor, but for the session that is kept: two rows change, however many there are."""
    work.require(permissions.OWN)
    user_id = _actor(work)
    await work.db.run(
        """
        with user_row as (
            update users
            set credential_epoch = credential_epoch + 1
            where id = %(user)s
            returning credential_epoch
        )
        update sessions
        set epoch = user_row.credential_epoch
        from user_row
        where sessions.user_id = %(user)s
          and sessions.id = %(kept)s
          and sessions.epoch = user_row.credential_epoch - 1
        """,
        {"user": user_id, "kept": kept},
    )
    data = {"all": True} if kept is None else {"all": True, "keptOne": True}
    work.record(SessionRevoked(target_id=user_id, data=data))


def _actor(work: Work) -> UUID:
    if work.actor.id is None:
        raise SessionEnded
    return work.actor.id
